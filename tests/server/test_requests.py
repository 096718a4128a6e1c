"""A customer asks for an agent. Protocol: Customer, Allocation, Agent."""

import hashlib

from tests.server.wire import Frame, Wire, Wires
from tests.support import Server, serving

CHAT_FIELDS = {
    "chat", "desk", "customer", "agent", "state", "opened_at", "assigned_at", "last_seq",
    "position", "customer_name", "agent_name", "topic", "read_by_customer", "read_by_agent",
    "closed_at", "reason", "after_seq", "score", "wait_ms",
}


async def _waiting(server: Server, wires: Wires, *uids: str) -> list[tuple[Wire, Frame]]:
    """Customers who ask one after the other while nobody is free, and the replies."""
    found = []
    for uid in uids:
        customer = await wires.enter(server, "customer", uid)
        found.append((customer, await customer.ask("request")))
    return found


async def test_a_customer_is_given_the_agent_that_is_free(server: Server, wires: Wires) -> None:
    """The reply is `assigned` with the whole CHAT; the agent is pushed the same chat."""
    agent = await wires.enter(server, "agent", "ann", name="Ann")
    customer = await wires.enter(server, "customer", "cai", name="蔡")
    reply = await customer.ask("request")
    assert reply["type"] == "assigned"
    chat = reply["chat"]
    assert set(chat) == CHAT_FIELDS
    assert chat["assigned_at"] >= chat["opened_at"] >= customer.welcome["at"]
    assert {**chat, "chat": "", "opened_at": 0, "assigned_at": 0} == {
        "chat": "", "desk": "default", "customer": "cai", "agent": "ann", "state": "active",
        "closed_at": None, "reason": None, "wait_ms": 0,
        "opened_at": 0, "assigned_at": 0, "last_seq": 0, "position": None, "topic": None,
        "customer_name": "蔡", "agent_name": "Ann", "read_by_customer": 0, "read_by_agent": 0,
        "after_seq": 0, "score": None,
    }
    assert await agent.get("assigned") == {"type": "assigned", "chat": chat}


async def test_of_the_lowest_bucket_the_hash_of_the_customer_picks(
    server: Server, wires: Wires
) -> None:
    """The agent at index sha1 % n of the bucket is given, in the order of its arrivals."""
    bucket = ["a1", "a2", "a3", "a4"]
    for uid in bucket:
        await wires.enter(server, "agent", uid)
    for n in range(4):
        uid = f"customer-{n}"
        customer = await wires.enter(server, "customer", uid)
        index = int(hashlib.sha1(uid.encode()).hexdigest()[:8], 16) % len(bucket)
        assert (await customer.ask("request"))["chat"]["agent"] == bucket.pop(index)


async def test_a_customer_waits_when_nobody_is_free(server: Server, wires: Wires) -> None:
    """The reply is `waiting` with the place from 1; no wait can be told before one was served."""
    (_, first), (_, second) = await _waiting(server, wires, "c1", "c2")
    assert set(first) == {"type", "chat", "position", "eta_s", "ref"}
    assert (first["type"], first["position"], first["eta_s"]) == ("waiting", 1, None)
    chat = second["chat"]
    assert (second["position"], chat["position"]) == (2, 2)
    assert (chat["state"], chat["agent"], chat["assigned_at"]) == ("waiting", None, None)


async def test_the_expected_wait_is_told_in_seconds_once_the_queue_moved(
    server: Server, wires: Wires
) -> None:
    """`eta_s` is a number when the desk has served somebody who waited."""
    [(first, _), *_] = await _waiting(server, wires, "c1", "c2")
    await wires.enter(server, "agent", "ann", capacity=1)
    await first.get("assigned")
    [(_, reply)] = await _waiting(server, wires, "c3")
    assert reply["position"] == 2
    assert isinstance(reply["eta_s"], int)


async def test_the_same_customer_asking_again_gets_the_chat_it_has(
    server: Server, wires: Wires
) -> None:
    """Asking twice is answered in the same form and opens nothing."""
    [(customer, first)] = await _waiting(server, wires, "cai")
    second = await customer.ask("request", desk="other", topic="again")
    assert {**second, "ref": ""} == {**first, "ref": ""}
    agent = await wires.enter(server, "agent", "ann")
    assigned = await customer.get("assigned")
    assert {**await customer.ask("request"), "ref": ""} == {**assigned, "ref": ""}
    await agent.get("assigned")
    assert (await agent.ask("status", state="online"))["load"] == 1


async def test_all_connections_of_the_customer_hear_where_it_stands(
    server: Server, wires: Wires
) -> None:
    """The asking one by the reply, which carries the ref, the others by a push without one."""
    other = await wires.enter(server, "customer", "cai")
    [(customer, reply)] = await _waiting(server, wires, "cai")
    assert await other.get("waiting") == {k: v for k, v in reply.items() if k != "ref"}
    await wires.enter(server, "agent", "ann")
    assert await other.get("assigned") == await customer.get("assigned")


