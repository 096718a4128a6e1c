"""When a supervisor must look up: which limits are passed, and what was seen of it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from imchat import protocol
from imchat.ids import Desk
from imchat.tui.waits import clock, count_waiting

Kind = Literal["unstaffed", "wait", "queue"]

FORGOTTEN_S = 60
"""An alert that comes again sooner was not over: it neither rings anew nor is it unseen."""


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """More than so many waiting at a desk, or for so long, is an alert.

    So is a desk at which somebody waits and no agent is online, with `unstaffed`.
    None of the figures: no limit.
    """

    queue: int | None = 20
    wait_s: int | None = 180
    unstaffed: bool = True


@dataclass(frozen=True, slots=True)
class Alert:
    """A limit that is passed now; `since` is when it was seen first, ms of the store's clock."""

    kind: Kind
    desk: Desk
    words: str
    since: int
    seen: bool


@dataclass(slots=True)
class _Memory:
    since: int
    last: int
    seen: bool = False


class Alerts:
    """Which alerts stand, the gravest first; one that was acknowledged is seen until it ends."""

    def __init__(self, limits: AlertLimits) -> None:
        self._limits = limits
        self._known: dict[tuple[Kind, Desk], _Memory] = {}
        self.standing: list[Alert] = []

    def note(self, snapshot: protocol.Snapshot) -> bool:
        """Take how things stand now; whether an alert began."""
        began = False
        now = snapshot.at
        self.standing = []
        for kind, desk, words in sorted(self._passed(snapshot), key=_gravity):
            memory = self._known.get((kind, desk))
            if memory is None or now - memory.last > FORGOTTEN_S * 1000:
                memory = self._known[kind, desk] = _Memory(since=now, last=now)
                began = True
            memory.last = now
            self.standing.append(Alert(kind, desk, words, memory.since, memory.seen))
        return began

    def acknowledge(self) -> None:
        """Note that all that stand are seen."""
        for alert in self.standing:
            self._known[alert.kind, alert.desk].seen = True
        self.standing = [
            Alert(a.kind, a.desk, a.words, a.since, seen=True) for a in self.standing
        ]

    def _passed(self, snapshot: protocol.Snapshot) -> Iterator[tuple[Kind, Desk, str]]:
        limits = self._limits
        for name, of in snapshot.desks.items():
            desk = Desk(name)
            if not of.waiting:
                continue
            if limits.unstaffed and not any(of.tiers.values()):
                yield "unstaffed", desk, f"no agent is online, and {count_waiting(of.waiting)}"
            longest = of.oldest_wait_s
            if limits.wait_s is not None and longest is not None and longest > limits.wait_s:
                limit = clock(limits.wait_s)
                yield "wait", desk, f"the longest wait is {clock(longest)}, limit {limit}"
            if limits.queue is not None and of.waiting > limits.queue:
                yield "queue", desk, f"{count_waiting(of.waiting)}, limit {limits.queue:,}"


def _gravity(passed: tuple[Kind, Desk, str]) -> tuple[int, str]:
    return ("unstaffed", "wait", "queue").index(passed[0]), passed[1]
