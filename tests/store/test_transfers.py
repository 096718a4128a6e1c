"""Chats that change hands: who may, to whom, what each hears, what follows in the same step."""

from typing import Any, Literal

import pytest

from imchat.errors import Conflict, Forbidden, NotFound, RequestError
from imchat.ids import ChatId, Desk, Uid
from imchat.store import facts
from tests.store.people import NODE, People, picked


async def transfer(
    people: People,
    chat: str,
    uid: str,
    *,
    to: str | None = None,
    desk: str | None = None,
    role: Literal["agent", "supervisor"] = "agent",
    call: str | None = None,
) -> facts.Transferred:
    """Somebody gives a chat to an agent or a desk."""
    return await people.store.transfer(
        ChatId(chat), uid=Uid(uid), role=role, connection=f"{uid}@{NODE}",
        to=Uid(to) if to else None, desk=Desk(desk) if desk else None, call=call,
    )  # fmt: skip


async def refused(people: People, error: type[RequestError], *args: Any, **kwargs: Any) -> None:
    """A transfer that is refused and changes nothing."""
    before = await people.events()
    with pytest.raises(error):
        await transfer(people, *args, **kwargs)
    assert await people.events() == before


# --- to an agent ----------------------------------------------------------------


async def test_an_agent_is_given_the_chat_and_moves_up(people: People) -> None:
    """The one who gave it stands at the end of the bucket below, the other in the next."""
    await people.agent("a", chats=1)
    await people.agent("b")
    chat = await people.assigned("anna")
    assert chat.agent == "b"
    given = await transfer(people, chat.id, "b", to="a")
    assert (given.sender, given.by, given.chat.agent) == ("b", "b", "a")
    assert (given.chat.state, given.chat.transfers, given.chat.agent_name) == ("active", 1, "A")
    assert await people.buckets() == {0: ["b"], 2: ["a"]}
    assert await people.customers("a") == ["guest-1", "anna"]
    assert await people.customers("b") == []


async def test_what_was_not_read_is_not_read_when_the_chat_comes_back(people: People) -> None:
    """The marks of both are as they were when the agent gave it away."""
    await people.agent("a")
    chat = await people.assigned("anna", topic="one")
    await people.agent("b")
    await people.say("anna", "a", "customer")
    await people.say("a", "anna", "agent")
    read = people.store.read
    await read(Uid("a"), to=Uid("anna"), role="agent", seq=1, connection="a@n")
    await read(Uid("anna"), to=Uid("a"), role="customer", seq=2, connection="anna@n")
    there = await transfer(people, chat.id, "a", to="b")
    assert (there.chat.read_by_customer, there.chat.read_by_agent) == (0, 0)
    back = (await transfer(people, chat.id, "b", to="a")).chat
    assert (back.last_seq, back.read_by_customer, back.read_by_agent) == (3, 2, 1)


async def test_an_agent_that_is_named_need_not_be_of_the_desk(people: People) -> None:
    """The chat stays its desk's."""
    await people.agent("a")
    await people.agent("b", desks=["billing"])
    chat = await people.assigned("anna")
    given = await transfer(people, chat.id, "a", to="b")
    assert (given.chat.agent, given.chat.desk) == ("b", "default")


async def test_whom_a_chat_cannot_be_given(people: People) -> None:
    """Nobody by that name, oneself, who is full, away, in grace, or was never an agent."""
    await people.agent("full", capacity=1, chats=1)
    await people.agent("a", desks=["sales"])
    await people.connect("anna", "customer")
    chat = (await people.request("anna", desk="sales")).chat.id
    for uid in ("away", "lost", "gone"):
        await people.agent(uid, desks=["night"])
    await people.status("away", "away")
    await people.disconnect("gone")
    await people.pass_time(29)
    await people.pass_time(2)
    await people.disconnect("lost")
    for to in ("full", "away", "lost", "gone", "a"):
        await refused(people, Conflict, chat, "a", to=to)
    for to in ("nobody", "anna"):
        await refused(people, NotFound, chat, "a", to=to)


