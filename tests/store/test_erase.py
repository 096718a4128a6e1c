"""A customer that is erased is found nowhere any more; what was counted stays."""

import asyncio

import pytest

from imchat.errors import Conflict
from imchat.ids import ChatId, Uid
from imchat.store.store import Store
from tests.analytics.talks import AT, chat, play
from tests.store.people import NODE, People
from tests.store.test_repeats import call_again

BOB = Uid("bob")


async def past(people: People) -> None:
    """Bob had two chats with ann and one with joe, and so had eve; then all of them left."""
    people.now = AT
    await people.join()
    await play(people, [
        chat("C my parcel?", "A on its way, bob", customer="bob", score=4),
        chat("C hello", "A hello", customer="eve", at=people.now + 10**7),
        chat("C again", "A sorry", customer="bob", agent="joe", at=people.now + 2 * 10**7),
        chat("C and again", "A sorry", customer="bob", at=people.now + 3 * 10**7),
        chat("C hello", "A bobby", customer="eve", agent="joe", at=people.now + 4 * 10**7),
    ])  # fmt: skip


async def everything(people: People) -> str:
    """All that the keys of the site hold, with their names."""
    redis, shown = people.redis, []
    async for key in redis.scan_iter(people.key("*"), count=1_000):
        match await redis.type(key):
            case b"hash":
                value = await redis.hgetall(key)
            case b"set":
                value = await redis.smembers(key)
            case b"list":
                value = await redis.lrange(key, 0, -1)
            case b"zset":
                value = await redis.zrange(key, 0, -1, withscores=True)
            case b"stream":
                value = await redis.xrange(key)
            case _:
                value = await redis.get(key)
        shown.append(f"{key!r} {value!r}")
    return "\n".join(shown)


async def test_nothing_of_the_customer_is_left(people: People) -> None:
    """In no key, no name of one, and no event; of others all is as it was."""
    await past(people)
    await people.connect("bob", "customer")
    await people.store.rate(
        ChatId("4"), uid=BOB, score=1, comment="they lost my parcel?", connection=f"bob@{NODE}"
    )
    await people.disconnect("bob")
    await people.connect("sue", "supervisor")
    for body in ("bob is in a hurry", "call him"):
        await people.store.note(
            BOB, uid=Uid("sue"), role="supervisor", body=body, connection=f"sue@{NODE}"
        )
    assert "bob" in await everything(people)
    erased = await people.store.erase(BOB)
    assert erased.gone == {"chats": 3, "messages": 6, "events": 14, "comments": 1, "notes": 2}
    # The inboxes of nodes are emptied as they are read; here nobody reads.
    await people.redis.delete(people.key(f"inbox:{NODE}"))
    left = await everything(people)
    assert "bob'" not in left
    assert "bob:" not in left
    assert "Bob" not in left
    assert "my parcel?" not in left
    assert "hurry" not in left
    assert left.count("hello") == 3
    assert "bobby" in left


async def test_what_is_counted_stays(people: People) -> None:
    """Live and rolled up: the log has every event, though nobody's."""
    await past(people)
    before = await measured(people.store)
    await people.store.erase(BOB)
    assert await measured(people.store) == before
    while (await people.store.fold()).more:
        pass
    rolled = await people.store.rolled(AT // 86_400_000)
    assert sum(cell.sums.get("served", 0) for cell in rolled.cells) > 0
    assert await people.store.audit() == []


async def measured(store: Store) -> dict[str, dict[str, int]]:
    """What the log says."""
    standing = await store.standing(width=10**15, since=0, till=10**15)
    cells: dict[str, dict[str, int]] = {}
    after, more = None, True
    while more:
        part = await store.measure(
            after=after, upto=standing.event, width=10**15, since=0, till=10**15
        )
        after, more = part.event, part.more
        cells |= {f"{cell.name} {after}": cell.sums for cell in part.cells}
    return cells


async def test_who_has_an_open_chat_is_not_erased(people: People) -> None:
    """Nothing of it is; when it is closed it can be."""
    await people.agent("ann")
    await people.assigned("bob")
    before = await everything(people)
    with pytest.raises(Conflict, match="open chat"):
        await people.store.erase(BOB)
    assert await everything(people) == before
    await people.close("bob")
    assert (await people.store.erase(BOB)).gone["chats"] == 1


async def test_an_agent_is_no_customer(people: People) -> None:
    """Its chats are of its customers."""
    await people.agent("ann")
    with pytest.raises(Conflict, match="known here as agent"):
        await people.store.erase(Uid("ann"))


async def test_who_is_connected_goes_on(people: People) -> None:
    """Only what it said is gone, and it can ask again."""
    await people.agent("ann")
    await people.assigned("bob")
    await people.say("bob", "ann", "customer")
    await people.close("bob")
    erased = await people.store.erase(BOB)
    assert erased.connected
    assert erased.gone["messages"] == 1
    assert await people.store.audit() == []
    assert (await people.request("bob")).chat.agent == "ann"
    assert (await people.say("bob", "ann", "customer")).seq == 1


async def test_who_is_not_known_is_not_there(people: People) -> None:
    """Nothing is gone."""
    await past(people)
    assert (await people.store.erase(Uid("zoe"))).gone == {}


async def test_what_happens_meanwhile_is_not_lost(people: People) -> None:
    """Events that come while the log is written anew are in it, in order."""
    people.now = AT
    await people.join()
    for n in range(120):
        await people.asks(f"c{n}")
        await people.close(f"c{n}")
    await people.disconnect("c7")
    parts = 0

    def passed() -> None:
        nonlocal parts
        parts += 1

    async def others() -> None:
        for n in range(200, 230):
            await people.asks(f"c{n}")
            await asyncio.sleep(0)

    await asyncio.gather(people.store.erase(Uid("c7"), passed=passed), others())
    assert parts > 3
    events = await people.events()
    assert sum(event["what"] == "requested" for event in events) == 150
    assert [event for event in events if "c7" in event.values()] == []
    ids = [int(event["chat"]) for event in events if event["what"] == "requested"]
    assert ids == sorted(ids)
    assert await people.redis.exists(people.key("rewritten"), people.key("rewriting")) == 0
    assert await people.redis.ttl(people.key("events")) == -1


async def test_one_is_erased_after_the_other(people: People) -> None:
    """Two at once would each keep whom the other erased."""
    await past(people)
    await people.redis.set(people.key("rewriting"), "another")
    with pytest.raises(Conflict, match="another customer"):
        await people.store.erase(BOB)
    await people.redis.delete(people.key("rewriting"))


async def test_a_call_that_is_made_again_does_no_harm(people: People) -> None:
    """Each part of it, also the last one, when the log has taken its place."""
    await past(people)
    before = len(await people.events())
    arguments = {"customer": "bob", "call": "call-1"}
    first = await call_again(people, "erase_events", begins=True, **arguments)
    assert (first["fact"], first["more"]) == ("erased", False)
    again = await call_again(people, "erase_events", begins=True, **arguments)
    late = await call_again(people, "erase_events", begins=False, **arguments)
    assert (again.get("gone"), late.get("gone")) == (None, None)
    assert len(await people.events()) == before
