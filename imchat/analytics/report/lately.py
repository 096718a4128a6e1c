"""Today and the last seven days by agent, for many who look at it again and again.

The same sums and measures as of a report by agent or by day. What is read is kept for some
seconds, the days that are over for some minutes, and all work is done in small parts, so that a
server can do it beside its connections.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imchat.analytics.report.measures import SERVICE_LEVEL_S, Value, measured
from imchat.analytics.report.reading import DAY_MS, Cells, Reading
from imchat.analytics.report.shown import COLUMNS
from imchat.analytics.report.sums import Sums
from imchat.ids import Uid
from imchat.store.store import Store

DAYS = 7
"""Today and those before it."""
NAMES = tuple(COLUMNS)
"""The measures that are told, in this order: those of a report's table."""
FRESH_S = 5.0
OVER_FRESH_S = 300.0
"""A day that is over changes no more, but for what a sweep notices late."""
PART = 5
"""Of so many cells or agents at once, in a few ms."""

ALL = Uid("")
Days = dict[int, Sums]
Values = list[Value]


@dataclass(frozen=True, slots=True)
class Read:
    """The sums of each agent that was there, and of ALL, by day; as of `at`, ms."""

    at: int
    today: int
    """When it began, ms."""
    of: Mapping[Uid, Days]

    @property
    def days(self) -> list[int]:
        """When each of the days began, ms, the oldest first."""
        return [self.today - ago * DAY_MS for ago in reversed(range(DAYS))]


@dataclass(frozen=True, slots=True)
class Recent:
    """The values of NAMES of today and of the last days together, of ALL and each agent."""

    read: Read
    today: dict[Uid, Values]
    week: dict[Uid, Values]

    def by_day(self, agent: Uid = ALL) -> list[Values]:
        """The values of each day, the oldest first."""
        days = self.read.of.get(agent, {})
        return [_values(days.get(day, Sums()), agent) for day in self.read.days]


class Lately:
    """Reads the store when it is asked, unless it did a moment ago; who comes meanwhile waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._recent: Recent | None = None
        self._recent_until = 0.0
        self._over: dict[Uid, Days] = {}
        self._over_until = 0.0
        self._over_before = 0

    async def recent(self) -> Recent:
        """How it is now, or was FRESH_S ago at most. Raises Unavailable."""
        async with self._lock:
            if self._recent is None or time.monotonic() >= self._recent_until:
                self._recent = await _measured(await self._read())
                self._recent_until = time.monotonic() + FRESH_S
            return self._recent

    async def _read(self) -> Read:
        # Of no time at all: for the store's clock.
        now = (await self._store.standing(width=DAY_MS, since=0, till=0)).at
        today = now // DAY_MS * DAY_MS
        if self._over_before != today or time.monotonic() >= self._over_until:
            over = await Reading(self._store, today - (DAYS - 1) * DAY_MS, today).read(now)
            self._over = await _by_agent(over.cells)
            self._over_before, self._over_until = today, time.monotonic() + OVER_FRESH_S
        read = await Reading(self._store, today, today + DAY_MS).read(now)
        found = await _by_agent(read.cells)
        agents = found.keys() | self._over.keys() | {ALL}
        return Read(
            read.at, today,
            {agent: self._over.get(agent, {}) | found.get(agent, {}) for agent in sorted(agents)},
        )  # fmt: skip


async def _by_agent(cells: Cells) -> dict[Uid, Days]:
    found: defaultdict[Uid, Days] = defaultdict(lambda: defaultdict(Sums))
    for number, (of, sums) in enumerate(cells.items()):
        for agent in {ALL, Uid(of.agent)}:
            found[agent][of.at].add(sums)
        if number % PART == 0:
            await asyncio.sleep(0)
    return dict(found)


async def _measured(read: Read) -> Recent:
    recent = Recent(read, {}, {})
    for number, (agent, days) in enumerate(read.of.items()):
        if agent == ALL or read.today in days:
            recent.today[agent] = _values(days.get(read.today, Sums()), agent)
        recent.week[agent] = _values(_together(days.values()), agent)
        if number % PART == 0:
            await asyncio.sleep(0)
    return recent


def _together(days: Iterable[Sums]) -> Sums:
    total = Sums()
    for sums in days:
        total.add(sums)
    return total


def _values(sums: Sums, agent: Uid) -> Values:
    found = measured(sums, soon_s=SERVICE_LEVEL_S, of_agent=agent != ALL, only=NAMES)
    return list(found.values())
