"""`imchat serve`."""

import contextlib
import shlex
from collections.abc import AsyncIterator
from typing import Any

import click

from imchat import __version__, settings
from imchat.cli.options import NetworkType, data_dir_option, examples
from imchat.protocol import MAX_CAPACITY

MAX_WORKERS = 64

DEFAULT = settings.ServerSettings()


@click.command(
    epilog=examples(
        "imchat serve",
        "imchat serve --host 0.0.0.0 --port 9000 --capacity 5",
        "imchat serve --workers 4",
        "imchat serve --redis redis://127.0.0.1:6379/0 --log-format json",
    ),
    context_settings={"show_default": True},
)
@click.option("--host", default=DEFAULT.host, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT.port,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--redis", metavar="URL", help="A Valkey 9 or Redis 8 to use instead of the embedded one."
)
@data_dir_option
@click.option("--site", default=DEFAULT.site, help="Sites are apart within one store.")
@click.option(
    "--capacity",
    type=click.IntRange(1, MAX_CAPACITY),
    default=DEFAULT.capacity,
    help="Chats an agent holds at most, unless its token says otherwise.",
)
@click.option(
    "--history-days",
    type=click.IntRange(1, 3_650),
    default=DEFAULT.history_days,
    help="How long each message is kept.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 86_400),
    default=DEFAULT.grace_s,
    help="Seconds in which who lost the connection finds the chats as they were.",
)
@click.option(
    "--max-queue",
    type=click.IntRange(0),
    default=DEFAULT.max_queue,
    help="Customers that may wait at one desk.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1),
    default=DEFAULT.rate,
    help="Frames a second that one uid may send.",
)
@click.option(
    "--trusted-proxy",
    type=NetworkType(),
    multiple=True,
    help="A proxy's address or network; its connections count by X-Forwarded-For. May be repeated.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    default=DEFAULT.workers,
    help="Processes that share the port and the store.",
)
@click.option(
    "--log-format",
    type=click.Choice(["console", "json"]),
    default=DEFAULT.log_format,
    help="How the log on standard error looks.",
)
def serve(grace: float, **options: Any) -> None:
    """Start a server, with an embedded store unless one is named."""
    from imchat import processes
    from imchat.server import logs

    server = settings.ServerSettings(grace_s=grace, **options)
    logs.configure(server.log_format, of_several=server.workers > 1)
    processes.run(_serve(server))


async def _serve(server: settings.ServerSettings) -> None:
    from imchat import processes
    from imchat.server.workers import serving

    @contextlib.asynccontextmanager
    async def announced() -> AsyncIterator[None]:
        async with serving(server) as served:
            click.echo(_how_to_connect(server, served.url))
            await served.ready()
            yield

    with processes.stop_signals() as stop:
        await processes.serve_until(stop, announced(), lambda _: click.echo("Ready."))


def _how_to_connect(server: settings.ServerSettings, url: str) -> str:
    where = "" if url == settings.DEFAULT_URL else f" --url {url}"
    if server.data_dir != settings.default_data_dir():
        where += f" --data-dir {shlex.quote(str(server.data_dir))}"
    return (
        f"imchat {__version__} listens on {url}\n"
        "On this machine, each in a terminal of its own:\n"
        f"  imchat agent --uid alice{where}\n"
        f"  imchat customer --uid bob{where}\n"
        f"  imchat dashboard{where}\n"
        "From elsewhere, with a token: imchat token --help\n"
        "Ctrl-C stops the server.\n"
        "Loading the store; who comes is let in when it is there."
    )
