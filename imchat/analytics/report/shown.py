"""A report as text: a table for a terminal, JSON or CSV for a program."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from imchat.analytics.report import wording
from imchat.analytics.report.measures import BY_NAME, MEASURES, Measure
from imchat.analytics.report.report import Report

COLUMNS = {
    "offered": "offered", "served": "served", "abandoned": "left", "service_level": "in {soon} s",
    "wait_mean_s": "wait", "wait_p90_s": "p90", "first_response_mean_s": "first",
    "response_mean_s": "response", "handle_mean_s": "handle", "concurrency": "at once",
    "occupancy": "occupied", "online_s": "online", "rating_mean": "rating",
    "recontact": "again",
}  # fmt: skip
"""What a table with rows has room for."""


def ends_at(report: Report) -> int:
    """When what is reported ends, ms."""
    return min(report.query.until, report.at)


def table(report: Report) -> str:
    """All measures of the whole, or a row for each of what was asked by."""
    lines = _rows(report) if report.query.by else _all(report)
    head = wording.title(report.query, ends_at(report))
    return "\n".join([head, "", *(line.rstrip() for line in lines)]) + "\n"


def _all(report: Report) -> Iterator[str]:
    for measure in MEASURES:
        value = wording.said(report.total[measure.name], measure.unit)
        yield f"  {title_of(measure, report):<24}{value:>12}"


def title_of(measure: Measure, report: Report) -> str:
    """What a measure is called in words."""
    if measure.name == "service_level":
        return f"answered in {report.query.soon_s} s"
    return measure.title


def _rows(report: Report) -> Iterator[str]:
    names = columns(report)
    heads = [COLUMNS[name].format(soon=report.query.soon_s) for name in names]
    lines = [
        [
            wording.row_name(row.of, report.query.by),
            *(wording.said(row.measures[name], BY_NAME[name].unit) for name in names),
        ]
        for row in report.rows
    ]
    total = [wording.said(report.total[name], BY_NAME[name].unit) for name in names]
    return _columns([[str(report.query.by), *heads], *lines, ["all", *total]])


def columns(report: Report) -> list[str]:
    """What a table of the rows has: measures of which any row has a value."""
    return [
        name for name in COLUMNS if any(row.measures[name] is not None for row in report.rows)
    ]


def _columns(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, *cells in lines:
        aligned = (f"{cell:>{w}}" for cell, w in zip(cells, widths[1:], strict=True))
        yield f"{name:<{widths[0]}}  " + "  ".join(aligned)


def as_json(report: Report) -> str:
    """Times are ms since the epoch, or seconds where a name ends in `_s`; shares are of 1."""
    query = report.query
    found: dict[str, Any] = {
        "since": query.since, "until": ends_at(report), "at": report.at, "by": query.by,
        "agent": query.agent, "desk": query.desk, "service_level_s": query.soon_s,
        "total": report.total,
    }  # fmt: skip
    if query.by:
        found["rows"] = [{query.by: row.of, **row.measures} for row in report.rows]
    return msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"


def as_csv(report: Report) -> str:
    """A line for each row, or one of the whole; what there is nothing of is empty."""
    by = report.query.by
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\n")
    if by is None:
        write.writerow(report.total)
        write.writerow(report.total.values())
    else:
        write.writerow([by, *report.total])
        for row in report.rows:
            write.writerow([wording.row_name(row.of, by), *row.measures.values()])
    return file.getvalue()
