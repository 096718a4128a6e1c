"""`imchat erase`."""

from typing import TYPE_CHECKING, Any

import click

from imchat import settings
from imchat.cli.looking import opened_site
from imchat.cli.options import data_dir_option, examples
from imchat.cli.saying import say
from imchat.errors import SetupError
from imchat.ids import Uid

if TYPE_CHECKING:
    from imchat.store.erasing import Erased

DEFAULT = settings.ServerSettings()
KINDS = ("chats", "messages", "comments", "notes", "events")


@click.command(
    epilog=examples(
        "imchat erase --customer bob",
        "imchat erase --customer bob --yes --redis redis://127.0.0.1:6379/0",
    )
)
@click.option("--customer", metavar="UID", required=True, help="Who is to be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--redis", metavar="URL", help="The store of it, instead of the server's own.")
@data_dir_option
@click.option("--site", default=DEFAULT.site, show_default=True, help="The site.")
def erase(customer: str, *, yes: bool, **site: Any) -> None:
    """Forget a customer: messages, names, notes; what was counted stays."""
    from imchat.processes import run

    if not yes:
        click.confirm(
            f"All messages of {customer!r}, both sides', are removed for good. Go on?", abort=True
        )
    erased = run(_erase(settings.ServerSettings(**site), Uid(customer)))
    if not erased.gone:
        raise SetupError(f"nothing is known of a customer {customer!r}")
    gone = ", ".join(f"{kind}: {erased.gone.get(kind, 0):,}" for kind in KINDS)
    say(f"{customer} is forgotten. Removed or made nobody's: {gone}.")
    if erased.connected:
        say(f"{customer} is connected: its uid is known until it leaves, and is told again"
            " when it asks.")


async def _erase(site: settings.ServerSettings, customer: Uid) -> "Erased":
    """Raises SetupError, Conflict and Unavailable."""
    async with opened_site(site) as store:
        return await store.erase(customer)
