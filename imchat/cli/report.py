"""`imchat report`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from imchat import settings
from imchat.cli.looking import opened_site
from imchat.cli.options import data_dir_option, examples
from imchat.cli.times import Moment
from imchat.errors import SetupError
from imchat.ids import Desk, Uid

if TYPE_CHECKING:
    from imchat.analytics.report.reading import Read
    from imchat.analytics.report.report import By, Query

DEFAULT = settings.ServerSettings()
KEPT_MS = 397 * 86_400_000


@click.command(
    epilog=examples(
        "imchat report",
        "imchat report --since 30d --by agent",
        "imchat report --since 2026-11-01 --until 2026-12-01 --by day --format csv > november.csv",
        "imchat report --since 7d --html report.html",
    )
)
@click.option(
    "--since", type=Moment(), default="7d", show_default=True,
    help="From when: 7d, 12h, 2026-11-05 or 2026-11-05T14:30 (UTC).",
)
@click.option(
    "--until", type=Moment(), default="now", show_default=True, help="Up to when."
)
@click.option("--agent", help="Only what is of this agent.")
@click.option("--desk", help="Only what is of this desk.")
@click.option(
    "--by", type=click.Choice(["agent", "desk", "day", "hour"]), help="A row for each."
)
@click.option(
    "--sl", "soon_s", type=click.IntRange(1, 86_400), default=20, show_default=True,
    help="The service level: the share that is answered within so many seconds.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table",
    show_default=True, help="For a terminal, or for a program.",
)
@click.option(
    "--html", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="FILE",
    help="Write a page with plots to this file instead.",
)
@click.option("--redis", metavar="URL", help="The store to read, instead of the server's own.")
@data_dir_option
@click.option("--site", default=DEFAULT.site, show_default=True, help="The site to look at.")
def report(
    since: int, until: int, agent: str | None, desk: str | None, by: "By | None", soon_s: int,
    form: Literal["table", "json", "csv"], html: Path | None, **site: Any,
) -> None:
    """Tell what customers met with and what the agents did, in numbers."""
    from imchat.analytics.report.report import Query
    from imchat.processes import run

    now = time.time_ns() // 1_000_000
    _check(since, until, soon_s, now)
    query = Query(
        since, until, by, Uid(agent) if agent else None, Desk(desk) if desk else None, soon_s
    )
    read = run(_read(settings.ServerSettings(**site), query, now, hourly=html is not None))
    _check_found(query, read)
    if html is not None:
        _write_page(html, query, read)
    else:
        click.echo(_shown(query, read, form), nl=False)


def _check(since: int, until: int, soon_s: int, now: int) -> None:
    """Raises a usage error."""
    from imchat.analytics.report.sums import step_of

    if since >= now:
        raise click.UsageError("--since is in the future.")
    if since >= until:
        raise click.UsageError("there is no time between --since and --until.")
    if since < now - KEPT_MS:
        raise click.UsageError("--since is longer ago than the 397 days that are kept.")
    upper = step_of(soon_s * 1000) // 1000
    if upper != soon_s:
        lower = next(s for s in range(soon_s, 0, -1) if step_of(s * 1000) == s * 1000)
        raise click.UsageError(
            f"--sl {soon_s} is between two steps in which times are counted; take {lower} or"
            f" {upper}."
        )


async def _read(
    site: settings.ServerSettings, query: "Query", now: int, *, hourly: bool
) -> "Read":
    """Raises SetupError when there is nothing to look at, and Unavailable."""
    from imchat.analytics.report.page import by_hours
    from imchat.analytics.report.reading import DAY_MS, HOUR_MS, NotKept, Reading

    in_hours = query.by == "hour" or (hourly and by_hours(query))
    async with opened_site(site) as store:
        reading = Reading(store, query.since, query.until, HOUR_MS if in_hours else DAY_MS)
        try:
            return await reading.read(now)
        except NotKept as error:
            raise SetupError(_not_kept(error.since, hourly=in_hours)) from None


def _not_kept(since: int, *, hourly: bool) -> str:
    from imchat.analytics.telling import moment

    ask = "ask by day" if hourly else "let --since and --until be whole days (2026-11-05)"
    return f"before {moment(since)} only whole days are known, by UTC: {ask}"


def _check_found(query: "Query", read: "Read") -> None:
    """Raises SetupError where nothing is of what was asked for, lest it be taken for zeros."""
    from imchat.analytics.telling import moment

    between = f"between {moment(query.since)} and {moment(min(query.until, read.at))} UTC"
    if not read.cells:
        raise SetupError(f"nothing happened {between}")
    if query.agent and not any(of.agent == query.agent for of in read.cells):
        raise SetupError(f"there was no agent {query.agent!r} {between}")
    if query.desk and not any(query.desk in of.desk.split(",") for of in read.cells):
        raise SetupError(f"there was no desk {query.desk!r} {between}")


def _shown(query: "Query", read: "Read", form: Literal["table", "json", "csv"]) -> str:
    from imchat.analytics.report.report import report as made
    from imchat.analytics.report.shown import as_csv, as_json, table

    found = made(query, read.at, read.cells)
    return {"table": table, "json": as_json, "csv": as_csv}[form](found)


def _write_page(file: Path, query: "Query", read: "Read") -> None:
    from imchat.analytics.report.page import page

    try:
        file.write_text(page(query, read), encoding="utf-8")
    except OSError as error:
        raise SetupError(f"cannot write {file}: {error.strerror}") from None
