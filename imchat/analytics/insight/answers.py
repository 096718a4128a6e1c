"""Answers that agents type again and again: candidates for canned replies.

What differs each time is cut out, the same text is counted once, and texts that are nearly
the same are grouped: MinHash finds pairs that may be alike, the Jaccard similarity of their
runs of letters decides, and a text joins the most frequent one that it is like.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imchat.analytics.chats import Chat
from imchat.analytics.insight.findings import CannedReply
from imchat.analytics.insight.sample import Forgetful

MOST_TEXTS = 60_000
MOST_AGENTS = 1_000
LEAST_TIMES = 5
LEAST_LETTERS = 24
"""A shorter one is typed faster than it is looked for; a Chinese character counts as three."""
ALIKE = 0.6
RUN = 3
HASHES, ROWS = 64, 4
"""Two texts that are alike by 0.6 meet in one of 16 bands of 4 rows with a chance of 0.89."""
PRIME = (1 << 31) - 1

_CUT = (
    (re.compile(r"\S+@\S+\.\w+"), "{mail}"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "{link}"),
    (re.compile(r"(?:[A-Za-z]+-?)?\d(?:[A-Za-z0-9.,:/-]*[A-Za-z0-9])?"), "{number}"),
)
_SPACE = re.compile(r"\s+")


@dataclass(slots=True)
class _Text:
    shown: str
    times: int = 0
    agents: set[str] = field(default_factory=set)


class Answers:
    """All answers of the agents, as far as they are long enough."""

    def __init__(self) -> None:
        self._texts: Forgetful[str, _Text] = Forgetful(MOST_TEXTS)

    def add(self, text: str, chat: Chat) -> None:
        """Count an answer in a chat."""
        if weight(text) < LEAST_LETTERS:
            return
        shown = cut(text, customer=chat.customer_name, agent=chat.agent_name)
        key = shown.lower()
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = _Text(shown)
        known.times += 1
        if len(known.agents) < MOST_AGENTS:
            known.agents.add(chat.agent or "")
        self._texts.shrink((key, text.times) for key, text in self._texts.items())

    def candidates(self, most: int) -> list[CannedReply]:
        """Groups of answers that are nearly the same, the most frequent first."""
        texts = sorted(self._texts.values(), key=lambda text: (-text.times, text.shown))
        replies = [
            CannedReply(
                text=group[0].shown,
                times=sum(text.times for text in group),
                wordings=len(group),
                agents=len(set[str]().union(*(text.agents for text in group))),
            )
            for group in _grouped(texts)
        ]
        often = [reply for reply in replies if reply.times >= LEAST_TIMES]
        return sorted(often, key=lambda reply: (-reply.times, reply.text))[:most]


def weight(text: str) -> int:
    """How much a text says, in letters: a Chinese character as much as three."""
    return len(text) + 2 * sum("\u3400" <= letter <= "\u9fff" for letter in text)


def cut(text: str, *, customer: str, agent: str) -> str:
    """The text with a placeholder for what belongs to the one chat."""
    for name, placeholder in ((customer, "{customer}"), (agent, "{agent}")):
        for called in (name, name.partition(" ")[0]):
            if len(called) > 1:
                text = text.replace(called, placeholder)
    for pattern, placeholder in _CUT:
        text = pattern.sub(placeholder, text)
    return _SPACE.sub(" ", text).strip()


def _grouped(texts: list[_Text]) -> Iterator[list[_Text]]:
    runs = [_runs(text.shown.lower()) for text in texts]
    bands: dict[tuple[int, bytes], list[int]] = {}
    groups: dict[int, list[_Text]] = {}
    for place, text in enumerate(texts):
        keys = _bands(runs[place])
        near = {other for key in keys for other in bands.get(key, ())}
        likeness, leader = max(
            ((_alike(runs[place], runs[other]), -other) for other in near), default=(0.0, 0)
        )
        if likeness >= ALIKE:
            groups[-leader].append(text)
            continue
        groups[place] = [text]
        for key in keys:
            bands.setdefault(key, []).append(place)
    yield from groups.values()


def _runs(text: str) -> frozenset[int]:
    return frozenset(
        zlib.crc32(text[at : at + RUN].encode("utf-8", "replace")) % PRIME
        for at in range(max(1, len(text) - RUN + 1))
    )


def _alike(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


_RANDOM = np.random.default_rng(20_251)
_TIMES = _RANDOM.integers(1, PRIME, HASHES, dtype=np.int64)
_PLUS = _RANDOM.integers(0, PRIME, HASHES, dtype=np.int64)


def _bands(runs: frozenset[int]) -> list[tuple[int, bytes]]:
    numbers: NDArray[np.int64] = np.fromiter(runs, dtype=np.int64, count=len(runs))
    least = ((numbers[:, None] * _TIMES + _PLUS) % PRIME).min(axis=0)
    return [(at, least[at : at + ROWS].tobytes()) for at in range(0, HASHES, ROWS)]
