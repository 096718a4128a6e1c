"""Plain HTTP on the WebSocket's port. Protocol: Transport."""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from imchat.store.embedded import EmbeddedStore
from tests.server.wire import Wires, http_get
from tests.support import Server, serving


async def _get(server: Server, path: str) -> tuple[int, dict[str, str], str]:
    return await http_get(server.node.port, path)


@pytest.fixture
async def away(wires: Wires) -> AsyncIterator[tuple[Server, int]]:
    """A server with a store of its own, and the process of that store."""
    with tempfile.TemporaryDirectory(prefix="imchat-test-") as directory:
        embedded = EmbeddedStore(Path(directory))
        await embedded.start()
        async with Redis.from_url(embedded.url) as redis:
            pid = (await redis.info("server"))["process_id"]
        async with serving(embedded.url, "main") as server:
            yield server, pid
        await embedded.stop()


async def test_healthz_is_ok_while_the_store_answers(server: Server) -> None:
    """200 with JSON that says `ok` and which node it is."""
    status, headers, body = await _get(server, "/healthz")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == {"status": "ok", "node": server.node.name}


async def test_healthz_is_503_while_the_store_hangs(away: tuple[Server, int]) -> None:
    """A store that takes a connection and never answers is away, and that is told soon."""
    server, pid = away
    os.kill(pid, signal.SIGSTOP)
    try:
        before = asyncio.get_running_loop().time()
        status, _, body = await _get(server, "/healthz")
        assert asyncio.get_running_loop().time() - before < 4
    finally:
        os.kill(pid, signal.SIGCONT)
    assert status == 503
    assert json.loads(body)["status"] == "unavailable"
    assert (await _get(server, "/healthz"))[0] == 200


async def test_healthz_is_503_while_the_store_is_gone(away: tuple[Server, int]) -> None:
    """Nobody listens there any more."""
    server, pid = away
    os.kill(pid, signal.SIGKILL)

    async with asyncio.timeout(10):
        while (await _get(server, "/healthz"))[0] != 503:
            pass
    assert (await _get(server, "/metrics"))[0] == 200


async def test_metrics_are_prometheus_text(server: Server, wires: Wires) -> None:
    """What happened on the node is counted under its name, the node's in every sample."""
    customer, agent, _ = await wires.pair(server)
    await customer.say("ann", "hello")
    await agent.get("message")
    await customer.refused("watch", "forbidden")
    status, headers, body = await _get(server, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = body.splitlines()
    assert "# TYPE imchat_connections gauge" in lines
    label = f'{{node="{server.node.name}"}}'
    for name, value in (
        ("connections", 2.0),
        ("connections_opened_total", 2.0),
        ("frames_received_total", 3.0),
        ("frames_refused_total", 1.0),
        ("frames_sent_total", 7.0),
        ("messages_stored_total", 1.0),
        ("batches_stored_total", 1.0),
        ("slow_clients_closed_total", 0.0),
    ):
        assert f"imchat_{name}{label} {value}" in lines, name
    assert all(label in line for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("path", ["/", "/ws/x", "/healthz/", "/favicon.ico", "/..%2f", "/WS"])
async def test_anything_else_is_not_found(server: Server, path: str) -> None:
    """404, and the answer says where the WebSocket is."""
    status, _, body = await _get(server, path)
    assert status == 404
    assert "/ws" in body


async def test_a_query_does_not_change_where_one_is(server: Server, wires: Wires) -> None:
    """Probes and clients may add one."""
    assert (await _get(server, "/healthz?verbose=1"))[0] == 200
    server.url += "?client=web"
    assert (await wires.enter(server, "customer", "cai")).welcome["uid"] == "cai"


async def test_plain_http_at_the_websocket_is_told_to_upgrade(server: Server) -> None:
    """426, not a hanging request."""
    assert (await _get(server, "/ws"))[0] == 426
