"""A TCP proxy that cuts, stalls, delays, slices and half-opens what goes through it.

It stands between clients and a server, between many clients and several servers, as a
balancer does, or between a server and its store, which may listen on a unix socket.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Literal
from urllib.parse import unquote, urlsplit

READ = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Gate:
    """Lets bytes of one direction through while it is open, each piece after `delay_s`."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.slice: int | None = None
        """So many bytes are passed on at a time, and others have their turn in between."""
        self.held = 0
        """Bytes that wait for it to be opened, or did when they were lost."""
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        """Hold what comes from now on."""
        self.held = 0
        self._open.clear()

    def open(self) -> None:
        """Let everything through again, what was held first."""
        self._open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes until the end."""
        while data := await reader.read(READ):
            if not self._open.is_set():
                self.held += len(data)
                await self._open.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            for piece in self._pieces(data):
                writer.write(piece)
                await writer.drain()
                if self.slice:
                    await asyncio.sleep(0)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        size = self.slice or len(data)
        return (data[start : start + size] for start in range(0, len(data), size))


class Link:
    """One connection of a client, and the one to a server that it goes on in."""

    def __init__(self, near: Streams, far: Streams) -> None:
        self._near, self._far = near, far
        self._told_nothing: asyncio.StreamReader | None = None

    def cut(self) -> None:
        """Lose it, and what is held of it."""
        for _, writer in (self._near, self._far):
            writer.transport.abort()

    def half_open(self, lost: Literal["client", "server"]) -> None:
        """Cut one side; the other is told nothing, and what it says goes nowhere."""
        cut, stays = (self._near, self._far) if lost == "client" else (self._far, self._near)
        self._told_nothing, _ = stays
        cut[1].transport.abort()

    async def carry(self, up: Gate, down: Gate) -> None:
        """Pass on until either side ends it."""
        directions = [
            asyncio.create_task(up.carry(self._near[0], self._far[1])),
            asyncio.create_task(down.carry(self._far[0], self._near[1])),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
        if self._told_nothing is not None:
            while await self._told_nothing.read(READ):
                pass

    async def close(self) -> None:
        """Close both sides."""
        for _, writer in (self._near, self._far):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class Proxy:
    """What clients connect to in the servers' place. Use `proxy_to()`.

    Each new connection goes to the next of `targets` (URLs) that accepts it.
    """

    def __init__(self, *targets: str) -> None:
        self.targets = deque(targets)
        self.accepted = 0
        """Connections so far."""
        self.refuses = False
        """Whether new connections are cut at once."""
        self.up = Gate()
        """From the clients to the servers."""
        self.down = Gate()
        """From the servers to the clients."""
        self.port = 0
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients connect to: as the targets, with the proxy's own port."""
        target = urlsplit(self.targets[0])
        if target.scheme == "unix":
            return f"redis://127.0.0.1:{self.port}"
        return f"{target.scheme}://127.0.0.1:{self.port}{target.path}"

    def cut(self) -> None:
        """Lose every connection, and what was held of it."""
        for link in self._links:
            link.cut()

    def half_open(self, lost: Literal["client", "server"]) -> None:
        """Cut one side of every connection; the other is told nothing."""
        for link in self._links:
            link.half_open(lost)

    def stall(self) -> None:
        """Hold everything both ways; connections stay, and new ones are stalled as well."""
        self.up.shut()
        self.down.shut()

    def flow(self) -> None:
        """Let everything through again."""
        self.up.open()
        self.down.open()

    async def connected(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        """Take a connection of a client."""
        task = asyncio.create_task(self._carry(from_client, to_client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ended(self) -> None:
        """Wait until all connections have ended."""
        await asyncio.gather(*self._tasks)

    async def _carry(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        self.accepted += 1
        far = None if self.refuses else await self._dial()
        if far is None:
            to_client.transport.abort()
            return
        link = Link((from_client, to_client), far)
        self._links.add(link)
        if self.refuses:  # by now
            link.cut()
        try:
            with contextlib.suppress(OSError):
                await link.carry(self.up, self.down)
        finally:
            self._links.remove(link)
            await link.close()

    async def _dial(self) -> Streams | None:
        for _ in range(len(self.targets)):
            target = urlsplit(self.targets[0])
            self.targets.rotate(-1)
            with contextlib.suppress(OSError):
                if target.scheme == "unix":
                    return await asyncio.open_unix_connection(unquote(target.path))
                return await asyncio.open_connection(target.hostname, target.port)
        return None


@contextlib.asynccontextmanager
async def proxy_to(*urls: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the servers at `urls`."""
    proxy = Proxy(*urls)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.refuses = True
        proxy.flow()
        proxy.cut()
        await proxy.ended()
        await server.wait_closed()
