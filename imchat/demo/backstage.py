"""The show in a process of its own, behind the dashboard.

Server, store calls and some hundred bots would take turns with the screen in one
loop, and a screen that stutters is the first thing one sees; and what they print
would draw over it. So they are a child (`imchat.processes`): it says where it listens,
plays until it is told to stop, and says what it came to.
"""

import asyncio
import contextlib
import shutil
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from imchat import processes
from imchat.demo.stage import on_stage
from imchat.demo.summary import Summary
from imchat.demo.waits import either
from imchat.errors import SetupError
from imchat.processes import Child
from imchat.store.embedded import EmbeddedStore
from imchat.tokens import identity

WATCHER = identity("supervisor", "supervisor")
END_S = 45.0
"""Longer than a show needs to wind up and its server to stop."""
LAST_WORDS = 20

T = TypeVar("T", bound=Struct)


class Errand(Struct, frozen=True):
    """The show that is wanted."""

    directory: Path
    agents: int
    rate: float


class Opening(Struct, frozen=True, tag="opening"):
    """Where the show can be watched, and with what token."""

    url: str
    token: str


_lines: "msgspec.json.Decoder[Opening | Summary]" = msgspec.json.Decoder(Opening | Summary)


# --- in front ----------------------------------------------------------------


class Backstage:
    """The child, seen from in front of the stage. Use `backstage()`."""

    def __init__(self, child: Child) -> None:
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
        self._child.hang_up()
        try:
            async with asyncio.timeout(END_S):
                return await self._said(Summary)
        except TimeoutError:
            await self._child.end(within_s=0)
            raise SetupError(f"the show did not end within {END_S:.0f} s and was killed") from None

    async def end(self) -> bool:
        """Be sure that the child is gone; gives whether it put everything away itself."""
        in_time = await self._child.end(within_s=END_S)
        self._listening.cancel()
        return in_time and await self._child.wait() == 0

    async def _said(self, kind: type[T]) -> T:
        while line := await self._child.hear():
            if isinstance(said := _lines.decode(line), kind):
                return said
        await self._listening
        why = self._last_words[-1] if self._last_words else "it was killed"
        raise SetupError(f"the show broke down: {why}")

    async def _listen(self) -> None:
        while line := await self._child.hear_stderr():
            if text := line.decode(errors="replace").strip():
                self._last_words.append(text)


@contextlib.asynccontextmanager
async def backstage(directory: Path, *, agents: int, rate: float) -> AsyncIterator[Backstage]:
    """A show in a child; at the end of the block nothing of it is left but `directory`."""
    errand = Errand(directory, agents, rate)
    child = await processes.start("imchat.demo", errand, keep_stderr=True)
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


async def perform() -> None:
    """What the child does, until it is told to stop."""
    async with processes.on_errand(Errand) as (errand, stop):
        try:
            show = on_stage(errand.directory, agents=errand.agents, rate=errand.rate)
            async with show as stage:
                await either(stage.opened.wait(), stop.wait())
                processes.tell(Opening(stage.url, stage.token(WATCHER)))
                await stop.wait()
                summary = await stage.finish()
        finally:
            # Whoever made it may have been killed.
            shutil.rmtree(errand.directory, ignore_errors=True)
        processes.tell(summary)
