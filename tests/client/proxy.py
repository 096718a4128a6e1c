"""A TCP proxy between a client and a server that can cut, stall and delay."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Gate:
    """Lets bytes of one direction through while it is open, each piece after `delay_s`."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.held = 0
        """Bytes that wait for it to be opened, or did when they were lost."""
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        """Hold what comes from now on."""
        self._open.clear()

    def open(self) -> None:
        """Let everything through again, what was held first."""
        self._open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes until the end."""
        while data := await reader.read(65536):
            self.held = 0 if self._open.is_set() else len(data)
            await self._open.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            writer.write(data)
            await writer.drain()


class Proxy:
    """What a client connects to in a server's place. Use `proxy_to()`."""

    def __init__(self, target: str) -> None:
        self.accepted = 0
        """Connections so far."""
        self.refuses = False
        """Whether new connections are cut at once."""
        self.up = Gate()
        """From the client to the server."""
        self.down = Gate()
        """From the server to the client."""
        self.url = ""
        self._target = urlsplit(target)
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Lose every connection, and what was held of it."""
        for writer in self._writers:
            writer.transport.abort()

    async def connected(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        """Carry one connection until either side ends it."""
        self.accepted += 1
        if self.refuses:
            to_client.transport.abort()
            return
        host, port = self._target.hostname, self._target.port
        from_server, to_server = await asyncio.open_connection(host, port)
        self._writers |= {to_client, to_server}
        directions = [
            asyncio.create_task(self.up.carry(from_client, to_server)),
            asyncio.create_task(self.down.carry(from_server, to_client)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            self._writers -= {to_client, to_server}
            for writer in (to_client, to_server):
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


@contextlib.asynccontextmanager
async def proxy_to(url: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the server at `url`."""
    proxy = Proxy(url)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy.url = f"ws://127.0.0.1:{port}{urlsplit(url).path}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
