"""The show in a process of its own, behind the dashboard.

Server, store calls and some hundred bots would take turns with the screen in one
loop, and a screen that stutters is the first thing one sees; and what they print
would draw over it. So they are a child that talks over pipes: it writes where it
listens, plays until its standard input ends, which also happens if this process is
killed, and writes its summary.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from imchat.demo.stage import on_stage
from imchat.demo.summary import Summary
from imchat.demo.waits import either, stop_signals
from imchat.errors import SetupError
from imchat.store.embedded import EmbeddedStore
from imchat.tokens import identity

WATCHER = identity("supervisor", "supervisor")
MAX_LINE = 1024 * 1024
END_S = 45.0
"""Longer than a show needs to wind up and its server to stop."""
LAST_WORDS = 20

T = TypeVar("T", bound=Struct)


class Opening(Struct, frozen=True, tag="opening"):
    """Where the show can be watched, and with what token."""

    url: str
    token: str


_lines: "msgspec.json.Decoder[Opening | Summary]" = msgspec.json.Decoder(Opening | Summary)


# --- in front ----------------------------------------------------------------


class Backstage:
    """The child, seen from in front of the stage. Use `backstage()`."""

    def __init__(self, child: Process) -> None:
        self._child = child
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._listening = asyncio.create_task(self._listen())

    async def opening(self) -> Opening:
        """Wait until there is something to see. Raises SetupError."""
        return await self._said(Opening)

    async def over(self) -> None:
        """Wait until the show has ended, by itself or not."""
        await self._child.wait()

    async def finish(self) -> Summary:
        """End the show and learn what it came to. Raises SetupError."""
        self._hang_up()
        try:
            async with asyncio.timeout(END_S):
                return await self._said(Summary)
        except TimeoutError:
            self._child.kill()
            raise SetupError(f"the show did not end within {END_S:.0f} s and was killed") from None

    async def end(self) -> bool:
        """Be sure that the child is gone; gives whether it put everything away itself."""
        self._hang_up()
        try:
            async with asyncio.timeout(END_S):
                await self._child.wait()
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
        self._listening.cancel()
        return self._child.returncode == 0

    def _hang_up(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()

    async def _said(self, kind: type[T]) -> T:
        assert self._child.stdout is not None
        async for line in self._child.stdout:
            if isinstance(said := _lines.decode(line), kind):
                return said
        await self._listening
        why = self._last_words[-1] if self._last_words else "it was killed"
        raise SetupError(f"the show broke down: {why}")

    async def _listen(self) -> None:
        assert self._child.stderr is not None
        async for line in self._child.stderr:
            if text := line.decode(errors="replace").strip():
                self._last_words.append(text)


@contextlib.asynccontextmanager
async def backstage(directory: Path, *, agents: int, rate: float) -> AsyncIterator[Backstage]:
    """A show in a child; at the end of the block nothing of it is left but `directory`."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # or modules in the directory where the user stands would be ours
        "-m",
        "imchat.demo",
        str(directory),
        str(agents),
        str(rate),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=MAX_LINE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # the terminal's Ctrl-C is ours to act on
    )
    show = Backstage(child)
    try:
        yield show
    finally:
        if not await show.end():
            await _end_store(directory)


async def _end_store(directory: Path) -> None:
    """End the store of a child that did not live to do it: a start ends what was left."""
    if (directory / "store").exists():
        store = EmbeddedStore(directory)
        await store.start()
        await store.stop()


# --- behind ------------------------------------------------------------------


async def perform(directory: Path, *, agents: int, rate: float) -> None:
    """What the child does, until its standard input ends or a signal comes."""
    try:
        with stop_signals() as stop:
            async with on_stage(directory, agents=agents, rate=rate) as stage:
                in_front = asyncio.create_task(_stop_without_front(stop))
                await either(stage.opened.wait(), stop.wait())
                _tell(Opening(stage.url, stage.token(WATCHER)))
                await stop.wait()
                in_front.cancel()
                summary = await stage.finish()
    finally:
        shutil.rmtree(directory, ignore_errors=True)  # whoever made it may have been killed
    with contextlib.suppress(BrokenPipeError):
        _tell(summary)


async def _stop_without_front(stop: asyncio.Event) -> None:
    """Stop when the process in front hangs up, or is no more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    stop.set()


def _tell(what: Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()
