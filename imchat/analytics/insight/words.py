"""The words and two-word phrases of a text, of both languages, without those that say nothing."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import rjieba
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from imchat.analytics.insight.languages import HAN

_PARTS = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+|\S")
BREAK = ""
"""What stands for anything between two words that no phrase goes across."""


@cache
def _empty() -> frozenset[str]:
    lines = (files(__package__) / "empty_words.txt").read_text("utf-8").splitlines()[1:]
    return frozenset(ENGLISH_STOP_WORDS) | frozenset(" ".join(lines).split())


def _words(text: str) -> Iterator[str]:
    empty = _empty()
    for part in _PARTS.findall(text.lower()):
        if HAN.match(part):
            yield from (BREAK if word in empty else word for word in rjieba.cut(part))
        elif len(part) > 1:
            yield BREAK if part in empty else part
        else:
            yield BREAK


def phrases_of(text: str) -> set[str]:
    """Each word and each pair of neighbours once; pairs of Chinese words without a space."""
    found: set[str] = set()
    before = BREAK
    for word in _words(text):
        if word != BREAK:
            if len(word) > 1:
                found.add(word)
            if before != BREAK:
                found.add(joined(before, word))
        before = word
    return found


def joined(one: str, other: str) -> str:
    """Two words as they are written side by side."""
    both_han = HAN.match(one[-1]) and HAN.match(other[0])
    return one + other if both_han else f"{one} {other}"
