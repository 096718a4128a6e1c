"""The sums of an interval, read from the store in bounded parts.

Of whole days the roll-ups are read, with what the log adds that they do not count yet; else the
log is. Both give the same numbers. How the agents stand now belongs to them as well, though no
event has ended it yet.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeVar

from imchat.analytics.report.sums import Sums
from imchat.errors import ImchatError
from imchat.store.counted import Cell, Rolled, Standing
from imchat.store.facts import Fact
from imchat.store.store import Store

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_LAST_OF_A_MS = 2**64 - 1

F = TypeVar("F", bound=Fact)


class Of(NamedTuple):
    """What sums are of: the beginning of a time, ms, an agent or "", a desk or several."""

    at: int
    agent: str
    desk: str


Cells = dict[Of, Sums]


class NotKept(ImchatError):
    """The log of events does not reach back to the beginning of the interval, only to `since`."""

    def __init__(self, since: int) -> None:
        super().__init__("the log of events does not reach back as far")
        self.since = since


@dataclass(frozen=True, slots=True)
class Read:
    """What was found, as of `at`, ms; each cell is as wide as was asked for, or a day."""

    at: int
    cells: Cells


@dataclass(slots=True)
class Reading:
    """Reads an interval from `since` up to but without `till`, ms."""

    store: Store
    since: int
    till: int
    width: int = DAY_MS

    async def read(self, now: int) -> Read:
        """The sums of the interval. Raises NotKept, Unavailable.

        `now` tells whether the interval ends with a whole day: no day is longer than it is yet.
        """
        whole = not self.since % DAY_MS and (not self.till % DAY_MS or self.till > now)
        if whole and self.width == DAY_MS:
            return await self._from_roll_ups(now)
        return await self.from_log()

    async def from_log(self) -> Read:
        """From the events alone. Raises NotKept, Unavailable."""
        standing = await self._standing()
        if self.since < standing.whole_since:
            raise NotKept(standing.whole_since)
        cells: Cells = defaultdict(Sums)
        _put(cells, standing.cells, self.width)
        # No event is numbered for an earlier time than it has.
        after = f"{self.since - 1}-{_LAST_OF_A_MS}" if self.since > 0 else None
        async for part in self._measured(after, standing.event):
            _put(cells, part, self.width)
        return Read(standing.at, dict(cells))

    async def _from_roll_ups(self, now: int) -> Read:
        """The roll-ups count up to an event, each page of them perhaps to a later one.

        So to each cell is put what came after its own, and to a cell of which there was
        nothing yet, what came after that of the first page.
        """
        cells: Cells = defaultdict(Sums)
        counted: dict[Of, tuple[int, int]] = {}
        events: set[tuple[int, int]] = set()
        # Another day may have begun meanwhile, and has then no roll-ups that are missed.
        last = min(self.till - 1, now + HOUR_MS) // DAY_MS
        async for page in self._pages(range(self.since // DAY_MS, last + 1)):
            event = _place(page.event)
            events.add(event)
            for of, sums in _named(page.cells, self.width):
                if of not in counted:
                    counted[of] = event
                    cells[of].add(sums)
        standing = await self._standing()
        _put(cells, standing.cells, self.width)
        places = [*sorted(events), _place(standing.event)]
        for after, upto in pairwise(places):
            async for part in self._measured(_id(after), _id(upto)):
                for of, sums in _named(part, self.width):
                    if counted.get(of, places[0]) <= after:
                        cells[of].add(sums)
        return Read(standing.at, dict(cells))

    async def _pages(self, days: Iterable[int]) -> AsyncIterator[Rolled]:
        for day in days:
            cursor = ""
            while cursor != "0":
                page = await _gently(self.store.rolled(day, cursor=cursor or "0"))
                cursor = page.cursor
                yield page

    async def _measured(self, after: str | None, upto: str) -> AsyncIterator[list[Cell]]:
        more = True
        while more:
            part = await _gently(
                self.store.measure(
                    after=after, upto=upto, width=self.width, since=self.since, till=self.till
                )
            )
            after, more = part.event, part.more
            yield part.cells

    async def _standing(self) -> Standing:
        return await self.store.standing(width=self.width, since=self.since, till=self.till)


async def _gently(call: Awaitable[F]) -> F:
    """Make a call of the store, and then leave it to others for as long."""
    began = time.perf_counter()
    fact = await call
    await asyncio.sleep(time.perf_counter() - began)
    return fact


def _named(cells: Iterable[Cell], width: int) -> Iterable[tuple[Of, dict[str, int]]]:
    for cell in cells:
        number, agent, desk = cell.name.split(":")
        yield Of(int(number) * width, agent, desk), cell.sums


def _put(cells: Cells, found: Iterable[Cell], width: int) -> None:
    for of, sums in _named(found, width):
        cells[of].add(sums)


def _place(event: str) -> tuple[int, int]:
    ms, _, number = event.partition("-")
    return int(ms), int(number)


def _id(place: tuple[int, int]) -> str:
    return f"{place[0]}-{place[1]}"
