"""How much good and how much bad the words of a text say, negations and intensifiers counted.

English by VADER; Chinese by a list of words with the same kind of rules: a negation before a
word turns it ("不太好"), an intensifier before or behind it makes more of it ("非常好", "慢死了").
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from vader import SentimentIntensityAnalyzer

TURNED = -0.74
MORE = 1.3
HALF = 15
"""VADER's own numbers: what a negation leaves, an intensifier adds, and how a sum is squeezed."""
WINDOW = 6
_NEGATED = re.compile(
    "(?:不|没|没有|别|未|毫无|并非|无)[是太很够怎么那这特别十分算能会觉得让人给我你]{0,4}$"
)
_INTENSE = re.compile(r"(?:很|非常|太|超|超级|特别|十分|极|真|真的|好|这么|那么|又)$")
_NOT_ENGLISH = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_INTENSE_AFTER = re.compile(r"极了|死了|透了|得很|得要命|[!！]{2,}")


def valence(text: str) -> tuple[float, float]:
    """The good and the bad of a text, each from 0 to 1."""
    english = float(_vader().polarity_scores(_NOT_ENGLISH.sub(" ", text))["compound"])
    good, bad = _chinese(text)
    return max(english, good, 0.0), max(-english, bad, 0.0)


def _chinese(text: str) -> tuple[float, float]:
    values = list(_values(text))
    good = sum(value for value in values if value > 0)
    bad = -sum(value for value in values if value < 0)
    return _squeezed(good), _squeezed(bad)


def _values(text: str) -> Iterator[float]:
    words, pattern = _lexicon()
    for found in pattern.finditer(text):
        value = words[found[0]]
        before = text[max(0, found.start() - WINDOW) : found.start()]
        if _NEGATED.search(before):
            value *= TURNED
        elif _INTENSE.search(before):
            value *= MORE
        if _INTENSE_AFTER.match(text, found.end()):
            value *= MORE
        yield value


def _squeezed(total: float) -> float:
    return float(total / (total * total + HALF) ** 0.5)


@cache
def _lexicon() -> tuple[dict[str, float], re.Pattern[str]]:
    words: dict[str, float] = {}
    for line in (files(__package__) / "valence_zh.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            value, *those = line.split()
            words |= dict.fromkeys(those, float(value))
    longest_first = sorted(words, key=len, reverse=True)
    return words, re.compile("|".join(map(re.escape, longest_first)))


@cache
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
