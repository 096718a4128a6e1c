"""The proxy of the tests does to a connection what it says, and no more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.proxy import proxy_to
from tests.support import eventually


class Echo:
    """A server that sends back what it gets, with its name before it."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.url = ""
        self.ended = 0
        self.heard = b""

    async def connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(100):
                self.heard += data
                writer.write(self.name + data)
        self.ended += 1
        writer.close()


@contextlib.asynccontextmanager
async def echo(name: bytes) -> AsyncIterator[Echo]:
    echo = Echo(name)
    server = await asyncio.start_server(echo.connected, "127.0.0.1", 0)
    echo.url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield echo
    finally:
        server.close()


@contextlib.asynccontextmanager
async def dialled(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether nothing more comes; waits for either."""
    with contextlib.suppress(ConnectionError):
        return await reader.read() == b""
    return True


async def test_each_connection_goes_to_the_next_that_accepts() -> None:
    """A server that is gone is passed over; one that was added has its turn."""
    async with echo(b"a") as a, echo(b"b") as b, proxy_to(a.url) as proxy:
        proxy.targets.append("tcp://127.0.0.1:1")  # nobody is there
        proxy.targets.append(b.url)
        heard = []
        for _ in range(4):
            async with dialled(proxy.url) as (reader, writer):
                writer.write(b"!")
                heard.append(await reader.readexactly(2))
        assert heard == [b"a!", b"b!", b"a!", b"b!"]
        assert proxy.accepted == 4


async def test_a_unix_socket_is_reached_over_tcp(tmp_path: Path) -> None:
    """As a store's is, whose clients then name it by a redis:// URL."""
    server = Echo(b"u")
    path = tmp_path / "a socket"
    listening = await asyncio.start_unix_server(server.connected, path)
    async with proxy_to(f"unix://{tmp_path}/a%20socket") as proxy:
        assert proxy.url.startswith("redis://")
        async with dialled(proxy.url) as (reader, writer):
            writer.write(b"!")
            assert await reader.readexactly(2) == b"u!"
    listening.close()


async def test_what_is_stalled_comes_when_it_flows() -> None:
    """It is held, and the connection stays."""
    async with (
        echo(b"") as server,
        proxy_to(server.url) as proxy,
        dialled(proxy.url) as (reader, writer),
    ):
        proxy.stall()
        writer.write(b"held")
        await eventually(lambda: proxy.up.held == 4, "it is held")
        proxy.flow()
        assert await reader.readexactly(4) == b"held"


async def test_what_is_held_is_lost_in_a_cut() -> None:
    """The other side never has it."""
    async with (
        echo(b"") as server,
        proxy_to(server.url) as proxy,
        dialled(proxy.url) as (reader, writer),
    ):
        proxy.up.shut()
        writer.write(b"lost")
        await eventually(lambda: proxy.up.held, "it is held")
        proxy.cut()
        proxy.up.open()
        assert await ended(reader)
        await eventually(lambda: server.ended, "the server has lost it")
        assert server.heard == b""


async def test_a_slice_is_as_long_as_it_should_be() -> None:
    """Everything comes, in pieces."""
    async with echo(b"") as server, proxy_to(server.url) as proxy:
        proxy.up.slice = proxy.down.slice = 3
        async with dialled(proxy.url) as (reader, writer):
            writer.write(b"a long sentence")
            assert await reader.readexactly(15) == b"a long sentence"


@pytest.mark.parametrize("lost", ["client", "server"])
async def test_half_open_tells_one_side_nothing(lost: str) -> None:
    """What it says goes nowhere, and it hears neither an end nor a fault."""
    async with (
        echo(b"") as server,
        proxy_to(server.url) as proxy,
        dialled(proxy.url) as (reader, writer),
    ):
        writer.write(b"!")
        assert await reader.readexactly(1) == b"!"
        proxy.half_open(lost)  # type: ignore[arg-type]
        if lost == "client":
            assert await ended(reader)
            assert server.ended == 0
        else:
            await eventually(lambda: server.ended, "the server has lost it")
            writer.write(b"anybody?")
            await writer.drain()
            assert not reader.at_eof()
        proxy.cut()
        await eventually(lambda: server.ended, "a cut ends it for both")
