"""The end of a chat. Protocol: Both, `close`."""

import pytest

from tests.server.wire import Wires
from tests.support import Server, serving


@pytest.mark.parametrize("closer", ["customer", "agent"])
async def test_either_party_closes_and_both_hear_it(
    server: Server, wires: Wires, closer: str
) -> None:
    """The reply has the ref, the other party and all other connections get the same push."""
    customer, agent, chat = await wires.pair(server)
    customer2 = await wires.enter(server, "customer", "cai")
    agent2 = await wires.enter(server, "agent", "ann")
    one, other = (customer, agent) if closer == "customer" else (agent, customer)
    reply = await one.ask("close", chat=chat["chat"])
    assert set(reply) == {"type", "chat", "by", "reason", "ref"}
    assert (reply["type"], reply["by"], reply["reason"]) == ("closed", one.uid, closer)
    assert (reply["chat"]["chat"], reply["chat"]["state"]) == (chat["chat"], "closed")
    pushed = {k: v for k, v in reply.items() if k != "ref"}
    for wire in (other, customer2, agent2):
        assert await wire.get("closed") == pushed


async def test_a_waiting_customer_leaves_the_queue_by_closing(
    server: Server, wires: Wires
) -> None:
    """The reason is `left_queue`; asking again gives a new chat."""
    customer = await wires.enter(server, "customer", "cai")
    chat = (await customer.ask("request"))["chat"]
    closed = await customer.ask("close", chat=chat["chat"])
    assert (closed["by"], closed["reason"]) == ("cai", "left_queue")
    assert (closed["chat"]["agent"], closed["chat"]["position"]) == (None, None)
    assert (await customer.ask("request"))["chat"]["chat"] != chat["chat"]


async def test_a_freed_slot_goes_to_the_first_who_waits(
    store_url: str, site: str, wires: Wires
) -> None:
    """The agent that closes hears its reply, then the next customer."""
    async with serving(store_url, site, capacity=1) as server:
        _, agent, chat = await wires.pair(server)
        next_ones = [await wires.enter(server, "customer", uid) for uid in ("c1", "c2")]
        for wire in next_ones:
            await wire.ask("request")
        await agent.send("close", chat=chat["chat"], ref="r")
        assert (await agent.get("closed"))["ref"] == "r"
        assert (await agent.get("assigned"))["chat"]["customer"] == "c1"
        assert (await next_ones[0].get("assigned"))["chat"]["agent"] == "ann"
        assert (await next_ones[1].get("waiting"))["position"] == 1


async def test_closing_a_closed_chat_tells_how_it_was_closed(
    server: Server, wires: Wires
) -> None:
    """A repeat after a lost reply is answered alike and changes nothing."""
    customer, agent, chat = await wires.pair(server)
    first = await customer.ask("close", chat=chat["chat"])
    assert (await agent.get("closed"))["by"] == "cai"
    for wire in (customer, agent):
        again = await wire.ask("close", chat=chat["chat"])
        assert {**again, "ref": ""} == {**first, "ref": ""}


async def test_only_the_parties_close(server: Server, wires: Wires) -> None:
    """Somebody else's chat is `forbidden`, one that never was is `not_found`."""
    customer, _, chat = await wires.pair(server)
    bob = await wires.enter(server, "agent", "bob")
    cleo = await wires.enter(server, "customer", "cleo")
    for wire in (bob, cleo):
        await wire.refused("close", "forbidden", chat=chat["chat"])
    for unknown in ("999999", "x", "1e3", " 1", "a:b", "\x00"):
        await customer.refused("close", "not_found", chat=unknown)
    assert (await customer.say("ann", "still open"))["type"] == "ack"