async def test_a_desk_is_served_by_its_own_agents(server: Server, wires: Wires) -> None:
    """A customer of another desk waits although somebody of the default desk is free."""
    await wires.enter(server, "agent", "ann")
    customer = await wires.enter(server, "customer", "cai")
    reply = await customer.ask("request", desk="billing")
    assert (reply["type"], reply["chat"]["desk"]) == ("waiting", "billing")
    await wires.enter(server, "agent", "bob", desks=["billing", "night"])
    assert (await customer.get("assigned"))["chat"]["agent"] == "bob"


async def test_a_topic_becomes_the_customers_first_message(server: Server, wires: Wires) -> None:
    """Given an agent at once, both sides get the topic as the message with seq 1."""
    agent = await wires.enter(server, "agent", "ann")
    other = await wires.enter(server, "customer", "cai")
    customer = await wires.enter(server, "customer", "cai")
    topic = "Where is my 包裹?\n\"now\" \\ \x00"
    reply = await customer.ask("request", topic=topic)
    assert reply["chat"]["topic"] == topic
    first = await customer.get("message")
    assert (first["from"], first["to"], first["seq"], first["body"]) == ("cai", "ann", 1, topic)
    for wire in (agent, other):
        await wire.get("assigned")
        assert await wire.get("message") == first
    history = await agent.ask("history", **{"with": "cai"})
    assert [m["body"] for m in history["messages"]] == [topic]


async def test_a_topic_waits_with_its_customer(server: Server, wires: Wires) -> None:
    """It becomes a message when the chat is assigned, not before."""
    customer = await wires.enter(server, "customer", "cai")
    reply = await customer.ask("request", topic="late")
    assert (reply["chat"]["topic"], reply["chat"]["last_seq"]) == ("late", 0)
    agent = await wires.enter(server, "agent", "ann")
    for wire in (agent, customer):
        await wire.get("assigned")
        message = await wire.get("message")
        assert (message["body"], message["seq"]) == ("late", 1)


async def test_who_waits_is_told_when_its_place_changes(server: Server, wires: Wires) -> None:
    """A `waiting` push for each new place, then `assigned`; tickets are served in order."""
    (c1, first), (c2, _), (c3, _) = await _waiting(server, wires, "c1", "c2", "c3")
    await c1.ask("close", chat=first["chat"]["chat"])
    assert (await c2.get("waiting"))["position"] == 1
    moved = await c3.get("waiting")
    assert (moved["position"], moved["chat"]["position"], "ref" in moved) == (2, 2, False)
    agent = await wires.enter(server, "agent", "ann", capacity=1)
    chat = (await c2.get("assigned"))["chat"]
    assert (await c3.get("waiting"))["position"] == 1
    await agent.ask("close", chat=chat["chat"])
    assert (await c3.get("assigned"))["chat"]["position"] is None


async def test_a_full_queue_refuses_newcomers(store_url: str, site: str, wires: Wires) -> None:
    """Over the limit of the desk: `queue_full`; who waits keeps its place."""
    async with serving(store_url, site, max_queue=1) as server:
        [(first, reply)] = await _waiting(server, wires, "c1")
        second = await wires.enter(server, "customer", "c2")
        await second.refused("request", "queue_full")
        assert (await second.ask("request", desk="other"))["position"] == 1
        again = await first.ask("request")
        assert {**again, "ref": ""} == {**reply, "ref": ""}


async def test_only_customers_ask(server: Server, wires: Wires) -> None:
    """A request of an agent or a supervisor is `forbidden`."""
    for role in ("agent", "supervisor"):
        wire = await wires.enter(server, role, f"the-{role}")
        await wire.refused("request", "forbidden")


async def test_a_customers_token_does_nothing_on_an_agents_frame(
    server: Server, wires: Wires
) -> None:
    """Status and watch are `forbidden` to a customer, watch to an agent, talk to a supervisor."""
    customer = await wires.enter(server, "customer", "cai")
    agent = await wires.enter(server, "agent", "ann")
    supervisor = await wires.enter(server, "supervisor", "sue")
    await customer.refused("status", "forbidden", state="online")
    for wire in (customer, agent):
        await wire.refused("watch", "forbidden")
        await wire.refused("unwatch", "forbidden")
    for frame in (
        {"type": "message", "id": "1", "to": "cai", "body": "hi"},
        {"type": "typing", "to": "cai"},
        {"type": "read", "to": "cai", "seq": 1},
    ):
        await supervisor.send(**frame)
        assert (await supervisor.get("error"))["code"] == "forbidden"
