"""Reading a conversation: pages in both directions, over what has expired, by who may."""

import json
from typing import Any

import pytest

from imchat.errors import Forbidden
from imchat.ids import Uid
from imchat.store import facts
from tests.store.people import People

DAY_S = 86_400


async def bob_writes(people: People, count: int, *, body: str = "Hello") -> None:
    """Ann serves bob, who has written so many messages to her."""
    await people.agent("ann")
    await people.assigned("bob")
    for _ in range(count):
        await people.say("bob", "ann", "customer", body=body)


async def page(people: People, **asked: Any) -> facts.Page:
    """A page of the conversation as bob sees it."""
    return await people.store.history(Uid("bob"), role="customer", peer=Uid("ann"), **asked)


def seqs(page: facts.Page) -> list[int]:
    """Which messages are on a page."""
    return [json.loads(message)["seq"] for message in page.messages]


async def backwards(people: People, **asked: Any) -> list[int]:
    """All that one sees who scrolls up to the beginning."""
    found = await page(people, **asked)
    seen = seqs(found)
    while found.more:
        found = await page(people, before=seen[0], **asked)
        assert seqs(found), "more means that there is more"
        seen = seqs(found) + seen
    return seen


async def forwards(people: People, **asked: Any) -> list[int]:
    """All that one sees who heals a gap from the beginning."""
    found = await page(people, after=0, **asked)
    seen = seqs(found)
    while found.more:
        found = await page(people, after=seen[-1], **asked)
        assert seqs(found), "more means that there is more"
        seen += seqs(found)
    return seen


async def expire(people: People, *seqs: int) -> None:
    """The time of these messages is over, and what goes with it.

    Those that live and are older were stored when messages were kept for longer.
    """
    history, sent = people.key("history:ann:bob"), people.key("sent:ann:bob")
    await people.redis.hpexpire(history, 0, *seqs)
    await people.redis.hpexpire(sent, 0, *await people.redis.hkeys(sent))
    lives = {int(seq): 30 * DAY_S for seq in await people.redis.hkeys(history)}
    for seq in lives:
        if seq < max(seqs):
            lives[seq] = (60 - seq) * DAY_S
            await people.redis.hexpire(history, lives[seq], seq)
    await people.redis.expire(people.key("seq:ann:bob"), max(lives.values(), default=0) + DAY_S)


# --- pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected", "more"),
    [
        ({}, [6, 7, 8], True),
        ({"limit": 8}, [1, 2, 3, 4, 5, 6, 7, 8], False),
        ({"before": 6}, [3, 4, 5], True),
        ({"before": 4}, [1, 2, 3], False),
        ({"before": 3}, [1, 2], False),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
        ({"before": 99}, [6, 7, 8], True),
        ({"after": 0}, [1, 2, 3], True),
        ({"after": 4}, [5, 6, 7], True),
        ({"after": 5}, [6, 7, 8], False),
        ({"after": 8}, [], False),
        ({"after": 99}, [], False),
        ({"before": 2**53}, [6, 7, 8], True),
        ({"after": 2**53}, [], False),
    ],
)
async def test_a_page_is_exclusive_and_oldest_first(
    people: People, asked: dict[str, int], expected: list[int], more: bool
) -> None:
    """`more` says whether there is more in the direction asked for."""
    await bob_writes(people, 8)
    found = await page(people, **{"limit": 3, **asked})
    assert (seqs(found), found.more, found.last_seq) == (expected, more, 8)


async def test_a_conversation_that_never_was_is_an_empty_page(people: People) -> None:
    """Asking costs nothing and leaves nothing."""
    assert await page(people) == facts.Page(messages=[], more=False, last_seq=0)


async def test_a_large_page_is_cut_and_nothing_is_lost(people: People) -> None:
    """Pages hold a bounded number of bytes, so that one reader does not hold up the others."""
    await bob_writes(people, 80, body="x" * 8192)
    found = await page(people, limit=500)
    assert sum(map(len, found.messages)) < 300_000
    assert found.more
    assert await backwards(people, limit=500) == list(range(1, 81))
    assert await forwards(people, limit=500) == list(range(1, 81))


# --- over what has expired -------------------------------------------------------------------


@pytest.mark.parametrize(
    "gone",
    [
        [1], [1, 2, 3, 4, 5], [3], [2, 3, 7], [8], [7, 8], [1, 2, 8], [4, 5, 6], [2, 4, 6],
        range(1, 9),
    ],
    ids=str,
)
async def test_paging_passes_over_what_has_expired(people: People, gone: list[int]) -> None:
    """Both directions find the same: all that still lives, each once and in order."""
    await bob_writes(people, 8)
    await expire(people, *gone)
    alive = [seq for seq in range(1, 9) if seq not in gone]
    for limit in (1, 3, 8):
        assert await backwards(people, limit=limit) == alive
        assert await forwards(people, limit=limit) == alive


async def test_years_of_expired_messages_are_passed_over(people: People) -> None:
    """A long conversation is read as quickly as a short one, from either end."""
    await bob_writes(people, 1)
    await people.redis.set(people.key("seq:ann:bob"), 2_000_000, keepttl=True)
    for _ in range(10):
        await people.say("bob", "ann", "customer")
    await expire(people, 1)
    alive = list(range(2_000_001, 2_000_011))
    assert await forwards(people, limit=3) == alive
    assert await backwards(people, limit=3) == alive


async def test_a_seq_is_given_once_though_all_have_expired(people: People) -> None:
    """The numbers go on, so that what a client has seen stays apart from what is new."""
    await bob_writes(people, 3)
    await expire(people, 1, 2, 3)
    assert await page(people) == facts.Page(messages=[], more=False, last_seq=3)
    assert (await people.say("bob", "ann", "customer")).seq == 4


# --- by whom ----------------------------------------------------------------------------------


async def test_both_sides_read_the_one_conversation(people: People) -> None:
    """Whether its chat is open or closed."""
    await bob_writes(people, 2)
    await people.close("bob")
    as_agent = await people.store.history(Uid("ann"), role="agent", peer=Uid("bob"))
    assert as_agent == await page(people)
    assert seqs(as_agent) == [1, 2]
    named = await people.store.history(
        Uid("ann"), role="agent", peer=Uid("bob"), agent=Uid("ann")
    )
    assert named == as_agent


async def test_an_agent_reads_what_its_customer_wrote_to_others(people: People) -> None:
    """While it serves the customer, and no longer."""
    await bob_writes(people, 2)
    await people.close("bob")
    await people.status("ann", "away")
    await people.agent("cyd")
    asked: Any = {"role": "agent", "peer": Uid("bob"), "agent": Uid("ann")}
    with pytest.raises(Forbidden):
        await people.store.history(Uid("cyd"), **asked)

    await people.assigned("bob")
    assert seqs(await people.store.history(Uid("cyd"), **asked)) == [1, 2]

    await people.close("bob")
    with pytest.raises(Forbidden):
        await people.store.history(Uid("cyd"), **asked)


async def test_a_customer_reads_its_own_conversations_only(people: People) -> None:
    """Naming an agent does not make one."""
    await bob_writes(people, 2)
    for reader in ("eve", "bob"):
        with pytest.raises(Forbidden):
            await people.store.history(
                Uid(reader), role="customer", peer=Uid("bob"), agent=Uid("ann")
            )
    assert seqs(await people.store.history(Uid("eve"), role="customer", peer=Uid("ann"))) == []
