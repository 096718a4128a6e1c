"""How many connections one uid and one address may have on a node, and how each is let go."""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.exceptions import InvalidStatus

from imchat.ids import Uid
from imchat.protocol import HELLO_TIMEOUT_S
from imchat.server import limits
from imchat.server import socket as sockets
from imchat.server.hub import MAX_OUTGOING
from imchat.server.together import beside
from tests.server.wire import Wire, Wires, token
from tests.support import Server, eventually, serving

RECEIVER = 512 * 1024
"""Bytes that wait with a client that does not read, at most."""


async def raw(server: Server, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP connection that has sent this."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.node.port)
    writer.write(request)
    return reader, writer


async def answer(server: Server, request: str) -> tuple[int, str]:
    """Status and body of what a server answers before it closes."""
    reader, writer = await raw(server, f"{request}\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(10):
        said = (await reader.read()).decode()
    writer.close()
    head, _, body = said.partition("\r\n\r\n")
    return int(head.split()[1]), body


def test_the_numbers_are_those_of_the_pages() -> None:
    """Sixteen, a thousand, ten seconds."""
    assert limits.CONNECTIONS_A_UID == 16
    assert limits.CONNECTIONS_AN_ADDRESS == 1_000
    assert sockets.HANDSHAKE_TIMEOUT_S == HELLO_TIMEOUT_S == 10


# --- of one uid ---------------------------------------------------------------------------------


async def test_the_seventeenth_connection_of_a_uid_is_refused(
    server: Server, wires: Wires, store_url: str, site: str
) -> None:
    """It hears when to come again; the sixteen go on, and the store knows of no other."""
    customer, agent, _ = await wires.pair(server)
    mine = [agent, *[await wires.enter(server, "agent", "ann") for _ in range(15)]]
    extra = await wires.open(server)
    await extra.send("hello", token=token(server, "agent", "ann"), ref="h")
    error = await extra.get("error")
    assert (error["code"], error["ref"]) == ("rate_limited", "h")
    assert error["retry_after_ms"] > 0
    assert await extra.closed() == 1008
    await customer.say("ann", "hello")
    for wire in mine:
        assert (await wire.get("message"))["body"] == "hello"
    async with Redis.from_url(store_url) as redis:
        assert await redis.hlen(f"imchat:{{{site}}}:presence:ann") == 16
    assert (await wires.enter(server, "customer", "eve")).welcome["uid"] == "eve"


async def test_a_connection_that_ends_makes_room_for_another(server: Server, wires: Wires) -> None:
    """However it ends."""
    mine = [await wires.enter(server, "customer", "cai") for _ in range(16)]
    await mine[0].socket.close()
    mine[1].socket.transport.abort()
    for _ in range(20):
        await mine[2].send("nonsense")
    assert await mine[2].closed() == 1008

    async def three_more() -> bool:
        wire = await wires.open(server)
        await wire.send("hello", token=token(server, "customer", "cai"))
        mine.append(wire)
        return bool((await wire.frame())["type"] == "welcome")

    for _ in range(3):
        await eventually(three_more, "there is room")
    assert not await three_more()


# --- of one address -----------------------------------------------------------------------------


@pytest.fixture
def one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address may have one connection."""
    monkeypatch.setattr(limits, "CONNECTIONS_AN_ADDRESS", 1)


async def refused(wires: Wires, server: Server, **options: Any) -> bool:
    """Whether a connection is refused for its address; if not, it stays open."""
    try:
        await wires.open(server, **options)
    except InvalidStatus as error:
        answered = (error.response.status_code, error.response.body)
    else:
        return False
    assert answered == (429, b"Too many connections from this address.\n")
    return True


def forwarded(*addresses: str) -> dict[str, Any]:
    """What a proxy adds to a request."""
    return {"additional_headers": [("X-Forwarded-For", text) for text in addresses]}


async def test_an_address_has_so_many_connections_and_no_more(
    server: Server, wires: Wires, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """429; other addresses do not mind, and who runs it is told what it may mean."""
    monkeypatch.setattr(limits, "CONNECTIONS_AN_ADDRESS", 3)
    for uid in ("a", "b", "c"):
        await wires.enter(server, "customer", uid)
    with caplog.at_level(logging.WARNING):
        assert await refused(wires, server)
        assert await refused(wires, server)
    [record] = [r for r in caplog.records if r.name == "imchat.server.addresses"]
    assert "127.0.0.1 has 3 connections" in record.getMessage()
    assert "--trusted-proxy" in record.getMessage()
    assert not await refused(wires, server, local_addr=("127.0.0.2", 0))
    _, metrics = await answer(server, "GET /metrics HTTP/1.1")
    assert f'imchat_connections_refused_total{{node="{server.node.name}"}} 2.0' in metrics


@pytest.mark.usefixtures("one_each")
async def test_health_and_metrics_are_never_refused(server: Server, wires: Wires) -> None:
    """Nor do they count, and neither does what is found nowhere."""
    for path in ("/healthz", "/metrics", "/nowhere"):
        await answer(server, f"GET {path} HTTP/1.1")
    assert not await refused(wires, server)
    assert await refused(wires, server)
    assert (await answer(server, "GET /healthz HTTP/1.1"))[0] == 200
    assert (await answer(server, "GET /metrics HTTP/1.1"))[0] == 200


async def _close(server: Server, wire: Wire) -> None:
    await wire.socket.close()


async def _abort(server: Server, wire: Wire) -> None:
    wire.socket.transport.abort()


async def _abort_welcomed(server: Server, wire: Wire) -> None:
    await wire.send("hello", token=token(server, "customer", "cai"))
    await wire.get("welcome")
    wire.socket.transport.abort()


async def _bad_token(server: Server, wire: Wire) -> None:
    await wire.send("hello", token="none")
    assert await wire.closed() == 4401


async def _no_hello(server: Server, wire: Wire) -> None:
    assert await wire.closed() == 4408


async def _too_big(server: Server, wire: Wire) -> None:
    await wire.text("x" * 70_000)
    assert await wire.closed() == 1009


@pytest.mark.usefixtures("one_each")
@pytest.mark.parametrize(
    "end", [_close, _abort, _abort_welcomed, _bad_token, _no_hello, _too_big]
)
async def test_a_connection_that_is_gone_counts_no_more(
    store_url: str, site: str, wires: Wires, end: Callable[[Server, Wire], Awaitable[None]]
) -> None:
    """However it ended."""
    settings = {"hello_timeout_s": 0.5} if end is _no_hello else {}
    async with serving(store_url, site, **settings) as server:
        wire = await wires.open(server)
        assert await refused(wires, server)
        await end(server, wire)

        async def let_in() -> bool:
            return not await refused(wires, server)

        await eventually(let_in, "there is room")


@pytest.mark.usefixtures("one_each")
@pytest.mark.parametrize(
    "request_line",
    [
        "GET /ws HTTP/1.1",
        "GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket",
        (
            "GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short"
        ),
    ],
)
async def test_a_handshake_that_fails_counts_no_more(
    server: Server, wires: Wires, request_line: str
) -> None:
    """Also one that is no WebSocket's."""
    for _ in range(3):
        assert (await answer(server, request_line))[0] in {400, 426}
    assert not await refused(wires, server)


@pytest.mark.usefixtures("one_each")
async def test_a_trusted_proxy_counts_by_whom_it_forwards_for(
    store_url: str, site: str, wires: Wires
) -> None:
    """By the last address that a trusted one added; not at all if it does not say."""
    proxies = ("127.0.0.1", "10.0.0.0/8")
    async with serving(store_url, site, trusted_proxy=proxies) as server:
        assert not await refused(wires, server, **forwarded("192.0.2.1"))
        assert await refused(wires, server, **forwarded("192.0.2.1"))
        assert await refused(wires, server, **forwarded("198.51.100.7, 192.0.2.1, 10.1.2.3"))
        assert not await refused(wires, server, **forwarded("192.0.2.1", "192.0.2.2"))
        for _ in range(3):
            assert not await refused(wires, server)
            assert not await refused(wires, server, **forwarded("10.1.2.3"))


@pytest.mark.usefixtures("one_each")
async def test_nobody_else_is_believed(store_url: str, site: str, wires: Wires) -> None:
    """Who is no trusted proxy counts by its own address, whatever it says."""
    async with serving(store_url, site, trusted_proxy=("10.0.0.0/8",)) as server:
        assert not await refused(wires, server, **forwarded("192.0.2.1"))
        assert await refused(wires, server, **forwarded("192.0.2.2"))
        assert await refused(wires, server)


# --- before it is a connection --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "more"),
    [(b"", b""), (b"GET /ws HT", b""), (b"GET /ws HTTP/1.1\r\nHost: x\r\n", b"x")],
    ids=["nothing is sent", "half a line", "a byte now and then"],
)
async def test_a_handshake_that_never_ends_is_cut(
    store_url: str, site: str, monkeypatch: pytest.MonkeyPatch, sent: bytes, more: bytes
) -> None:
    """What is sent in time is an end, and nothing else."""
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT_S", 0.3)
    async with serving(store_url, site) as server:
        reader, writer = await raw(server, sent)

        async def trickle() -> None:
            while True:
                writer.write(more)
                await asyncio.sleep(0.05)

        async with beside(trickle()), asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        assert (await answer(server, "GET /healthz HTTP/1.1"))[0] == 200


# --- one that does not read -----------------------------------------------------------------------


async def test_what_waits_for_a_client_is_bounded_wherever_it_waits(
    store_url: str, site: str, wires: Wires
) -> None:
    """It has read fast, so that its window is wide; then no more than 1 MiB is kept for it."""
    async with serving(store_url, site, rate=100_000) as server:
        customer, agent, _ = await wires.pair(server)
        receiver = socket.socket()
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVER // 2)  # it takes twice
        receiver.connect(("127.0.0.1", server.node.port))
        receiver.setblocking(False)
        slow = await wires.open(server, sock=receiver, max_queue=1)
        await slow.send("hello", token=token(server, "agent", "ann"))
        await slow.get("welcome")

        async def say() -> int:
            await customer.say("ann", "\x00" * 8000)
            return len(json.dumps(await agent.get("message")))

        for _ in range(30):
            await say()
            await slow.get("message")
        for _ in range(30):
            await slow.ask("history", **{"with": "cai"}, limit=500)
        slow.socket.transport.pause_reading()
        services = server.node._services
        waiting = held = 0
        while not services.metrics.slow_clients_closed:
            waiting += (last := await say())
            held = max(held, *(box._held() for box in services.hub._outboxes[Uid("ann")].values()))
            assert waiting < 16 * MAX_OUTGOING
        assert held > 0, "what the library holds is seen"
        assert waiting < MAX_OUTGOING + RECEIVER + 2 * last
        assert waiting > MAX_OUTGOING // 2
        slow.socket.transport.resume_reading()
        assert await slow.closed() == 1013
