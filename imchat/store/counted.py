"""What is counted of the log of events: trends, roll-ups, and what the reports read besides."""

from msgspec import Struct
from msgspec.msgpack import Decoder

from imchat.ids import Desk
from imchat.store.facts import Fact, Refused
from imchat.store.library import Library

FOLD_LIMIT = 100
"""Events that are counted at once; less than 5 ms of the store's."""


class Folded(Fact, tag="folded", frozen=True, kw_only=True):
    """So many events were counted; there may be more."""

    count: int
    more: bool


class Cell(Struct, frozen=True, array_like=True):
    """What was measured of a time, an agent and a desk.

    `name` is the number of the time since the epoch, the agent (or none), the desk; where
    an agent stood, all its desks. `sums` are by measure, as `tally.lua` makes them.
    """

    name: str
    sums: dict[str, int]


class Rolled(Fact, tag="rolled", frozen=True, kw_only=True):
    """Some roll-ups of a day, which count what happened up to `event`."""

    cells: list[Cell]
    cursor: str
    event: str


class Measured(Fact, tag="measured", frozen=True, kw_only=True):
    """What some events add, up to `event`; there may be more."""

    cells: list[Cell]
    more: bool
    event: str | None = None


class Standing(Fact, tag="standing", frozen=True, kw_only=True):
    """How the agents stand at a moment; `event` is the last one, all since `whole_since` are kept.

    Both times are ms; the latter is 0 while nothing was dropped.
    """

    at: int
    event: str
    whole_since: int
    cells: list[Cell]


class DeskTrend(Struct, frozen=True, kw_only=True):
    """What the store knows of a desk's past.

    An hour is number and value of each step in which anything happened, one after the
    other: how many waited when it began, the most that did, arrived, served. `today` has
    sums by name.
    """

    name: Desk
    waiting: int
    this_hour: list[str]
    last_hour: list[str]
    today: dict[str, int] = {}


class Trends(Fact, tag="trends", frozen=True, kw_only=True):
    at: int
    desks: list[DeskTrend]


_FOLDED: "Decoder[Folded | Refused]" = Decoder(Folded | Refused)
_TRENDS: "Decoder[Trends | Refused]" = Decoder(Trends | Refused)
_ROLLED: "Decoder[Rolled | Refused]" = Decoder(Rolled | Refused)
_MEASURED: "Decoder[Measured | Refused]" = Decoder(Measured | Refused)
_STANDING: "Decoder[Standing | Refused]" = Decoder(Standing | Refused)


class Counted:
    """Of a site. All methods raise Unavailable when the store does not answer."""

    library: Library

    async def fold(self) -> Folded:
        """Count what happened since the last time into the roll-ups and trends, up to a limit."""
        return await self.library.call("fold", _FOLDED, limit=FOLD_LIMIT)

    async def trends(self) -> Trends:
        """The last hour of each desk, and today, as far as it was folded."""
        return await self.library.call("trends", _TRENDS)

    async def rolled(self, day: int, *, cursor: str = "0") -> Rolled:
        """Some roll-ups of a day, by its number since the epoch; no cursor is left at the end."""
        return await self.library.call("rolled", _ROLLED, day=day, cursor=cursor)

    async def measure(
        self, *, after: str | None, upto: str, width: int, since: int, till: int
    ) -> Measured:
        """What some events of the log add to a time, ms, in cells of `width` ms."""
        return await self.library.call(
            "measure", _MEASURED, after=after, upto=upto, width=width, since=since, till=till,
            limit=FOLD_LIMIT,
        )

    async def standing(self, *, width: int, since: int, till: int) -> Standing:
        """What the agents add to a time by how they stand now, which no event says yet."""
        return await self.library.call(
            "standing", _STANDING, width=width, since=since, till=till
        )
