"""What commands have in common: options, times, examples, the terminal that some need."""

import ipaddress
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from imchat import settings
from imchat.errors import SetupError
from imchat.protocol import MAX_CAPACITY

UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}

Command = Callable[..., Any]


class Duration(click.ParamType[float]):
    """Seconds, written like 45s, 30m, 8h or 7d."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds. Raises a usage error."""
        if isinstance(value, int | float):
            return value
        found = re.fullmatch(r"(\d{1,6})([smhd]?)", value.strip())
        if not found or not int(found[1]):
            self.fail(f"{value!r} is no time; write 45s, 30m, 8h or 7d", param, ctx)
        return int(found[1]) * UNITS_S[found[2]]


class NetworkType(click.ParamType[str]):
    """An IP address, or a network like 10.0.0.0/8."""

    name = "address or network"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The network; an address is one of itself alone. Raises a usage error."""
        try:
            return str(ipaddress.ip_network(str(value)))
        except ValueError as error:
            self.fail(f"no address and no network: {error}", param, ctx)


def examples(*lines: str) -> str:
    """An epilog of examples, a line each."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def has_screen() -> bool:
    """Whether there is a terminal in which a screen can be drawn; Textual does so on stderr."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"


def need_terminal() -> None:
    """Raises SetupError where no screen can be drawn."""
    if not has_screen():
        raise SetupError(
            "this command draws a screen; run it in a terminal, with nothing of it redirected"
        )


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


data_dir_option = click.option(
    "--data-dir",
    envvar="IMCHAT_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=settings.default_data_dir,
    show_default="one for each user",
    help="Where the server keeps its secret and its store. [IMCHAT_DATA_DIR]",
)
uid_option = click.option(
    "--uid", help="Who you are: letters, digits and . _ @ + - (at most 64). Not with a --token."
)
name_option = click.option("--name", help="What others are shown instead of the uid.")
desks_option = click.option(
    "--desk", multiple=True, help="A desk that the agent works at; may be repeated."
)
capacity_option = click.option(
    "--capacity",
    type=click.IntRange(1, MAX_CAPACITY),
    help="How many chats the agent holds at most.",
)
access_options = _together(
    click.option(
        "--url",
        envvar="IMCHAT_URL",
        default=settings.DEFAULT_URL,
        show_default=True,
        help="The server. [IMCHAT_URL]",
    ),
    click.option(
        "--token",
        envvar="IMCHAT_TOKEN",
        help="A token from `imchat token`; on the server's own machine none is needed."
        " [IMCHAT_TOKEN]",
    ),
    data_dir_option,
)
