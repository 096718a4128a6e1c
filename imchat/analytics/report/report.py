"""A report: rows of measures, by agent, desk, day or hour, and all of it together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from imchat.analytics.report.measures import SERVICE_LEVEL_S, Value, measured
from imchat.analytics.report.reading import DAY_MS, HOUR_MS, Cells, Of
from imchat.analytics.report.sums import PRESENCE, Sums
from imchat.ids import Desk, Uid

By = Literal["agent", "desk", "day", "hour"]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for. Times are ms; `soon_s` is how soon an answer is to come."""

    since: int
    until: int
    by: By | None = None
    agent: Uid | None = None
    desk: Desk | None = None
    soon_s: int = SERVICE_LEVEL_S


@dataclass(frozen=True, slots=True)
class Row:
    """`of` is an agent, a desk, or the time, ms, at which a day or an hour begins."""

    of: str | int
    measures: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured in an interval, as of `at`, ms."""

    query: Query
    at: int
    total: dict[str, Value]
    rows: list[Row] = field(default_factory=list)


def report(query: Query, at: int, cells: Cells) -> Report:
    """Put together what was read for a query."""
    rows: dict[str | int, Sums] = {of: Sums() for of in _times(query, at)}
    sums_of = defaultdict(Sums, rows)
    total = chosen_sums(query, cells)
    for of, sums in cells.items():
        for row, names in _rows(query, of, sums):
            sums_of[row].add(sums, only=names)
    return Report(
        query,
        at,
        measured(total, soon_s=query.soon_s, of_agent=query.agent is not None),
        [
            Row(of, measured(sums_of[of], soon_s=query.soon_s, of_agent=_is_of_agent(query)))
            for of in sorted(sums_of, key=lambda of: (isinstance(of, str), of))
        ],
    )


def chosen_sums(query: Query, cells: Cells) -> Sums:
    """What a query is about, all together."""
    total = Sums()
    for of, sums in cells.items():
        for names in _chosen(query, of, sums):
            total.add(sums, only=names)
    return total


def _is_of_agent(query: Query) -> bool:
    return query.by == "agent" or query.agent is not None


def _chosen(query: Query, of: Of, sums: Sums) -> Iterator[set[str]]:
    """The names of the sums of a cell that a query is about."""
    if query.agent is not None and query.agent != of.agent:
        return
    present = sums.keys() & PRESENCE
    if query.desk is None or query.desk == of.desk:
        yield sums.keys() - present
    if query.desk is None or query.desk in of.desk.split(","):
        yield present


def _rows(query: Query, of: Of, sums: Sums) -> Iterator[tuple[str | int, set[str]]]:
    """To which rows which names of the sums of a cell belong."""
    for names in _chosen(query, of, sums):
        match query.by:
            case None:
                return
            case "day":
                yield of.at // DAY_MS * DAY_MS, names
            case "hour":
                yield of.at // HOUR_MS * HOUR_MS, names
            case "agent":
                if of.agent and names:
                    yield of.agent, names
            case "desk":
                # How an agent stood counts at each of its desks, and once in all.
                for desk in of.desk.split(",") if names <= PRESENCE else [of.desk]:
                    if names and query.desk in (None, desk):
                        yield desk, names


def _times(query: Query, at: int) -> Iterator[int]:
    """The days or hours of the interval, also those in which nothing happened."""
    widths = {"day": DAY_MS, "hour": HOUR_MS}
    if query.by in widths:
        width = widths[query.by]
        yield from range(query.since // width * width, min(query.until, at + 1), width)
