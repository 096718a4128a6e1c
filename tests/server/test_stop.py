"""How a server ends. Protocol: the last line, `Shutdown closes with 1001`."""

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from imchat.errors import SetupError
from imchat.ids import Uid
from imchat.store.store import Store
from tests.server.wire import Wires
from tests.support import serving


async def test_a_stop_closes_every_client_with_1001(
    store_url: str, site: str, wires: Wires
) -> None:
    """Those in a chat, those that watch, and one that has not said hello yet."""
    async with serving(store_url, site) as server:
        customer, agent, _ = await wires.pair(server)
        supervisor = await wires.enter(server, "supervisor", "sue")
        await supervisor.ask("watch")
        silent = await wires.open(server)
    for wire in (customer, agent, supervisor, silent):
        assert await wire.closed() == 1001
    with pytest.raises((OSError, InvalidHandshake)):
        await wires.open(server)


async def test_what_was_stored_before_a_stop_was_acked(
    store_url: str, site: str, wires: Wires, store: Store
) -> None:
    """A client that sends all the time gets an ack for each message that is stored."""
    async with serving(store_url, site, rate=100_000) as server:
        customer, _, _ = await wires.pair(server)
        for n in range(300):
            await customer.send("message", id=f"{n}", to="ann", body=f"body {n}")
        await customer.get("ack")
    acked = 1
    with contextlib.suppress(ConnectionClosed):
        while True:
            await customer.get("ack")
            acked += 1
    assert customer.socket.close_code == 1001
    page = await store.history(Uid("cai"), role="customer", peer=Uid("ann"), limit=1)
    assert page.last_seq == acked


async def test_chats_outlive_a_restart(store_url: str, site: str, wires: Wires) -> None:
    """Who comes back to another server of the same site within the grace goes on."""
    async with serving(store_url, site) as server:
        _, _, chat = await wires.pair(server)
    async with serving(store_url, site) as server:
        agent = await wires.enter(server, "agent", "ann")
        customer = await wires.enter(server, "customer", "cai")
        for wire in (agent, customer):
            assert [c["chat"] for c in wire.welcome["chats"]] == [chat["chat"]]
        assert (await customer.say("ann", "you again"))["seq"] == 1
        assert (await agent.get("message"))["body"] == "you again"


async def test_two_servers_of_a_site_are_one(store_url: str, site: str, wires: Wires) -> None:
    """A customer on one, its agent on the other: everything reaches both."""
    async with serving(store_url, site) as one, serving(store_url, site) as other:
        agent = await wires.enter(one, "agent", "ann")
        customer = await wires.enter(other, "customer", "cai")
        customer2 = await wires.enter(one, "customer", "cai")
        chat = (await customer.ask("request", topic="hello"))["chat"]
        for wire in (agent, customer2):
            assert (await wire.get("assigned"))["chat"]["chat"] == chat["chat"]
            assert (await wire.get("message"))["body"] == "hello"
        await customer.get("message")
        await agent.say("cai", "hello yourself")
        assert (await customer.get("message"))["seq"] == 2
        assert (await customer2.get("message"))["seq"] == 2
        await customer2.send("typing", to="ann")
        assert (await agent.get("typing"))["from"] == "cai"
        assert customer.welcome["node"] != customer2.welcome["node"]


async def test_a_stop_is_over_soon_although_a_client_does_not_answer(
    store_url: str, site: str, wires: Wires
) -> None:
    """A client that never reads its close holds nobody up for long."""
    async with serving(store_url, site) as server:
        stuck = await wires.enter(server, "customer", "cai")
        stuck.socket.transport.pause_reading()
        before = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - before < 5
    stuck.socket.transport.abort()


async def test_a_port_in_use_is_said_in_a_sentence(store_url: str, site: str) -> None:
    """SetupError, as itself and not in a group."""
    async with serving(store_url, site) as server:
        with pytest.raises(SetupError, match="another --port"):
            async with serving(store_url, site, port=server.node.port):
                pass


async def test_what_fails_inside_the_block_comes_out_as_itself(store_url: str, site: str) -> None:
    """The tasks beside it wrap nothing."""
    with pytest.raises(ZeroDivisionError):
        async with serving(store_url, site):
            raise ZeroDivisionError
