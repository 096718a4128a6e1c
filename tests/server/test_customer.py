"""What the staff knows of a customer. Protocol: Agent, `customer` and `note`."""

from tests.server.wire import Wires, hears_nothing_before, token
from tests.support import Server


async def test_an_agent_finds_earlier_chats_and_notes(server: Server, wires: Wires) -> None:
    """Chats as they ended, with their ratings; notes with who wrote them and when."""
    customer, agent, chat = await wires.pair(server)
    await customer.ask("close", chat=chat["chat"])
    rated = (await customer.ask("rate", chat=chat["chat"], score=3))["chat"]
    await customer.ask("request")
    reply = await agent.ask("note", uid="cai", body="Wants\na refund 退款")
    assert set(reply) == {"type", "uid", "chats", "notes", "ref"}
    assert (reply["type"], reply["uid"], reply["chats"]) == ("customer", "cai", [rated])
    [note] = reply["notes"]
    assert note == {"by": "ann", "at": note["at"], "body": "Wants\na refund 退款"}
    assert note["at"] >= chat["opened_at"]
    again = await agent.ask("customer", uid="cai")
    assert {**again, "ref": ""} == {**reply, "ref": ""}


async def test_a_chat_says_when_and_why_it_was_closed(server: Server, wires: Wires) -> None:
    """Nothing while it is open; then alike in `closed`, in `ended` and among earlier chats."""
    customer, agent, chat = await wires.pair(server)
    assert (chat["closed_at"], chat["reason"]) == (None, None)
    closed = (await customer.ask("close", chat=chat["chat"]))["chat"]
    assert closed["reason"] == "customer"
    assert closed["closed_at"] >= closed["assigned_at"]
    came_back = await wires.open(server)
    welcome = await came_back.ask("hello", token=token(server, "agent", "ann"), since=0)
    assert [end["chat"] for end in welcome["ended"]] == [closed]
    await customer.ask("request")
    assert (await agent.ask("customer", uid="cai"))["chats"] == [closed]


async def test_who_leaves_the_queue_is_an_earlier_chat_too(server: Server, wires: Wires) -> None:
    """Its reason is `left_queue`."""
    customer = await wires.enter(server, "customer", "cai")
    waiting = (await customer.ask("request"))["chat"]
    assert (waiting["closed_at"], waiting["reason"]) == (None, None)
    await customer.ask("close", chat=waiting["chat"])
    supervisor = await wires.enter(server, "supervisor", "sue")
    [earlier] = (await supervisor.ask("customer", uid="cai"))["chats"]
    assert earlier["reason"] == "left_queue"
    assert earlier["closed_at"] >= earlier["opened_at"]


async def test_the_customer_hears_nothing_of_it(server: Server, wires: Wires) -> None:
    """Nothing is pushed, and it may not ask."""
    customer, agent, chat = await wires.pair(server)
    await agent.ask("note", uid="cai", body="Is rude")
    closed = await hears_nothing_before(
        customer, lambda: agent.send("close", chat=chat["chat"]), "closed"
    )
    assert "rude" not in str(closed)
    await customer.refused("customer", "forbidden", uid="cai")
    await customer.refused("note", "forbidden", uid="cai", body="I am not")
    assert "rude" not in str((await wires.enter(server, "customer", "cai")).welcome)


async def test_who_may_ask(server: Server, wires: Wires) -> None:
    """An agent of a customer that it serves, a supervisor of any."""
    customer, ann, chat = await wires.pair(server)
    bob = await wires.enter(server, "agent", "bob")
    supervisor = await wires.enter(server, "supervisor", "sue")
    await bob.refused("customer", "forbidden", uid="cai")
    await bob.refused("note", "forbidden", uid="cai", body="Hm")
    assert (await supervisor.ask("note", uid="cai", body="Be kind"))["notes"][0]["by"] == "sue"
    await ann.ask("transfer", chat=chat["chat"], to="bob")
    assert (await bob.ask("customer", uid="cai"))["notes"][0]["body"] == "Be kind"
    await ann.refused("customer", "forbidden", uid="cai")
    await customer.ask("close", chat=chat["chat"])
    await bob.refused("customer", "forbidden", uid="cai")
    assert len((await supervisor.ask("customer", uid="cai"))["chats"]) == 1
    for uid in ("ann", "nobody"):
        await supervisor.refused("customer", "not_found", uid=uid)


async def test_notes_have_a_limit(server: Server, wires: Wires) -> None:
    """1 to 2,048 bytes."""
    _, agent, _ = await wires.pair(server)
    await agent.refused("note", "bad_frame", uid="cai", body="")
    await agent.refused("note", "too_large", uid="cai", body="ü" * 1_025)
    assert len((await agent.ask("note", uid="cai", body="ü" * 1_024))["notes"]) == 1
