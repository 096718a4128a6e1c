"""What the staff knows of a customer: chats that ended, and notes."""

from typing import Literal

import pytest

from imchat.errors import Forbidden, NotFound, Unavailable
from imchat.ids import ChatId, Uid
from imchat.store import facts
from tests.store.people import NODE, People

DAY_S = 86_400


async def known(
    people: People, customer: str, uid: str, role: Literal["agent", "supervisor"] = "agent"
) -> facts.Customer:
    """What somebody is told of a customer."""
    return await people.store.customer(Uid(customer), uid=Uid(uid), role=role)


async def note(
    people: People,
    customer: str,
    body: str,
    uid: str,
    role: Literal["agent", "supervisor"] = "agent",
) -> facts.Customer:
    """Somebody notes something of a customer."""
    return await people.store.note(
        Uid(customer), body=body, uid=Uid(uid), role=role, connection=f"{uid}@{NODE}"
    )


async def test_the_chats_that_ended_are_told_newest_first(people: People) -> None:
    """Each once, though it was with two agents; that it was left waiting as well; no open one."""
    await people.asks("anna")
    await people.close("anna")
    await people.agent("a")
    moved = (await people.request("anna", topic="A move")).chat.id
    await people.agent("b")
    await people.connect("sue", "supervisor")
    await people.store.transfer(
        ChatId(moved), uid=Uid("sue"), role="supervisor", connection=f"sue@{NODE}",
        to=Uid("b"),
    )  # fmt: skip
    await people.close("b")
    await people.request("anna")
    found = await known(people, "anna", "sue", "supervisor")
    assert [(chat.id, chat.agent, chat.topic) for chat in found.chats] == [
        ("2", "b", "A move"), ("1", None, None),
    ]
    assert found.notes == []


async def test_no_more_is_told_than_can_be_shown(people: People) -> None:
    """The newest fifty, fewer when their topics are long."""
    await people.agent("a")
    await people.connect("anna", "customer")
    for n in range(52):
        await people.request("anna", topic="x" * 8_000 if n > 45 else None)
        await people.close("anna")
    await people.request("anna")
    found = await known(people, "anna", "a")
    assert [int(chat.id) for chat in found.chats] == list(range(52, 2, -1))
    for _ in range(3):
        await people.close("anna")
        await people.request("anna", topic="x" * 8_000)
    await people.close("anna")
    await people.request("anna")
    found = await known(people, "anna", "a")
    assert sum(len(chat.topic or "") for chat in found.chats) <= 65_536
    assert len(found.chats) == 9


async def test_a_customers_past_is_known_as_long_as_its_chats(people: People) -> None:
    """An agent's only for the day in which its client may ask."""
    await people.agent("a")
    await people.assigned("anna")
    await people.close("anna")
    for uid, field, days in (("anna", "1:a", 30), ("a", "1:anna", 1)):
        [ttl] = await people.redis.httl(people.key(f"ended:{uid}"), field)
        assert days * DAY_S - 5 <= ttl <= days * DAY_S
    await people.connect("ben", "customer")
    await people.status("a", "away")
    await people.request("ben")
    await people.close("ben")
    [ttl] = await people.redis.httl(people.key("ended:ben"), "2:")
    assert 30 * DAY_S - 5 <= ttl <= 30 * DAY_S


async def test_what_was_left_waiting_ended_between_no_two(people: People) -> None:
    """A client that comes back is not sent to a conversation with nobody."""
    await people.asks("anna")
    await people.close("anna")
    present = await people.store.connect(
        Uid("anna"), role="customer", name="Anna", node=NODE, connection="anna2", capacity=1,
        desks=[], since=0,
    )  # fmt: skip
    assert present.ended == []


async def test_who_is_told(people: People) -> None:
    """Who serves the customer now, and any supervisor, of any that is a customer."""
    await people.agent("a")
    await people.agent("b", desks=["billing"])
    await people.assigned("anna")
    await people.connect("sue", "supervisor")
    assert (await note(people, "anna", "Is kind", "a")).notes[0].by == "a"
    assert len((await note(people, "anna", "Truly", "sue", "supervisor")).notes) == 2
    with pytest.raises(Forbidden):
        await known(people, "anna", "b")
    with pytest.raises(Forbidden):
        await note(people, "anna", "Who?", "b")
    await people.close("anna")
    with pytest.raises(Forbidden):
        await known(people, "anna", "a")
    for uid in ("a", "sue", "nobody"):
        with pytest.raises(NotFound):
            await known(people, uid, "sue", "supervisor")
    assert len((await known(people, "anna", "sue", "supervisor")).notes) == 2


async def test_notes_are_kept_in_order_and_not_without_end(people: People) -> None:
    """The newest fifty, for as long as messages since the last."""
    await people.agent("a")
    await people.assigned("anna")
    for n in range(52):
        people.now += 1_000
        found = await note(people, "anna", f"number {n}", "a")
    assert [n.body for n in found.notes] == [f"number {n}" for n in range(2, 52)]
    assert (found.notes[-1].at, found.uid) == (people.now, "anna")
    ttl = await people.redis.ttl(people.key("notes:anna"))
    assert 30 * DAY_S - 5 <= ttl <= 30 * DAY_S


async def test_a_note_that_is_made_again_is_made_once(people: People) -> None:
    """Also when somebody noted something in between; a minute later it is another."""
    await people.agent("a")
    await people.assigned("anna")
    await people.connect("sue", "supervisor")
    await note(people, "anna", "Called back", "a")
    await note(people, "anna", "Called back", "sue", "supervisor")
    again = await note(people, "anna", "Called back", "a")
    assert [n.by for n in again.notes] == ["a", "sue"]
    people.now += 60_000
    assert len((await note(people, "anna", "Called back", "a")).notes) == 3


async def test_a_given_up_connection_notes_nothing(people: People) -> None:
    """As with all that changes something."""
    await people.agent("a")
    await people.assigned("anna")
    with pytest.raises(Unavailable):
        await people.store.note(
            Uid("anna"), body="Late", uid=Uid("a"), role="agent", connection="a@gone"
        )
    assert (await known(people, "anna", "a")).notes == []
