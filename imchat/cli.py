"""The commands: parse, call, print. What a command needs is imported when it runs."""

import asyncio
import re
import shlex
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from imchat import __version__, settings
from imchat.errors import ImchatError, SetupError

if TYPE_CHECKING:
    from imchat.client import Client
    from imchat.tokens import Identity

LOCAL_TOKEN_S = 300
"""How long a token lives that a command mints for itself; a new one for each connection."""
INTERRUPTED = 130
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


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
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
    help="Where the server keeps its secret and its store. [IMCHAT_DATA_DIR]",
)
uid_option = click.option(
    "--uid", help="Who you are: letters, digits and . _ @ + - (at most 64). Not with a --token."
)
name_option = click.option("--name", help="What others are shown instead of the uid.")
desks_option = click.option(
    "--desk", "desks", multiple=True, help="A desk that the agent works at; may be repeated."
)
capacity_option = click.option(
    "--capacity", type=click.IntRange(1, 100), help="How many chats the agent holds at most."
)
access_options = _options(
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


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        "imchat demo                    see it all at work",
        "imchat serve                   start a server",
        "imchat agent --uid alice       answer customers",
        "imchat customer --uid bob      ask for help",
        "imchat dashboard               watch the site",
    ),
)
@click.version_option(__version__, prog_name="imchat")
@click.pass_context
def cli(context: click.Context) -> None:
    """Live customer-service chat for the terminal."""
    context.default_map = settings.read_config(settings.config_file())


@cli.command(
    epilog=_examples(
        "imchat serve",
        "imchat serve --host 0.0.0.0 --port 9000 --capacity 5",
        "imchat serve --redis redis://127.0.0.1:6379/0 --log-format json",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--redis", metavar="URL", help="A Valkey 9 or Redis 8 to use instead of the embedded one."
)
@data_dir_option
@click.option(
    "--site", default="main", show_default=True, help="Sites are apart within one store."
)
@click.option(
    "--capacity",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Chats an agent holds at most, unless its token says otherwise.",
)
@click.option(
    "--history-days",
    type=click.IntRange(1, 3_650),
    default=30,
    show_default=True,
    help="How long each message is kept.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(0, 86_400),
    default=30,
    show_default=True,
    help="Seconds in which who lost the connection finds the chats as they were.",
)
@click.option(
    "--max-queue",
    type=click.IntRange(0),
    default=1_000,
    show_default=True,
    help="Customers that may wait at one desk.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1),
    default=20,
    show_default=True,
    help="Frames a second that one uid may send.",
)
@click.option(
    "--log-format",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    help="How the log on standard error looks.",
)
def serve(**options: Any) -> None:
    """Start a server, with an embedded store unless one is named."""
    from imchat.server import logs

    server = settings.ServerSettings(**options)
    logs.configure(server.log_format)
    _run(_serve(server))


async def _serve(server: settings.ServerSettings) -> None:
    from imchat.server.node import running

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(server) as node:
        click.echo(_how_to_connect(server, node.url))
        await stop.wait()


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
        "Ctrl-C stops the server."
    )


@cli.command(
    epilog=_examples(
        "imchat agent --uid alice",
        "imchat agent --uid alice --name Alice --desk sales --desk returns --capacity 5",
        "IMCHAT_TOKEN=... imchat agent --url wss://chat.example.com/ws",
    )
)
@uid_option
@name_option
@desks_option
@capacity_option
@access_options
def agent(
    uid: str | None, name: str | None, desks: tuple[str, ...], capacity: int | None, **access: Any
) -> None:
    """Answer customers: the agent's console."""
    from imchat.tui.agent import AgentApp

    client = _client("agent", uid, access, name=name, desks=list(desks), capacity=capacity)
    _show(AgentApp(client))


@cli.command(
    epilog=_examples(
        "imchat customer --uid bob",
        "imchat customer --uid bob --topic 'Where is my parcel?' --desk returns",
    )
)
@uid_option
@name_option
@click.option("--topic", help="What it is about; the agent's first message from you.")
@click.option("--desk", default="default", show_default=True, help="The desk to ask.")
@access_options
def customer(
    uid: str | None, name: str | None, topic: str | None, desk: str, **access: Any
) -> None:
    """Ask for help: the customer's window."""
    from imchat.ids import Desk
    from imchat.tui.customer import CustomerApp

    client = _client("customer", uid, access, name=name)
    _show(CustomerApp(client, topic=topic, desk=Desk(desk)))


