"""Finds what somebody means by a few letters. Pure, and quick whatever is typed."""

import bisect
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def score(query: str, text: str) -> float | None:
    """How well `text` answers to `query`, higher is better; None when it does not.

    A beginning beats the beginning of a word, that beats a part, that beats letters in
    their order, which are the better the closer they stand. No query fits everything.
    """
    query, text = query.casefold(), text.casefold()
    at = text.find(query)
    if at >= 0:
        begins_word = at == 0 or not text[at - 1].isalnum()
        return 3.0 + begins_word + (at == 0) + len(query) / (len(text) + 1)
    return _in_order(query, text)


def _in_order(query: str, text: str) -> float | None:
    places: dict[str, list[int]] = {}
    for place, letter in enumerate(text):
        places.setdefault(letter, []).append(place)
    at, first = -1, None
    for letter in query:
        later = places.get(letter, [])
        next_one = bisect.bisect_right(later, at)
        if next_one == len(later):
            return None
        at = later[next_one]
        first = at if first is None else first
    return len(query) / (at - (first or 0) + 1)


def best(query: str, items: Iterable[T], texts: Callable[[T], Iterable[str]]) -> list[T]:
    """The items one of whose texts answers to `query`, best first; equal ones as they came."""
    found: list[tuple[float, int, T]] = []
    for item in items:
        scores = [points for text in texts(item) if (points := score(query, text)) is not None]
        if scores:
            found.append((-max(scores), len(found), item))
    return [item for _, _, item in sorted(found, key=lambda each: each[:2])]
