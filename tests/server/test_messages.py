"""Messages, typing and read marks. Protocol: Both."""

from tests.server.wire import Wire, Wires, hears_nothing_before
from tests.support import Server


async def _quiet(listener: Wire, peer: Wire) -> None:
    """See that nothing is on its way to `listener`: what its peer types comes first."""
    typing = await hears_nothing_before(
        listener, lambda: peer.send("typing", to=listener.uid), "typing"
    )
    assert typing["from"] == peer.uid


async def test_a_message_is_acked_and_pushed_to_the_other_party(
    server: Server, wires: Wires
) -> None:
    """The ack names chat, seq and time; the push is the MESSAGE with all its fields."""
    customer, agent, chat = await wires.pair(server)
    await customer.send("message", id="first!", to="ann", body="Hello?")
    ack = await customer.get("ack")
    assert ack["at"] >= chat["assigned_at"]
    at = ack["at"]
    assert ack == {"type": "ack", "id": "first!", "chat": chat["chat"], "seq": 1, "at": at}
    assert await agent.get("message") == {
        "type": "message", "chat": chat["chat"], "seq": 1, "id": "first!", "from": "cai",
        "to": "ann", "body": "Hello?", "at": at,
    }


async def test_the_senders_other_connections_hear_it_and_the_sending_one_does_not(
    server: Server, wires: Wires
) -> None:
    """Every screen of both shows the same, and nobody shows its own words twice."""
    customer, agent, _ = await wires.pair(server)
    customer2 = await wires.enter(server, "customer", "cai")
    agent2 = await wires.enter(server, "agent", "ann")
    await customer.say("ann", "from one screen")
    for wire in (customer2, agent, agent2):
        assert (await wire.get("message"))["body"] == "from one screen"
    await _quiet(customer, agent)
    await agent2.say("cai", "and back")
    assert (await agent.get("message"))["body"] == "and back"
    assert (await customer.get("message"))["body"] == "and back"


async def test_seq_is_dense_in_a_conversation_whoever_writes(
    server: Server, wires: Wires
) -> None:
    """The two sides share one count from 1, which goes on in their next chat."""
    customer, agent, chat = await wires.pair(server)
    seqs = [(await customer.say("ann", "a"))["seq"], (await customer.say("ann", "b"))["seq"]]
    for _ in seqs:
        await agent.get("message")
    seqs.append((await agent.say("cai", "c"))["seq"])
    await customer.ask("close", chat=chat["chat"])
    await agent.get("closed")
    second = (await customer.ask("request"))["chat"]
    assert (second["last_seq"], second["chat"] != chat["chat"]) == (3, True)
    ack = await customer.say("ann", "d")
    assert [*seqs, ack["seq"]] == [1, 2, 3, 4]
    assert ack["chat"] == second["chat"]


async def test_conversations_are_counted_apart(server: Server, wires: Wires) -> None:
    """Each pair of uids has a count of its own."""
    agent = await wires.enter(server, "agent", "ann")
    for uid in ("c1", "c2"):
        customer = await wires.enter(server, "customer", uid)
        await customer.ask("request")
        assert [(await customer.say("ann", body))["seq"] for body in "ab"] == [1, 2]
    for _ in range(2):
        await agent.get("assigned")
        assert [(await agent.get("message"))["seq"] for _ in "ab"] == [1, 2]


async def test_the_same_id_is_stored_once(server: Server, wires: Wires) -> None:
    """A repeat, on any connection, is acked with the first's seq and pushed to nobody."""
    customer, agent, _ = await wires.pair(server)
    customer2 = await wires.enter(server, "customer", "cai")
    first = await customer.say("ann", "once", id="the-id")
    await agent.get("message")
    await customer2.get("message")
    assert await customer.say("ann", "once", id="the-id") == first
    assert await customer2.say("ann", "other words", id="the-id") == first
    await _quiet(agent, customer)
    await _quiet(customer2, agent)
    await customer.get("typing")
    history = await agent.ask("history", **{"with": "cai"})
    assert [m["body"] for m in history["messages"]] == ["once"]


async def test_a_repeat_is_acked_after_the_chat_was_closed(server: Server, wires: Wires) -> None:
    """Who lost the ack with the connection learns that its last message was stored."""
    customer, _, chat = await wires.pair(server)
    first = await customer.say("ann", "bye", id="last")
    await customer.ask("close", chat=chat["chat"])
    assert await customer.say("ann", "bye", id="last") == first


async def test_ids_of_the_two_sides_do_not_meet(server: Server, wires: Wires) -> None:
    """The same id from the other sender is another message."""
    customer, agent, _ = await wires.pair(server)
    assert (await customer.say("ann", "mine", id="1"))["seq"] == 1
    await agent.get("message")
    assert (await agent.say("cai", "yours", id="1"))["seq"] == 2