async def test_who_may_transfer(people: People) -> None:
    """An agent its own chats while they are open, a supervisor any."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.agent("b")
    await people.connect("sue", "supervisor")
    await refused(people, Forbidden, chat, "b", to="b")
    await refused(people, NotFound, "99", "a", to="b")
    given = await transfer(people, chat, "sue", role="supervisor", to="b")
    assert (given.sender, given.by, given.chat.agent) == ("a", "sue", "b")
    await refused(people, Forbidden, chat, "a", to="b")
    await people.close("b")
    await refused(people, Conflict, chat, "b", to="a")
    await refused(people, Conflict, chat, "sue", role="supervisor", to="a")


async def test_the_freed_slot_goes_to_the_first_who_waits(people: People) -> None:
    """In the same step, told as `transferred`."""
    await people.agent("a", capacity=1)
    chat = (await people.assigned("anna")).id
    await people.asks("ben")
    await people.agent("b", desks=["billing"])
    await transfer(people, chat, "a", to="b")
    assert await people.customers("a") == ["ben"]
    assert await people.queue() == []
    assert [(e["agent"], e["reason"]) for e in await people.events("assigned")][1:] == [
        ("b", "transfer"), ("a", "transferred"),
    ]


async def test_a_supervisor_takes_a_chat_out_of_the_queue(people: People) -> None:
    """Whoever is before it; it had no agent before, and its wait counts."""
    await people.asks("ben")
    chat = (await people.asks("anna")).chat.id
    await people.agent("b", desks=["billing"])
    await people.connect("sue", "supervisor")
    people.now += 5_000
    given = await transfer(people, chat, "sue", role="supervisor", to="b")
    assert (given.sender, given.chat.agent, given.chat.wait_ms) == (None, "b", 5_000)
    assert await people.queue() == ["ben"]


# --- to a desk ------------------------------------------------------------------


async def test_a_desk_gives_it_to_its_own_by_the_rules(people: People) -> None:
    """Lowest bucket, the customer's hash."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    for uid in ("b", "c", "d"):
        await people.agent(uid, desks=["billing"])
    given = await transfer(people, chat, "a", desk="billing")
    assert (given.chat.desk, given.chat.agent) == ("billing", picked("anna", ["b", "c", "d"]))
    [_, event] = await people.events("assigned")
    assert (event["desk"], event["tier"], event["reason"]) == ("billing", "0", "transfer")


async def test_it_waits_where_nobody_is_free_before_those_who_came_later(people: People) -> None:
    """With its old ticket; the desk's limit of its queue does not hold for it."""
    people.store.library._settings["max_queue"] = 1
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.asks("ben", desk="billing")
    given = await transfer(people, chat, "a", desk="billing")
    assert (given.chat.state, given.chat.agent, given.chat.position) == ("waiting", None, 1)
    assert await people.queue("billing") == ["anna", "ben"]
    waits = (await people.heard("anna"))[-1]
    assert isinstance(waits, facts.Queued)
    assert (waits.chat.position, waits.chat.after_seq) == (1, None)
    await people.agent("b", desks=["billing"], capacity=1)
    assert await people.customers("b") == ["anna"]


async def test_who_gives_it_to_its_own_desk_is_passed_over(people: People) -> None:
    """Another of the desk gets it, though it stands in a higher bucket."""
    await people.agent("b", chats=2)
    await people.agent("a")
    chat = await people.assigned("anna")
    assert chat.agent == "a"
    given = await transfer(people, chat.id, "a", desk="default")
    assert given.chat.agent == "b"
    assert await people.buckets() == {0: ["a"]}


async def test_what_would_come_straight_back_is_refused(people: People) -> None:
    """No free slot and nobody waiting for it: so who is the only one free must keep it."""
    await people.agent("a", capacity=1)
    chat = (await people.assigned("anna")).id
    await refused(people, Conflict, chat, "a", desk="default")
    await people.asks("ben")
    await refused(people, Conflict, chat, "a", desk="default")
    await people.status("a", "away")
    assert (await transfer(people, chat, "a", desk="default")).chat.state == "waiting"
    assert await people.queue() == ["anna", "ben"]


async def test_an_older_ticket_takes_the_slot_of_who_gives_a_chat_to_its_desk(
    people: People,
) -> None:
    """Then the chat waits behind that."""
    await people.agent("a", capacity=2)
    await people.assigned("zoe")
    first = (await people.asks("anna")).chat.id
    await people.status("a", "away")
    await transfer(people, first, "a", desk="default")  # a ticket that is old
    chat = (await people.asks("ben")).chat.id
    await people.connect("sue", "supervisor")
    await people.agent("b", capacity=1, desks=["billing"])
    await transfer(people, chat, "sue", role="supervisor", to="b")
    await people.connect("b", "agent", capacity=1, desks=["default"])
    given = await transfer(people, chat, "b", desk="default")
    assert given.chat.state == "waiting"
    assert await people.customers("b") == ["anna"]
    assert await people.queue() == ["ben"]


