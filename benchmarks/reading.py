"""A conversation of twenty thousand messages, read in a process of its own.

Nobody could say so much before, so it is shown by the widget alone, without a server and a
terminal; `python -m benchmarks.reading` prints what it took as JSON.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from textual.app import App, ComposeResult

from benchmarks.terminals import at
from imchat import protocol
from imchat.ids import ChatId, Uid
from imchat.tui import pace, theme
from imchat.tui.talk import Overheard
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader

MESSAGES = 20_000
PAGES = 400
WORDS = ["Where is my parcel? ", "你好，我想退货。", "See https://shop.example/orders/7 ", "👍 "]


@dataclass(frozen=True, slots=True)
class Read:
    """A long conversation: until it is drawn, and until a page up is, ms."""

    messages: int
    open_ms: float
    page_p50_ms: float
    page_p99_ms: float
    find_ms: float
    resize_ms: float

    def __str__(self) -> str:
        return (
            f"{self.messages:,} messages: opened in {self.open_ms:.0f} ms, a page up in "
            f"{self.page_p50_ms:.1f} ms (p99 {self.page_p99_ms:.1f}), found in "
            f"{self.find_ms:.0f} ms, another width in {self.resize_ms:.0f} ms"
        )


async def run() -> Read:
    """Measure it, at the pace of the apps."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TEXTUAL_FPS": pace.PICTURES_A_SECOND},
    )
    out, _ = await process.communicate()
    return Read(**json.loads(out))


class Reading(App[None]):
    """Nothing but a conversation."""

    def compose(self) -> ComposeResult:
        """The conversation."""
        yield ChatReader()

    def on_mount(self) -> None:
        """In the colours of the apps."""
        self.register_theme(theme.DARK)
        self.theme = theme.DARK.name

    def on_ready(self) -> None:
        """From now on as in the apps."""
        pace.Leisure().begin()

    async def drawn(self) -> None:
        """Wait until what was changed stands on the terminal."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()


async def _read() -> Read:
    long = _long_talk()
    app = Reading()
    async with app.run_test(size=(120, 40)) as pilot:
        reader, log = app.query_one(ChatReader), app.query_one(ChatLog)
        await app.drawn()
        with _timed() as opened:
            reader.show(long, str, empty="")
            await app.drawn()
        pages = []
        for _ in range(PAGES):
            with _timed() as page:
                log.scroll_page_up()
                await app.drawn()
            pages += page
        pages.sort()
        with _timed() as found:
            log.look_for("of number 100 ")
            await app.drawn()
        with _timed() as resized:
            await pilot.resize_terminal(90, 40)
            await app.drawn()
    return Read(
        MESSAGES, 1e3 * opened[0], 1e3 * at(pages, 0.5), 1e3 * at(pages, 0.99),
        1e3 * found[0], 1e3 * resized[0],
    )


def _long_talk() -> Overheard:
    both = Uid("ann"), Uid("bob")
    talk = Overheard(
        [
            protocol.StoredMessage(
                chat=ChatId("1"), seq=n + 1, id=f"{n}", sender=both[n // 3 % 2],
                to=both[1 - n // 3 % 2], body=f"of number {n} " + WORDS[n % 4] * (1 + n % 9),
                at=1_700_000_000_000 + n * 40_000,
            )
            for n in range(MESSAGES)
        ],
        me=both[0],
    )
    # A client has its lines before they are shown.
    assert len(talk.lines) == MESSAGES
    return talk


@contextlib.contextmanager
def _timed() -> Iterator[list[float]]:
    """A list that holds the seconds which the block took, when it is over."""
    took: list[float] = []
    began = time.perf_counter()
    yield took
    took.append(time.perf_counter() - began)


if __name__ == "__main__":
    pace.hurry()
    print(json.dumps(asdict(asyncio.run(_read()))))
