"""`imchat doctor`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from imchat import settings
from imchat.cli.looking import opened_site
from imchat.cli.options import data_dir_option, examples
from imchat.cli.saying import say
from imchat.errors import SetupError

if TYPE_CHECKING:
    from imchat.store.facts import Examined

DEFAULT = settings.ServerSettings()


@click.command(
    epilog=examples(
        "imchat doctor",
        "imchat doctor --data-dir /var/lib/imchat",
        "imchat doctor --redis redis://127.0.0.1:6379/0 --site main",
    )
)
@click.option(
    "--redis", metavar="URL", help="The store to look at, instead of the server's own."
)
@data_dir_option
@click.option("--site", default=DEFAULT.site, show_default=True, help="The site to look at.")
def doctor(**options: Any) -> None:
    """Check a site, also while it is at work: exit 1 on any fault."""
    from imchat.processes import run

    site = settings.ServerSettings(**options)
    examined = run(_examine(site))
    for fault in examined.faults:
        say(fault)
    if examined.faults:
        sys.exit(1)
    say(_sound(site.site, examined))


async def _examine(site: settings.ServerSettings) -> "Examined":
    """Raises SetupError when there is nothing to look at, and Unavailable."""
    async with opened_site(site) as store:
        examined = await store.examine()
    if not examined.keys:
        raise SetupError(f"this store has no site {site.site!r}")
    return examined


def _sound(site: str, seen: "Examined") -> str:
    """What was looked at and is as it should be."""
    return (
        f"site {site} has no faults. Looked at, as of one moment: nodes: {seen.nodes:,},"
        f" connections: {seen.connections:,}, agents: {seen.agents:,}, active chats:"
        f" {seen.active:,}, waiting chats: {seen.waiting:,}; then one by one: closed chats:"
        f" {seen.closed:,}, conversations: {seen.conversations:,}, messages: {seen.messages:,}."
    )
