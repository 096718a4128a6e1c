"""The measures that a server reports, as a person reads and sorts them. Pure.

What each means is in docs/reports.md; one that is not here is not shown.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from imchat import protocol
from imchat.ids import Uid
from imchat.tui.agent_orders import natural
from imchat.tui.waits import clock

Value = int | float | None
Unit = Literal["count", "time", "hours", "share", "number"]

NONE = "–"
ALL = Uid("")
"""Stands for everybody together."""
NAME = "agent"
"""The column that is no measure."""
WEEK = 7
LEVELS = "▁▂▃▄▅▆▇█"


class Measure(NamedTuple):
    """`head` stands above a column; that of the greatest `rank` gives way first.

    What has no rank is never told of an agent, and has no column.
    """

    name: str
    head: str
    unit: Unit
    rank: int | None = None


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("offered", "offered", "count"),
        Measure("served", "served", "count", 0),
        Measure("abandoned", "left", "count"),
        Measure("service_level", "in {soon} s", "share"),
        Measure("wait_mean_s", "wait", "time", 1),
        Measure("wait_p90_s", "wait p90", "time", 8),
        Measure("first_response_mean_s", "first", "time", 2),
        Measure("response_mean_s", "response", "time", 6),
        Measure("handle_mean_s", "handle", "time", 3),
        Measure("concurrency", "at once", "number", 10),
        Measure("occupancy", "occupied", "share", 5),
        Measure("online_s", "online", "hours", 7),
        Measure("rating_mean", "rating", "number", 4),
        Measure("recontact", "again", "share", 9),
    )
}


class Line(NamedTuple):
    """An agent's measures by name, or those of ALL."""

    of: Uid
    name: str
    values: dict[str, Value]


class Order(NamedTuple):
    """By which column, and whether the other way round: numbers begin with the greatest."""

    column: str = "served"
    reverse: bool = False


def lines_of(report: protocol.Report, name_of: Callable[[Uid], str]) -> list[Line]:
    """ALL first, then every agent."""
    lines = [Line(ALL, "all", _by_name(report, report.total))]
    lines += [
        Line(uid, name_of(uid), _by_name(report, values)) for uid, values in report.agents.items()
    ]
    return lines


def days_of(report: protocol.Report) -> list[dict[str, Value]]:
    """The measures of each of the last days, the oldest first."""
    return [_by_name(report, values) for values in report.daily][-WEEK:]


def _by_name(report: protocol.Report, values: Sequence[Value]) -> dict[str, Value]:
    return {
        name: value
        for name, value in zip(report.measures, values, strict=False)
        if name in MEASURES
    }


def in_order(lines: list[Line], order: Order) -> list[Line]:
    """ALL stays first; who has no value is last either way."""
    agents = sorted((line for line in lines if line.of != ALL), key=lambda o: natural(o.name))
    if order.column == NAME:
        ranked = agents[::-1] if order.reverse else agents
    else:
        sign = 1 if order.reverse else -1

        def rank(line: Line) -> tuple[bool, float]:
            value = line.values.get(order.column)
            return value is None, sign * (value or 0)

        ranked = sorted(agents, key=rank)
    return [*(line for line in lines if line.of == ALL), *ranked]


def columns_of(report: protocol.Report) -> list[Measure]:
    """The measures that have a column."""
    return [m for m in MEASURES.values() if m.name in report.measures and m.rank is not None]


def said(value: Value, unit: Unit) -> str:
    """A value as it is read: 12, 3:05, 7 h 40, 85 %, 4.25."""
    if value is None:
        return NONE
    match unit:
        case "count":
            return f"{value:,}"
        case "number":
            return f"{value:.2f}"
        case "share":
            return f"{_whole(value * 100)} %"
        case "hours":
            minutes = round(value / 60)
            if minutes >= 6_000:
                return f"{minutes // 60:,} h"
            return f"{minutes // 60} h {minutes % 60:02}"
        case "time":
            return f"{value:.1f} s" if 0 < value < 9.95 else clock(round(value))


def _whole(percent: float) -> int:
    """Only all of it is 100, and only nothing is 0."""
    return round(percent) if percent in (0, 100) else min(99, max(1, round(percent)))


def spark(values: Sequence[Value], rows: int = 1) -> list[str]:
    """Bars of the values from 0 to the greatest, a string a row, the top one first.

    Where there is no value there is a dot: 0 is something else.
    """
    peak = max((value for value in values if value is not None), default=0)
    full = len(LEVELS)
    top = rows * full - 1  # so that bars of rows below each other stay apart
    levels = [
        None if value is None else max(1, round(value / peak * top)) if peak else 1
        for value in values
    ]
    return ["".join(_bar(level, row) for level in levels) for row in reversed(range(rows))]


def _bar(level: int | None, row: int) -> str:
    if level is None:
        return " " if row else "·"
    part = min(len(LEVELS), level - row * len(LEVELS))
    return LEVELS[part - 1] if part > 0 else " "
