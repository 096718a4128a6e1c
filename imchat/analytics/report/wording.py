"""How the numbers of a report are said, in the table and on the page alike. Days are UTC days."""

from datetime import UTC, datetime

from imchat.analytics import telling
from imchat.analytics.report.measures import Unit, Value
from imchat.analytics.report.report import By, Query

NONE = "–"


def said(value: Value, unit: Unit) -> str:
    """A value with its unit."""
    if value is None:
        return NONE
    match unit:
        case "count":
            return f"{value:,}"
        case "share":
            return f"{100 * value:.0f} %" if value >= 0.1 or not value else f"{100 * value:.1f} %"
        case "number":
            return f"{value:.2f}"
        case "seconds":
            return duration(value)


def duration(seconds: float) -> str:
    """A time, as exact as is of use."""
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s"
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} m {seconds % 60:02} s" if seconds % 60 else f"{seconds // 60} m"
    if seconds < 36_000:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60:02} m"
    return f"{round(seconds / 3_600):,} h"


def row_name(of: str | int, by: By | None) -> str:
    """What a row is of, so that it can be sorted, and read by a program."""
    if by == "day" and isinstance(of, int):
        return datetime.fromtimestamp(of / 1000, UTC).strftime("%Y-%m-%d")
    return telling.moment(of) if isinstance(of, int) else of


def title(query: Query, until: int) -> str:
    """Of what it is; `until` is when it ends."""
    return telling.title("Report", query.agent, query.desk, query.since, until)
