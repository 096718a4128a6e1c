"""Chats are read from the store as they were."""

import msgspec
import pytest

from imchat.analytics.chats import Chat
from imchat.analytics.reading import Reader
from imchat.ids import Desk, Uid
from tests.analytics.talks import AT, HOUR_MS, chat, play
from tests.store.people import People

FOREVER = AT * 2


async def read(people: People, since: int = 0, until: int = FOREVER, **of: str) -> list[Chat]:
    """All chats of a time."""
    reader = Reader(
        people.store,
        agent=Uid(of["agent"]) if "agent" in of else None,
        desk=Desk(of["desk"]) if "desk" in of else None,
    )
    found = [each async for each in reader.chats(since, until)]
    assert reader.undecodable == 0
    return found


def plain(chats: list[Chat]) -> list[dict[str, object]]:
    """What was put in, without what the store adds."""
    shown = [msgspec.to_builtins(each) for each in chats]
    for each in shown:
        for name in ("id", "reason", "customer_name", "agent_name"):
            del each[name]
    return shown


async def test_what_is_read_is_what_was_said(people: People) -> None:
    """Who, when, every message in order, the rating; also of the same two people's chats."""
    chats = [
        chat("C hi", "A hello", "C where is it?", score=2),
        chat("C 我的快递呢", "A 马上查", customer="eve", agent="joe", at=AT + 3 * HOUR_MS),
        chat("C again", "A sorry", at=AT + 6 * HOUR_MS, desk=Desk("sales")),
    ]
    await play(people, chats)
    found = await read(people)
    assert plain(found) == plain(chats)
    assert [each.reason for each in found] == ["customer"] * 3
    assert [each.customer_name for each in found] == ["Bob", "Eve", "Bob"]


async def test_only_what_was_opened_in_the_time_is_read(people: People) -> None:
    """From `since` on, up to but without `until`, wherever that lies among many."""
    opened = [AT + n * 3 * HOUR_MS for n in range(12)]
    await play(people, [chat("C hi", customer=f"bob-{at}", at=at) for at in opened])
    for first in range(0, 12, 3):
        found = await read(people, opened[first], opened[9])
        assert [each.opened_at for each in found] == opened[first:9]
    assert await read(people, opened[-1] + 1) == []
    assert await read(people, 0, opened[0]) == []


async def test_the_chats_of_others_come_without_their_messages(people: People) -> None:
    """They are needed to know who came back, and their messages are not."""
    await play(people, [
        chat("C hi", "A hi"),
        chat("C hi", "A hi", customer="eve", agent="joe", at=AT + 3 * HOUR_MS, desk=Desk("sales")),
    ])  # fmt: skip
    assert [len(each.messages) for each in await read(people, agent="joe")] == [0, 2]
    assert [len(each.messages) for each in await read(people, desk="default")] == [2, 0]
    assert await read(people, agent="nobody") != []


async def test_a_long_chat_is_read_in_parts_and_given_whole(people: People) -> None:
    """More bytes and more messages than a call gives, with a short chat before and behind."""
    long = chat(*[f"{'CA'[n % 2]} {n} {'x' * 400}" for n in range(1_500)], at=AT + 3 * HOUR_MS)
    chats = [
        chat("C hi", customer="eve"), long, chat("C bye", customer="eve", at=AT + 40 * HOUR_MS),
    ]  # fmt: skip
    await play(people, chats)
    assert plain(await read(people)) == plain(chats)


async def test_a_chat_that_changed_hands_is_read_whole(people: People) -> None:
    """What was said to each of its agents, also to one that had it twice; nothing of others."""
    await play(people, [chat("C an older chat", "A bye", agent="ann")])
    people.now = AT + 3 * HOUR_MS
    await people.agent("ann")
    asked = (await people.assigned("bob")).id
    expected = []
    for agent, other in (("ann", "joe"), ("joe", "ann"), ("ann", None)):
        await people.say("bob", agent, "customer", body=f"to {agent}")
        await people.say(agent, "bob", "agent", body=f"from {agent}")
        expected += [f"to {agent}", f"from {agent}"]
        if other is not None:
            await people.agent(other)
            await people.store.transfer(
                asked, uid=Uid(agent), role="agent", to=Uid(other), desk=None,
                connection=f"{agent}@node-1", call=f"call-{agent}",
            )
    for state in ("active", "closed"):
        _, found = await read(people)
        assert [message.text for message in found.messages] == expected
        assert [message.by for message in found.messages] == ["customer", "agent"] * 3
        assert (found.agent, found.closed_at is None) == ("ann", state == "active")
        if state == "active":
            await people.close("bob")


async def test_a_site_without_chats_has_none(people: People) -> None:
    """And a waiting customer is one without messages."""
    assert await read(people) == []
    people.now = AT
    await people.asks("bob")
    [waiting] = await read(people)
    assert (waiting.agent, waiting.messages, waiting.closed_at) == (None, (), None)


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"{}", b"not JSON", b'{"chat":"1","at":"x"}'])
async def test_a_message_that_cannot_be_decoded_is_counted_and_left_out(
    people: People, bad: bytes
) -> None:
    """The others of its chat are read."""
    await play(people, [chat("C one", "A two", "C three")])
    await people.redis.hsetex(people.key("history:ann:bob"), "2", bad, ex=1_000)
    reader = Reader(people.store)
    [found] = [each async for each in reader.chats(0, FOREVER)]
    assert [message.text for message in found.messages] == ["one", "three"]
    assert reader.undecodable == 1
