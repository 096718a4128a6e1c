"""What customers ask about: questions grouped by what they mean, whatever their language.

From the vectors of the questions what their tone and their language do to them is taken
away, or the angry and the Chinese would be groups of their own; then k-means in the 30
directions in which the rest differs most.
"""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from imchat.analytics.insight.embedding import Vectors, unit
from imchat.analytics.insight.languages import HAN, LANGUAGES, language_of
from imchat.analytics.insight.surprise import certainty
from imchat.analytics.insight.tones import without_tone
from imchat.analytics.insight.words import phrases_of

Groups = NDArray[np.int64]

DIRECTIONS = 30
STARTS = 5
SEED = 7
FEW = 20
"""So few texts of a language say nothing of what the language does to them."""
LEAST_OF_A_GROUP = 5
PHRASES_OF_A_LANGUAGE = 4
LEAST_TOLD = 3


def grouped(
    texts: Sequence[str], vectors: Vectors, *, most: int, seed: int = SEED
) -> Groups:
    """The number of its group for each text; the same for the same texts in the same order."""
    count = min(most, len(texts) // LEAST_OF_A_GROUP, len(set(texts)))
    if count < 2:
        return np.zeros(len(texts), dtype=np.int64)
    plain = unit(_without_language(texts, without_tone(vectors)))
    size = min(DIRECTIONS, *plain.shape)
    reduced = unit(PCA(size, svd_solver="covariance_eigh").fit_transform(plain))
    with warnings.catch_warnings():
        # Texts that differ by a number alone may be one point: then there are fewer groups.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(count, n_init=STARTS, random_state=seed).fit_predict(reduced)
    return np.asarray(found, dtype=np.int64)


def _without_language(texts: Sequence[str], vectors: Vectors) -> Vectors:
    languages = np.array([LANGUAGES.index(language_of(text)) for text in texts])
    moved = vectors - vectors.mean(axis=0)
    for language in range(len(LANGUAGES)):
        those = languages == language
        if those.sum() >= FEW:
            moved[those] = vectors[those] - vectors[those].mean(axis=0)
    return np.asarray(moved, dtype=np.float32)


def typical(texts: Sequence[str], vectors: Vectors) -> list[str]:
    """Of a group the text in its middle, in each language in which a sixth of it is."""
    languages = [language_of(text) for text in texts]
    chosen = []
    for language, count in Counter(languages).most_common():
        if 6 * count >= len(texts) and language != "neither":
            those = [place for place, found in enumerate(languages) if found == language]
            middle = vectors[those].mean(axis=0)
            chosen.append(texts[those[int(np.argmax(vectors[those] @ middle))]])
    return chosen


class KeyPhrases:
    """The phrases that tell one group of texts from the others."""

    def __init__(self, texts: Sequence[str], groups: Groups) -> None:
        self._sizes = Counter(groups.tolist())
        self._by_group: dict[int, Counter[str]] = {group: Counter() for group in self._sizes}
        self._all: Counter[str] = Counter()
        for text, group in zip(texts, groups.tolist(), strict=True):
            phrases = phrases_of(text)
            self._by_group[group].update(phrases)
            self._all.update(phrases)

    def of(self, group: int) -> list[str]:
        """The surest ones, a few of each language, none of which is a part of another."""
        size, total = self._sizes[group], self._sizes.total()
        here = self._by_group[group]
        least = min(LEAST_TOLD, max(here.values(), default=0))

        def sure(phrase: str) -> float:
            count, rest = here[phrase], total - size
            return certainty(count, size, self._all[phrase] - count, rest) if rest else count

        ranked = sorted(
            ((sure(phrase), phrase) for phrase, count in here.items() if count >= least),
            key=lambda pair: (-pair[0], -len(pair[1]), pair[1]),
        )
        chosen: list[str] = []
        left = {True: PHRASES_OF_A_LANGUAGE, False: PHRASES_OF_A_LANGUAGE}
        for certain, phrase in ranked:
            is_chinese = bool(HAN.search(phrase))
            is_new = not any(phrase in other or other in phrase for other in chosen)
            if certain > 0 and left[is_chinese] and is_new:
                chosen.append(phrase)
                left[is_chinese] -= 1
        return chosen
