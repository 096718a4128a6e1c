"""Several processes on one port, each a node of its own, with one store beside them.

This process serves nobody: it owns the embedded store, holds the port, and sees to it
that as many workers live as were asked for. They are its children (`imchat.processes`)
and end when it does, however it ends.
"""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from imchat import processes, tokens
from imchat.errors import SetupError, Unavailable, first_cause
from imchat.processes import Child
from imchat.server import logs, node
from imchat.server.node import Node
from imchat.server.opening import opening
from imchat.server.port import reserved, url_of
from imchat.server.together import beside
from imchat.settings import ServerSettings
from imchat.store.store import Store

log = logging.getLogger(__name__)

STABLE_S = 5.0
"""A worker that lived so long is replaced at once."""
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
END_S = 45.0
"""Longer than a node needs to close its clients and to retire, also from a store that hangs."""


class Listening(Struct, frozen=True, tag="listening"):
    """A worker listens; who comes is let in when the store has loaded."""


class Ready(Struct, frozen=True, tag="ready"):
    """A worker serves, under this name."""

    node: str


class Failed(Struct, frozen=True, tag="failed"):
    """A worker cannot serve, and another could not either."""

    why: str


_words: "msgspec.json.Decoder[Listening | Ready | Failed]" = msgspec.json.Decoder(
    Listening | Ready | Failed
)


# --- above -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Served:
    """The URL that clients connect to, and what waits until they are let in there."""

    url: str
    ready: Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(settings: ServerSettings) -> AsyncIterator[Served]:
    """Serve until the end of the block, by one node in this process or by several workers.

    The block begins when all listen, while the store may still load. Raises SetupError
    when that cannot be, also later, and Unavailable when the store of `redis` does not answer.
    """
    if settings.workers == 1:
        async with node.listening(settings) as only:
            yield Served(only.url, only.ready)
        return
    async with opening(settings) as opened:
        tokens.ensure_secret(settings.data_dir)
        with reserved(settings.host, settings.port) as port:
            theirs = dataclasses.replace(settings, redis=opened.url, port=port)
            workers = [Worker(theirs, opened.store) for _ in range(settings.workers)]

            async def ready() -> None:
                for worker in workers:
                    await worker.ready.wait()

            try:
                async with beside(opened.done(), *(worker.run() for worker in workers)):
                    for worker in workers:
                        await worker.listens.wait()
                    yield Served(url_of(settings.host, port), ready)
            except ExceptionGroup as errors:  # several found the same at the same moment
                raise first_cause(errors) from None
            finally:
                await asyncio.gather(*(worker.end() for worker in workers))


class Worker:
    """A place among the workers: the process that has it, and the next one when that dies."""

    def __init__(self, settings: ServerSettings, store: Store) -> None:
        self.listens = asyncio.Event()
        """Set once a process in this place has listened."""
        self.ready = asyncio.Event()
        """Set once one has served."""
        self._settings = settings
        self._store = store
        self._child: Child | None = None

    async def run(self) -> None:
        """Keep a process in this place, until cancelled. Raises SetupError when none can serve."""
        clock = asyncio.get_running_loop().time
        delay = 0.0
        while True:
            began = clock()
            self._child = child = await processes.start("imchat.server", self._settings)
            name = await self._name_when_ready(child)
            status = await child.wait()
            if not self.listens.is_set():
                raise SetupError(f"a worker ended (exit {status}) before it could serve")
            log.error("worker %d is gone (exit %d); starting another", child.pid, status)
            if name is not None:
                await self._bury(name)
            if clock() - began > STABLE_S:
                delay = 0.0
            await asyncio.sleep(delay)
            delay = min(max(delay * 2, FIRST_DELAY_S), LONGEST_DELAY_S)

    async def end(self) -> None:
        """End the process, which closes its clients; kill it if it takes too long."""
        if self._child is not None and not await self._child.end(within_s=END_S):
            log.error("worker %d did not end in %.0f s and was killed", self._child.pid, END_S)

    async def _name_when_ready(self, child: Child) -> str | None:
        """Its node's name once it serves, or None if it dies first. Raises SetupError."""
        while said := await child.hear():
            match _words.decode(said):
                case Listening():
                    self.listens.set()
                case Ready(name):
                    self.ready.set()
                    return name
                case Failed(why):
                    raise SetupError(why)
        return None

    async def _bury(self, name: str) -> None:
        """Have a dead node's connections counted as lost now, and not when its lease runs out."""
        with contextlib.suppress(Unavailable):
            await self._store.retire(name)


# --- below -------------------------------------------------------------------


async def work() -> None:
    """What a worker does. Raises SystemExit when it cannot."""
    async with processes.on_errand(ServerSettings) as (settings, stop):
        logs.configure(settings.log_format, of_several=True)
        try:
            await processes.serve_until(
                stop, _at_work(settings), lambda it: processes.tell(Ready(it.name))
            )
        except SetupError as error:
            processes.tell(Failed(str(error)))
            raise SystemExit(1) from None


@contextlib.asynccontextmanager
async def _at_work(settings: ServerSettings) -> AsyncIterator[Node]:
    """A node that serves. It waits for the store as long as its parent lets it."""
    async with node.listening(settings, patient=True) as it:
        processes.tell(Listening())
        await it.ready()
        yield it
