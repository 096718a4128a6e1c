"""A chat changes hands. Protocol: Agent, `transfer`."""

import pytest

from tests.server.wire import Wires, hears_nothing_before
from tests.support import Server


async def test_both_sides_and_the_new_agent_hear_it(server: Server, wires: Wires) -> None:
    """The reply has the ref; all other connections of the three get the same push."""
    customer, ann, chat = await wires.pair(server)
    ann2 = await wires.enter(server, "agent", "ann")
    bob = await wires.enter(server, "agent", "bob", name="Bob")
    reply = await ann.ask("transfer", chat=chat["chat"], to="bob")
    assert set(reply) == {"type", "chat", "from", "by", "ref"}
    assert (reply["type"], reply["from"], reply["by"]) == ("transferred", "ann", "ann")
    moved = reply["chat"]
    assert (moved["agent"], moved["agent_name"], moved["state"]) == ("bob", "Bob", "active")
    pushed = {k: v for k, v in reply.items() if k != "ref"}
    for wire in (customer, ann2, bob):
        assert await wire.get("transferred") == pushed
    assert (await customer.say("bob", "Hello"))["type"] == "ack"
    assert (await bob.get("message"))["body"] == "Hello"
    error = await ann.say("cai", "too late")
    assert error["code"] == "not_found"


async def test_the_new_agent_reads_what_was_said_before(server: Server, wires: Wires) -> None:
    """The conversation of the pair stays the pair's; who serves the customer may read it."""
    customer, ann, chat = await wires.pair(server)
    await customer.say("ann", "My parcel is late")
    bob = await wires.enter(server, "agent", "bob")
    await ann.until("message")
    await ann.ask("transfer", chat=chat["chat"], to="bob")
    page = await bob.ask("history", **{"with": "cai"}, agent="ann")
    assert [message["body"] for message in page["messages"]] == ["My parcel is late"]


async def test_at_a_desk_where_nobody_is_free_the_customer_waits(
    server: Server, wires: Wires
) -> None:
    """It hears where it stands, moves up, and is assigned as ever."""
    first = await wires.enter(server, "customer", "early")
    customer, ann, chat = await wires.pair(server)
    await first.ask("request", desk="billing")
    reply = await ann.ask("transfer", chat=chat["chat"], desk="billing")
    moved = reply["chat"]
    assert (moved["state"], moved["agent"], moved["desk"]) == ("waiting", None, "billing")
    assert (moved["after_seq"], moved["position"]) == (None, 1)
    assert (await customer.get("transferred"))["chat"] == moved
    waiting = await customer.get("waiting")
    assert (waiting["chat"], waiting["position"], waiting["eta_s"]) == (moved, 1, None)
    assert (await first.get("waiting"))["position"] == 2
    bob = await wires.enter(server, "agent", "bob", desks=["billing"], capacity=1)
    assert (await customer.get("assigned"))["chat"]["agent"] == "bob"
    assert (await bob.get("assigned"))["chat"]["chat"] == chat["chat"]


async def test_a_transferred_chat_is_there_after_a_reconnect(server: Server, wires: Wires) -> None:
    """Welcomes say whose it is now, and to the old agent that it ended there."""
    _, ann, chat = await wires.pair(server)
    await wires.enter(server, "agent", "bob")
    await ann.ask("transfer", chat=chat["chat"], to="bob")
    bob2 = await wires.enter(server, "agent", "bob")
    assert [c["chat"] for c in bob2.welcome["chats"]] == [chat["chat"]]
    ann2 = await wires.enter(server, "agent", "ann")
    assert ann2.welcome["chats"] == []


async def test_what_is_refused(server: Server, wires: Wires) -> None:
    """Another's chat, an unknown chat, agent or desk, whom it cannot be given, and neither both."""
    _, ann, chat = await wires.pair(server)
    bob = await wires.enter(server, "agent", "bob", capacity=1)
    id = chat["chat"]
    await bob.refused("transfer", "forbidden", chat=id, to="bob")
    await ann.refused("transfer", "not_found", chat="99", to="bob")
    await ann.refused("transfer", "not_found", chat=id, to="nobody")
    await ann.refused("transfer", "not_found", chat=id, desk="nowhere")
    await ann.refused("transfer", "conflict", chat=id, to="ann")
    await bob.ask("status", state="away")
    await ann.refused("transfer", "conflict", chat=id, to="bob")
    await ann.refused("transfer", "conflict", chat=id, desk="default")
    await ann.refused("transfer", "bad_frame", chat=id)
    await ann.refused("transfer", "bad_frame", chat=id, to="bob", desk="default")
    await ann.ask("close", chat=id)
    await bob.ask("status", state="online")
    await ann.refused("transfer", "conflict", chat=id, to="bob")


async def test_a_customer_transfers_nothing(server: Server, wires: Wires) -> None:
    """Not even its own chat."""
    customer, _, chat = await wires.pair(server)
    await customer.refused("transfer", "forbidden", chat=chat["chat"], desk="default")


async def test_a_transfer_that_is_sent_again_is_answered_alike(
    server: Server, wires: Wires
) -> None:
    """On a new connection, under its ref, when the reply was lost; nobody hears it twice."""
    customer, ann, chat = await wires.pair(server)
    await wires.enter(server, "agent", "bob")
    first = await ann.ask("transfer", chat=chat["chat"], to="bob")
    await customer.get("transferred")
    ann2 = await wires.enter(server, "agent", "ann")
    await ann2.send("transfer", chat=chat["chat"], to="bob", ref=first["ref"])
    assert await ann2.get("transferred") == first
    closed = await hears_nothing_before(
        customer, lambda: customer.send("close", chat=chat["chat"]), "closed"
    )
    assert closed["chat"]["agent"] == "bob"


@pytest.mark.parametrize("role", ["agent", "supervisor"])
async def test_bodies_of_another_kind(server: Server, wires: Wires, role: str) -> None:
    """A transfer of the wrong shape is a bad frame to whoever may transfer."""
    wire = await wires.enter(server, role, "somebody")
    await wire.refused("transfer", "bad_frame", chat="", to="bob")
    await wire.refused("transfer", "bad_frame", chat="1", to="not a uid")
