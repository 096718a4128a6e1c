"""A report as one HTML page with plots that needs nothing else: no network, no script."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files

from imchat.analytics.report import wording
from imchat.analytics.report.measures import BY_NAME, SCORES, Value
from imchat.analytics.report.plots import Series, bar, bars, lines
from imchat.analytics.report.reading import DAY_MS, Read
from imchat.analytics.report.report import By, Query, Report, chosen_sums, report
from imchat.analytics.report.shown import COLUMNS, columns, ends_at, title_of
from imchat.analytics.report.sums import Sums
from imchat.analytics.telling import document

HOURS_UP_TO_MS = 3 * DAY_MS
"""A longer interval is plotted by days."""
TILES = (
    "offered", "served", "abandoned", "service_level", "wait_p90_s", "first_response_mean_s",
    "response_mean_s", "handle_mean_s", "occupancy", "rating_mean", "recontact",
)  # fmt: skip
WAITS_S = (0, 5, 10, 20, 30, 60, 120, 300, 600, 1_800)
"""Up to how long, the waits are shown together; longer ones as the last."""
TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
WITH_A_BAR = ("served", "handle_mean_s", "occupancy", "rating_mean")


def by_hours(query: Query) -> bool:
    """Whether the page is to plot by hours, which must then be read."""
    return query.until - query.since <= HOURS_UP_TO_MS


def page(query: Query, read: Read) -> str:
    """A whole document; all foreign text in it is escaped."""
    whole = report(replace(query, by=None), read.at, read.cells)
    title = wording.title(query, ends_at(whole))
    style = (files(__package__) / "page.css").read_text("utf-8")
    return document(title, style, "\n".join(_body(query, whole, read)))


def _body(query: Query, whole: Report, read: Read) -> Iterator[str]:
    yield _tiles(whole)
    time: By = "hour" if by_hours(query) else "day"
    by_time = report(replace(query, by=time), read.at, read.cells)
    yield _section(f"Chats by {time}", _arrivals(by_time))
    yield _section(f"How long customers wait, by {time}", _waiting(by_time))
    yield _section("How long they waited", _waits(query, chosen_sums(query, read.cells)))
    yield _section(f"How long answers take, by {time}", _answers(by_time))
    yield _section("Ratings", _ratings(whole))
    if query.agent is None:
        yield _section("Agents", _table(report(replace(query, by="agent"), read.at, read.cells)))
    if query.desk is None:
        yield _section("Desks", _table(report(replace(query, by="desk"), read.at, read.cells)))
    if time == "day":
        yield _section("Days", _table(by_time))
    yield "<p class=note>What the numbers mean: docs/reports.md of imchat.</p>"


def _section(name: str, content: str) -> str:
    return f"<section>\n<h2>{escape(name)}</h2>\n{content}\n</section>"


def _tiles(found: Report) -> str:
    tiles = (
        f"<div><b>{escape(wording.said(found.total[name], BY_NAME[name].unit))}</b>"
        f"<span>{escape(title_of(BY_NAME[name], found))}</span></div>"
        for name in TILES
        if not (found.query.agent and found.total[name] is None)
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _labels(found: Report) -> list[str]:
    """Short names of the times: the day, or the hour."""
    names = [wording.row_name(row.of, found.query.by) for row in found.rows]
    return [name[5:10] if found.query.by == "day" else name[11:16] for name in names]


def _values(found: Report, name: str) -> list[float | None]:
    return [row.measures[name] for row in found.rows]


def _arrivals(found: Report) -> str:
    series = [Series("served", "one", _values(found, "served"))]
    if not found.query.agent:
        series.append(Series("abandoned", "bad", _values(found, "abandoned")))
    return bars(_labels(found), series, lambda value: f"{value:,.0f}")


def _waiting(found: Report) -> str:
    labels = _labels(found)
    waits = [
        Series("mean", "one", _values(found, "wait_mean_s")),
        Series("90 of 100 waited no longer than", "two", _values(found, "wait_p90_s")),
    ]
    plot = lines(labels, waits, wording.duration, ticks=TICKS_S)
    if found.query.agent:
        return plot
    name = title_of(BY_NAME["service_level"], found)
    level = [Series(name, "good", _values(found, "service_level"))]
    return plot + lines(labels, level, lambda value: f"{100 * value:.0f} %", top=1)


def _waits(query: Query, sums: Sums) -> str:
    ends = [*(1000 * s for s in WAITS_S), 10**15]
    names = ["at once", *(f"≤ {_short(s)}" for s in WAITS_S[1:]), f"> {_short(WAITS_S[-1])}"]
    served, left = (
        [sums.within(name, upto) - sums.within(name, over)
         for over, upto in zip([-1, *ends], ends, strict=False)]
        for name in ("wait", "left")
    )  # fmt: skip
    series = [Series("served", "one", served)]
    if not query.agent:
        series.append(Series("abandoned", "bad", left))
    return bars(names, series, lambda value: f"{value:,.0f}")


def _short(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def _answers(found: Report) -> str:
    series = [
        Series("first response, mean", "one", _values(found, "first_response_mean_s")),
        Series("response, mean", "good", _values(found, "response_mean_s")),
        Series("response, p90", "two", _values(found, "response_p90_s")),
    ]
    return lines(_labels(found), series, wording.duration, ticks=TICKS_S)


def _ratings(found: Report) -> str:
    counts: list[float | None] = [found.total[f"score_{score}"] for score in SCORES]
    if not found.total["ratings"]:
        return "<p>Nobody rated.</p>"
    labels = [f"{score} of 5" for score in SCORES]
    return bars(labels, [Series("chats", "one", counts)], lambda value: f"{value:,.0f}")


def _table(found: Report) -> str:
    names = columns(found)
    most: dict[str, Value] = {
        name: max((row.measures[name] or 0 for row in found.rows), default=0)
        for name in names
    }
    heads = "".join(
        f"<th>{escape(name)}</th>"
        for name in [
            str(found.query.by),
            *(COLUMNS[name].format(soon=found.query.soon_s) for name in names),
        ]
    )
    rows = [
        _line(wording.row_name(row.of, found.query.by), row.measures, names, most)
        for row in found.rows
    ]
    total = _line("all", found.total, names, {}, kind=' class="all"')
    return (
        f'<div class="wide"><table>\n<tr>{heads}</tr>\n' + "\n".join([*rows, total])
        + "\n</table></div>"
    )


def _line(
    name: str, measures: dict[str, Value], names: Sequence[str], most: dict[str, Value], *,
    kind: str = "",
) -> str:
    cells = []
    for column in names:
        value, longest = measures[column], most.get(column)
        beside = bar(value / longest) if column in WITH_A_BAR and value and longest else ""
        cells.append(f"<td>{escape(wording.said(value, BY_NAME[column].unit))}{beside}</td>")
    return f"<tr{kind}><td>{escape(name)}</td>{''.join(cells)}</tr>"