async def test_a_forged_sender_is_forbidden(server: Server, wires: Wires) -> None:
    """`from` may be given and must be the sender's own uid; the error's ref is the id."""
    customer, agent, _ = await wires.pair(server)
    error = await customer.say("ann", "I am Ann", **{"from": "ann"})
    assert (error["type"], error["code"]) == ("error", "forbidden")
    assert (await customer.say("ann", "I am me", **{"from": "cai"}))["type"] == "ack"
    assert (await agent.get("message"))["body"] == "I am me"


async def test_without_an_open_chat_between_the_two_nothing_is_sent(
    server: Server, wires: Wires
) -> None:
    """To somebody else's agent, a stranger, oneself, or after the close: `not_found`."""
    customer, _, chat = await wires.pair(server)
    other = await wires.enter(server, "agent", "bob")
    waiting = await wires.enter(server, "customer", "cleo")
    for wire, to in (
        (customer, "bob"), (customer, "nobody"), (customer, "cai"), (customer, "cleo"),
        (other, "cai"), (other, "ann"), (waiting, "ann"),
    ):
        assert (await wire.say(to, "psst"))["code"] == "not_found"
        await wire.refused("typing", "not_found", to=to)
        await wire.refused("read", "not_found", to=to, seq=1)
    await customer.ask("close", chat=chat["chat"])
    assert (await customer.say("ann", "too late"))["code"] == "not_found"


async def test_who_waits_can_say_nothing_yet(server: Server, wires: Wires) -> None:
    """A chat without an agent is not open between two."""
    customer = await wires.enter(server, "customer", "cai")
    await customer.ask("request")
    assert (await customer.say("ann", "anybody?"))["code"] == "not_found"


async def test_many_messages_in_flight_are_stored_in_the_order_sent(
    server: Server, wires: Wires
) -> None:
    """A client need not wait for acks: they come in order, and so do the pushes."""
    customer, agent, _ = await wires.pair(server)
    ids = [f"id-{n}" for n in range(50)]
    for id in ids:
        await customer.send("message", id=id, to="ann", body=f"body of {id}")
    acks = [await customer.get("ack") for _ in ids]
    assert [(ack["id"], ack["seq"]) for ack in acks] == [(id, n + 1) for n, id in enumerate(ids)]
    assert [(await agent.get("message"))["id"] for _ in ids] == ids


async def test_what_follows_a_message_finds_it_stored(server: Server, wires: Wires) -> None:
    """History, close and request are answered after the messages sent before them."""
    customer, agent, chat = await wires.pair(server)
    await customer.send("message", id="1", to="ann", body="a")
    await customer.send("history", **{"with": "ann"}, ref="h")
    await customer.send("message", id="2", to="ann", body="b")
    await customer.send("close", chat=chat["chat"], ref="c")
    assert (await customer.get("ack"))["id"] == "1"
    assert [m["id"] for m in (await customer.get("history"))["messages"]] == ["1"]
    assert (await customer.get("ack"))["id"] == "2"
    assert (await customer.get("closed"))["chat"]["last_seq"] == 2
    assert [(await agent.frame())["type"] for _ in range(3)] == ["message", "message", "closed"]


async def test_typing_is_passed_on_and_stored_nowhere(server: Server, wires: Wires) -> None:
    """The other party hears who types in which chat; the history stays empty."""
    customer, agent, chat = await wires.pair(server)
    await customer.send("typing", to="ann")
    assert await agent.get("typing") == {
        "type": "typing", "chat": chat["chat"], "from": "cai", "to": "ann",
    }
    assert (await agent.ask("history", **{"with": "cai"}))["messages"] == []


async def test_read_marks_are_passed_on_and_stand_in_the_chat(
    server: Server, wires: Wires
) -> None:
    """The other party and the reader's other connections hear it; CHAT shows both marks."""
    customer, agent, chat = await wires.pair(server)
    for body in "abc":
        await customer.say("ann", body)
        await agent.get("message")
    agent2 = await wires.enter(server, "agent", "ann")
    await agent.send("read", to="cai", seq=2)
    mark = {"type": "read", "chat": chat["chat"], "from": "ann", "to": "cai", "seq": 2}
    assert await customer.get("read") == mark
    assert await agent2.get("read") == mark
    await customer.send("read", to="ann", seq=3)
    assert (await agent.get("read"))["seq"] == 3
    [shown] = (await wires.enter(server, "agent", "ann")).welcome["chats"]
    assert (shown["read_by_agent"], shown["read_by_customer"], shown["last_seq"]) == (2, 3, 3)


async def test_a_read_mark_only_grows_and_not_past_the_last_message(
    server: Server, wires: Wires
) -> None:
    """A mark that says no more than the last one is told to nobody."""
    customer, agent, _ = await wires.pair(server)
    await customer.say("ann", "a")
    await agent.get("message")
    await agent.send("read", to="cai", seq=9_007_199_254_740_992)
    assert (await customer.get("read"))["seq"] == 1
    await agent.send("read", to="cai", seq=0)
    await agent.send("read", to="cai", seq=1)
    await _quiet(customer, agent)