@cli.command(
    epilog=_examples(
        "imchat dashboard",
        "IMCHAT_TOKEN=... imchat dashboard --url wss://chat.example.com/ws",
    )
)
@click.option(
    "--uid", default="supervisor", show_default=True, help="Who you are. Not with a --token."
)
@access_options
def dashboard(uid: str, **access: Any) -> None:
    """Watch the site: tiers, queues, agents."""
    from imchat.tui.dashboard import DashboardApp

    _show(DashboardApp(_client("supervisor", uid, access)))


@cli.command(
    epilog=_examples(
        "imchat token --role customer --uid bob --name 'Bob B.'",
        "imchat token --role agent --uid alice --desk sales --capacity 5 --ttl 12h",
        "IMCHAT_TOKEN=$(imchat token --role supervisor --uid sue) imchat dashboard",
    )
)
@click.option("--role", type=click.Choice(["customer", "agent", "supervisor"]), required=True)
@click.option("--uid", required=True, help="Whom it names: letters, digits and . _ @ + -")
@name_option
@click.option("--ttl", type=Duration(), default="8h", show_default=True, help="How long it lives.")
@capacity_option
@desks_option
@data_dir_option
def token(
    role: str,
    uid: str,
    name: str | None,
    ttl: float,
    capacity: int | None,
    desks: tuple[str, ...],
    data_dir: Path,
) -> None:
    """Print a token for a client, alone on the last line."""
    from imchat import tokens

    if role != "agent" and (desks or capacity):
        raise click.UsageError(f"--desk and --capacity are an agent's, not a {role}'s")
    identity = tokens.identity(uid, role, name=name, desks=list(desks), capacity=capacity)
    click.echo(tokens.mint(tokens.read_secret(data_dir), identity, ttl_s=ttl))


@cli.command(
    epilog=_examples(
        "imchat demo",
        "imchat demo --agents 12 --rate 4",
        "imchat demo --headless 20",
    )
)
@click.option(
    "--agents", type=click.IntRange(1, 500), default=5, show_default=True, help="Bot agents."
)
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Bot customers that come, a second.",
)
@click.option(
    "--headless",
    type=click.FloatRange(1),
    metavar="SECONDS",
    help="No screen: run so long, print a summary, exit 1 if anything was lost or wrong.",
)
def demo(agents: int, rate: float, headless: float | None) -> None:
    """See it all at work: a server, bots that chat, and the dashboard."""
    from imchat import demo as show

    if headless is None:
        _need_terminal()
        _run(show.with_dashboard(agents=agents, rate=rate))
        return
    summary = _run(show.headless(agents=agents, rate=rate, seconds=headless))
    click.echo(summary.text())
    if summary.faults:
        sys.exit(1)


# --- what they share --------------------------------------------------------


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

    _need_terminal()
    if access["token"]:
        return Client(access["url"], access["token"])
    if uid is None:
        raise click.UsageError("who are you? Give --uid, or a --token")
    who = tokens.identity(uid, role, name=name, desks=desks, capacity=capacity)
    return Client(access["url"], _minted(access["data_dir"], who))


def _minted(data_dir: Path, who: "Identity") -> Callable[[], str]:
    from imchat import tokens

    secret = tokens.read_secret(data_dir)
    return lambda: tokens.mint(secret, who, ttl_s=LOCAL_TOKEN_S)


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupError("this command draws a screen; run it in a terminal, not in a pipe")


def _show(app: Any) -> None:
    """Run an app to its end. Raises what it gave up for."""
    app.run()
    if app.failure is not None:
        raise app.failure


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.run(work)
    return uvloop.run(work)


def _leave(said: str, status: int) -> NoReturn:
    click.echo(said, err=True)
    sys.exit(status)


def _leaf(error: BaseException) -> BaseException:
    """The first of a group of errors of tasks, which is the one that ended the others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def main() -> None:
    """Run the command line: 0 is success, 1 a failure in one line, 2 a wrong usage."""
    try:
        sys.exit(cli.main(prog_name="imchat", standalone_mode=False) or 0)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "imchat"
        _leave(f"{command}: {error.format_message()} See '{command} --help'.", 2)
    except click.ClickException as error:
        _leave(f"imchat: {error.format_message()}", 1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has seen enough
        sys.exit(1)
    except (ImchatError, ExceptionGroup) as error:
        cause = _leaf(error)
        if not isinstance(cause, ImchatError):
            raise
        _leave(f"imchat: {cause}", 1)