async def test_a_desk_that_there_is_not(people: People) -> None:
    """It has neither agents nor a queue; where the chat waits already is a conflict."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await refused(people, NotFound, chat, "a", desk="nowhere")
    await people.connect("sue", "supervisor")
    waiting = (await people.asks("ben", desk="billing")).chat.id
    await refused(people, Conflict, waiting, "sue", role="supervisor", desk="billing")
    given = await transfer(people, waiting, "sue", role="supervisor", desk="default")
    assert (given.sender, given.chat.agent, given.chat.desk) == (None, "a", "default")


# --- what is told and what is kept ----------------------------------------------


async def test_both_sides_and_the_new_agent_hear_it_and_the_topic_goes_along(
    people: People,
) -> None:
    """Another pair is another conversation, which the customer's topic begins."""
    await people.agent("a")
    chat = await people.assigned("anna", topic="My parcel")
    await people.say("anna", "a", "customer", body="between us")
    await people.agent("b")
    await people.connect("a", "agent", connection="a2")
    given = await transfer(people, chat.id, "a", to="b")
    for uid in ("anna", "b"):
        moved, topic = (await people.heard(uid))[-2:]
        assert moved == given
        assert isinstance(topic, facts.Posted)
        assert '"seq":1' in topic.message
        assert "My parcel" in topic.message
    assert (await people.heard("a", connection="a2"))[-1] == given
    assert given not in await people.heard("a")
    assert (given.chat.after_seq, given.chat.last_seq) == (0, 0)
    late = await people.say("anna", "a", "customer")
    assert late.refused == "not_found"
    assert (await people.say("anna", "b", "customer")).seq == 2


async def test_the_log_says_who_moved_what_where(people: People) -> None:
    """A slot freed, the move, a slot taken."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.agent("b")
    await people.connect("sue", "supervisor")
    await transfer(people, chat, "sue", role="supervisor", to="b")
    await people.close("b")
    events = await people.events("transferred", "released", "assigned", "queued")
    released, transferred, assigned = events[1:4]
    assert (released["agent"], released["reason"], released["tier"]) == ("a", "transfer", "1")
    assert {k: v for k, v in transferred.items() if k != "at"} == {
        "what": "transferred", "chat": chat, "customer": "anna", "agent": "a", "to": "b",
        "desk": "default", "by": "sue", "reason": "supervisor", "was_at": "default",
    }
    assert (assigned["agent"], assigned["reason"]) == ("b", "transfer")


async def test_who_was_away_hears_that_the_chat_left(people: People) -> None:
    """The notes of what ended between two tell both, with what was said there behind what."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.agent("b")
    await transfer(people, chat, "a", to="b")
    for uid, role, peer in (("a", "agent", "anna"), ("anna", "customer", "a")):
        present = await people.store.connect(
            Uid(uid), role=role, name=uid, node=NODE, connection=f"{uid}2", capacity=3,
            desks=[Desk("default")], since=0,
        )  # fmt: skip
        [ended] = present.ended
        assert (ended.peer, ended.after, ended.chat.state, ended.chat.agent) == (
            peer, 0, "active", "b",
        )


# --- repeats --------------------------------------------------------------------


async def test_a_transfer_that_is_made_again_is_done_once(people: People) -> None:
    """Also when the chat was moved on meanwhile: the repeat is told how it stands."""
    for uid in ("a", "b", "c"):
        await people.agent(uid)
    await people.connect("sue", "supervisor")
    chat = await people.assigned("anna")
    assert chat.agent is not None
    first, second = [uid for uid in ("a", "b", "c") if uid != chat.agent]
    await transfer(people, chat.id, "sue", role="supervisor", to=first, call="1")
    await transfer(people, chat.id, first, to=second, call="1")
    again = await transfer(people, chat.id, "sue", role="supervisor", to=first, call="1")
    assert (again.sender, again.by, again.chat.agent) == (chat.agent, "sue", second)
    again = await transfer(people, chat.id, first, to=second, call="1")
    assert (again.sender, again.chat.agent) == (first, second)
    assert len(await people.events("transferred")) == 2
