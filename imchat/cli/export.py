"""`imchat export`."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from imchat import settings
from imchat.cli.looking import opened_site
from imchat.cli.options import data_dir_option, examples
from imchat.cli.times import Moment
from imchat.errors import SetupError
from imchat.ids import Desk, Uid

if TYPE_CHECKING:
    from imchat.analytics.exporting import Format
    from imchat.analytics.transcripts import Piece, Transcripts, Wanted

DEFAULT = settings.ServerSettings()
STEPS = 1_000
"""Of the bar; it moves when a thousandth is done."""


@click.command(
    epilog=examples(
        "imchat export > messages.jsonl",
        "imchat export --since 7d --agent alice --format csv --output alice.csv",
        "imchat export --chat 1041 --format txt",
        "imchat export --after 52000 --output messages.jsonl    go on with what was stopped",
    )
)
@click.option(
    "--since", type=Moment(), default=0,
    help="Chats opened from then on: 7d, 12h, 2026-11-05 or 2026-11-05T14:30 (UTC).",
)
@click.option("--until", type=Moment(), help="Chats opened before then.")
@click.option("--chat", metavar="ID", help="This chat alone.")
@click.option("--customer", metavar="UID", help="Only chats of this customer.")
@click.option("--agent", metavar="UID", help="Only chats that this agent has, or had at the end.")
@click.option("--desk", help="Only chats of this desk.")
@click.option(
    "--after", metavar="ID", type=click.IntRange(0), default=0,
    help="Go on behind this chat, at the end of the file.",
)
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv", "txt", "parquet"]), default="jsonl",
    show_default=True, help="A line or a row for each message, or text to read.",
)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write to this file.",
)
@click.option("--redis", metavar="URL", help="The store to read, instead of the server's own.")
@data_dir_option
@click.option("--site", default=DEFAULT.site, show_default=True, help="The site to look at.")
def export(
    since: int, until: int | None, chat: str | None, customer: str | None, agent: str | None,
    desk: str | None, after: int, form: "Format", output: Path | None, **site: Any,
) -> None:
    """Write down what was said, message by message."""
    _check(since, until, form, output, after)
    from imchat.analytics.transcripts import Wanted
    from imchat.processes import run

    if chat is not None and not chat.isdecimal():
        raise SetupError(f"there is no chat {chat!r} here")
    wanted = Wanted(
        since, until, after, int(chat) if chat is not None else None,
        Uid(customer) if customer else None, Uid(agent) if agent else None,
        Desk(desk) if desk else None,
    )
    to = _Target(output, form, goes_on=after > 0)
    left_out = run(_export(settings.ServerSettings(**site), wanted, to))
    if left_out:
        click.echo(f"left out: messages that cannot be decoded: {left_out:,}", err=True)
        sys.exit(1)


def _check(
    since: int, until: int | None, form: "Format", output: Path | None, after: int
) -> None:
    """Raises a usage error, and SetupError."""
    import time

    if since > time.time_ns() // 1_000_000:
        raise click.UsageError("--since is in the future.")
    if until is not None and since >= until:
        raise click.UsageError("there is no time between --since and --until.")
    if form != "parquet":
        return
    if output is None:
        raise click.UsageError("--format parquet needs an --output FILE.")
    if find_spec("pyarrow") is None:
        raise click.UsageError("parquet needs pyarrow: pip install 'imchat[parquet]'.")
    if after and output.exists():
        raise SetupError(f"{output} cannot be gone on with; write the rest to another file")


class _Target:
    """Where it is written to; what is written of a chat that is not whole is taken back."""

    def __init__(self, path: Path | None, form: "Format", *, goes_on: bool) -> None:
        self.path, self.form, self.goes_on = path, form, goes_on
        self.last = ""
        self._good = 0

    @property
    def _is_ours(self) -> bool:
        """Whether it is a file that is opened here; one of parquet is opened by who writes it."""
        return self.path is not None and self.form != "parquet"

    @contextlib.contextmanager
    def opened(self) -> Iterator[Callable[["Piece"], None]]:
        """What takes the pieces. Raises SetupError when the file cannot be written."""
        from imchat.analytics.exporting import writer
        from imchat.client.text import clean

        with self._file() as file:
            head = not (self.goes_on and self.path is not None)
            with writer(self.form, file=file, path=self.path, head=head, clean=clean) as writes:

                def take(piece: "Piece") -> None:
                    writes.write(piece)
                    if piece.whole:
                        self.last = piece.chat.id
                        self._good = file.tell() if self._is_ours else 0

                try:
                    yield take
                except BaseException:
                    if self._is_ours:
                        file.truncate(self._good)
                    raise

    @contextlib.contextmanager
    def _file(self) -> Iterator["IO[bytes] | _Cleaning"]:
        if self.path is None or not self._is_ours:
            yield _Cleaning() if sys.stdout.isatty() else sys.stdout.buffer
            sys.stdout.flush()
            return
        try:
            with self.path.open("ab" if self.goes_on else "wb") as file:
                self._good = file.tell()
                yield file
        except OSError as error:
            raise SetupError(f"cannot write {self.path}: {error.strerror}") from None


class _Cleaning:
    """A terminal, which what others wrote must not change."""

    def tell(self) -> int:
        """Nothing is taken back from a terminal."""
        return 0

    def truncate(self, size: int, /) -> int:
        """Nothing is taken back from a terminal."""
        return size

    def write(self, data: bytes) -> int:
        """Show it."""
        from imchat.client.text import clean

        sys.stdout.write(clean(data.decode()))
        return len(data)


async def _export(site: settings.ServerSettings, wanted: "Wanted", to: _Target) -> int:
    """Gives how many messages had to be left out. Raises SetupError, Unavailable."""
    from imchat.analytics.transcripts import Transcripts

    async with opened_site(site) as store:
        transcripts = Transcripts(store, wanted)
        try:
            await _write(transcripts, to)
        except BrokenPipeError:
            raise
        except BaseException:
            if to.last:
                click.echo(
                    f"stopped behind chat {to.last}: go on with --after {to.last}", err=True
                )
            raise
    if not to.last:
        raise SetupError(_nothing(wanted))
    return transcripts.undecodable


async def _write(transcripts: "Transcripts", to: _Target) -> None:
    with to.opened() as take, _bar(to) as moved:
        async for piece in transcripts.pieces():
            take(piece)
            moved(piece.share)


@contextlib.contextmanager
def _bar(to: _Target) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, but not among what is written."""
    if not sys.stderr.isatty() or (to.path is None and sys.stdout.isatty()):
        yield lambda _: None
        return
    with click.progressbar(length=STEPS, file=sys.stderr, label="exporting") as bar:

        def moved(share: float) -> None:
            steps = round(share * STEPS)
            if steps > bar.pos:
                bar.update(steps - bar.pos)

        yield moved


def _nothing(wanted: "Wanted") -> str:
    if wanted.only is not None:
        return f"there is no chat {str(wanted.only)!r} here, or no more"
    of = "".join(
        f" of {kind} {name!r}"
        for kind, name in (
            ("customer", wanted.customer), ("agent", wanted.agent), ("desk", wanted.desk)
        )
        if name is not None
    )
    return f"there is no such chat{of} in that time"
