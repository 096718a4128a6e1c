"""Whether a message is negative, neutral or positive.

A logistic regression over what the message means (its vector) and what its words say (its
valence), fitted when it is first needed to the examples in `tone.tsv`. Those were written for
it; the labelled set in the tests was not shown to it.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from imchat.analytics.insight.embedding import Vectors, embed
from imchat.analytics.insight.valence import valence

NEGATIVE, NEUTRAL, POSITIVE = -1, 0, 1
Tones = NDArray[np.int8]

_VALENCE_WEIGHT = 0.5
_STRENGTH = 3.0
"""Of the fit, as scikit-learn's C; both were chosen on one half of the labelled set."""
_NAMES = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}


def tones(texts: Sequence[str], vectors: Vectors) -> Tones:
    """The tone of each text, whose vectors are given."""
    if not texts:
        return np.zeros(0, dtype=np.int8)
    return np.asarray(_fitted().predict(_features(texts, vectors)), dtype=np.int8)


@cache
def directions() -> Vectors:
    """Two unit vectors along which the tone of a message moves its vector."""
    _, labels, vectors = _examples()
    means = np.stack([vectors[labels == tone].mean(axis=0) for tone in sorted(_NAMES.values())])
    return np.asarray(np.linalg.svd(means - means.mean(axis=0))[2][:2], dtype=np.float32)


def without_tone(vectors: Vectors) -> Vectors:
    """The vectors less what the tone of the messages does to them."""
    along = directions()
    return np.asarray(vectors - (vectors @ along.T) @ along, dtype=np.float32)


def _features(texts: Sequence[str], vectors: Vectors) -> NDArray[np.float32]:
    said = np.array([valence(text) for text in texts], dtype=np.float32)
    return np.asarray(np.hstack([vectors, said * _VALENCE_WEIGHT]), dtype=np.float32)


@cache
def _examples() -> tuple[list[str], Tones, Vectors]:
    lines = (files(__package__) / "tone.tsv").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    texts = [text for _, text in pairs]
    return texts, np.array([_NAMES[name] for name, _ in pairs], dtype=np.int8), embed(texts)


@cache
def _fitted() -> LogisticRegression:
    texts, labels, vectors = _examples()
    fit = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=3_000)
    return fit.fit(_features(texts, vectors), labels)
