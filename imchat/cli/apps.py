"""The commands that draw a screen."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imchat import settings
from imchat.cli.options import (
    access_options,
    capacity_option,
    desks_option,
    examples,
    has_screen,
    name_option,
    need_terminal,
    uid_option,
)
from imchat.tui import pace

if TYPE_CHECKING:
    from imchat.client import Client
    from imchat.plain import AtEnd
    from imchat.tokens import Identity
    from imchat.tui.app import ImchatApp

LOCAL_TOKEN_S = 300
"""How long a token lives that a command mints for itself; a new one for each connection."""


@click.command(
    epilog=examples(
        "imchat agent --uid alice",
        "imchat agent --uid alice --name Alice --desk sales --desk returns --capacity 5",
        "IMCHAT_TOKEN=... imchat agent --url wss://chat.example.com/ws",
    )
)
@uid_option
@name_option
@desks_option
@capacity_option
@click.option(
    "--desk-replies",
    envvar="IMCHAT_DESK_REPLIES",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The desk's canned replies, a TOML file; your own are in replies.toml beside the"
    " settings. [IMCHAT_DESK_REPLIES]",
)
@access_options
def agent(
    uid: str | None,
    name: str | None,
    desk: tuple[str, ...],
    capacity: int | None,
    desk_replies: Path | None,
    **access: Any,
) -> None:
    """Answer customers: the agent's console."""
    need_terminal()
    pace.hurry()
    from imchat.tui.agent import AgentApp

    client = _client("agent", uid, access, name=name, desks=list(desk), capacity=capacity)
    desk_file = desk_replies and desk_replies.expanduser()
    _show(AgentApp(client, replies=settings.replies_file(), desk_replies=desk_file))


@click.command(
    epilog=examples(
        "imchat customer --uid bob",
        "imchat customer --uid bob --topic 'Where is my parcel?' --desk returns",
        "echo 'Where is my parcel?' | imchat customer --uid bob --at-end wait",
    )
)
@uid_option
@name_option
@click.option("--topic", help="What it is about; the agent's first message from you.")
@click.option("--desk", default="default", show_default=True, help="The desk to ask.")
@click.option(
    "--plain",
    is_flag=True,
    help="Lines in and lines out, no screen; so it is without a terminal, or with TERM=dumb.",
)
@click.option(
    "--at-end",
    type=click.Choice(["close", "leave", "wait"]),
    default="close",
    show_default=True,
    help="When plain lines end and all is stored: close the chat, leave it open, or wait"
    " until it is closed.",
)
@access_options
def customer(
    uid: str | None,
    name: str | None,
    topic: str | None,
    desk: str,
    plain: bool,
    at_end: "AtEnd",
    **access: Any,
) -> None:
    """Ask for help: the customer's window, or plain lines."""
    from imchat.ids import Desk

    client = _client("customer", uid, access, name=name)
    if plain or not has_screen():
        from imchat import plain as lines
        from imchat.processes import run

        if not run(lines.run(client, topic=topic, desk=Desk(desk), at_end=at_end)):
            sys.exit(1)
        return
    pace.hurry()
    from imchat.tui.customer import CustomerApp

    _show(CustomerApp(client, topic=topic, desk=Desk(desk)))


@click.command(
    epilog=examples(
        "imchat dashboard",
        "IMCHAT_TOKEN=... imchat dashboard --url wss://chat.example.com/ws",
    )
)
@click.option(
    "--uid", default="supervisor", show_default=True, help="Who you are. Not with a --token."
)
@click.option(
    "--alert-queue", type=click.IntRange(min=0), default=20, show_default=True,
    help="Ring when more wait at a desk. 0: never.",
)
@click.option(
    "--alert-wait", type=click.IntRange(min=0), default=180, show_default=True,
    help="Ring when somebody waits longer, in seconds. 0: never.",
)
@click.option(
    "--alert-unstaffed/--no-alert-unstaffed", default=True, show_default=True,
    help="Ring when somebody waits at a desk and no agent is online there.",
)
@access_options
def dashboard(
    uid: str, alert_queue: int, alert_wait: int, alert_unstaffed: bool, **access: Any
) -> None:
    """Watch the site: tiers, queues, agents; read, close and transfer chats."""
    need_terminal()
    pace.hurry()
    from imchat.tui.alerts import AlertLimits
    from imchat.tui.dashboard import DashboardApp

    alerts = AlertLimits(
        queue=alert_queue or None, wait_s=alert_wait or None, unstaffed=alert_unstaffed
    )
    _show(DashboardApp(_client("supervisor", uid, access), alerts=alerts))


def _client(
    role: str,
    uid: str | None,
    access: dict[str, Any],
    *,
    name: str | None = None,
    desks: list[str] | None = None,
    capacity: int | None = None,
) -> "Client":
    """A client with the given token, or with those that it mints for itself."""
    from imchat import tokens
    from imchat.client import Client

    if access["token"]:
        return Client(access["url"], access["token"])
    if uid is None:
        raise click.UsageError("who are you? Give --uid, or a --token.")
    who = tokens.identity(uid, role, name=name, desks=desks, capacity=capacity)
    return Client(access["url"], _minted(access["data_dir"], who))


def _minted(data_dir: Path, who: "Identity") -> Callable[[], str]:
    from imchat import tokens

    secret = tokens.read_secret(data_dir)
    return lambda: tokens.mint(secret, who, ttl_s=LOCAL_TOKEN_S)


def _show(app: "ImchatApp") -> None:
    """Run an app to its end, as the user's settings have it. Raises what it gave up for."""
    from imchat.tui.start import set_up

    set_up(app)
    app.run()
    if app.failure is not None:
        raise app.failure
