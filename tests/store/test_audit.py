"""The audit finds each way in which the keys may disagree: broken by hand, then mended."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from imchat.ids import Uid
from imchat.server.together import beside
from imchat.store.library import Library
from imchat.store.store import Rules, Store
from tests.store.people import NODE, People

Break = Callable[[People], Awaitable[Any]]

ZOE, BOB, CAT = 1, 2, 3
"""The chats of the scene."""


@pytest.fixture
async def scene(people: People) -> People:
    """Ann serves bob and is full, cat waits, zoe has been served; bob has written to ann."""
    await people.agent("ann", capacity=1)
    await people.assigned("zoe")
    await people.close("zoe")
    await people.assigned("bob", topic="My parcel")
    await people.asks("cat")
    for _ in range(3):
        await people.say("bob", "ann", "customer")
    assert await people.store.audit() == []
    return people


async def saved(people: People) -> dict[bytes, tuple[Any, int]]:
    """All keys of the site: what they hold and how long they live."""
    keys = [key async for key in people.redis.scan_iter(people.key("*"), count=1000)]
    return {
        key: (await people.redis.dump(key), max(0, await people.redis.pttl(key))) for key in keys
    }


async def mend(people: People, before: dict[bytes, tuple[Any, int]]) -> None:
    """Make the site what it was."""
    await people.redis.delete(*await saved(people))
    for key, (value, ttl) in before.items():
        await people.redis.restore(key, ttl, value)


def moved(key: str, to: str = "aside") -> Break:
    """A key is not where it was."""
    return lambda p: p.redis.rename(p.key(key), p.key(to))


def field(key: str, name: str, value: object) -> Break:
    """A field of a hash says something else."""
    return lambda p: p.redis.hset(p.key(key), name, value)


def scored(key: str, member: object, score: float) -> Break:
    """A member of a sorted set stands elsewhere."""
    return lambda p: p.redis.zadd(p.key(key), {member: score})


def member(key: str, *names: object) -> Break:
    """A set has members more."""
    return lambda p: p.redis.sadd(p.key(key), *names)


def value(key: str, text: object) -> Break:
    """A key has another value, its lifetime is as it was."""
    return lambda p: p.redis.set(p.key(key), text, keepttl=True)


def both(*breaks: Break) -> Break:
    """One after the other."""

    async def all_of_it(people: People) -> None:
        for one in breaks:
            await one(people)

    return all_of_it


BROKEN: list[tuple[str, Break]] = [
    # agents
    ("agent ann holds 1 of 0", field("agent:ann", "capacity", 0)),
    ("agent ann is asleep", field("agent:ann", "state", "asleep")),
    ("agent ghost has no record", member("agents", "ghost")),
    ("agent ann is not among the agents", lambda p: p.redis.srem(p.key("agents"), "ann")),
    ("agent ann has an arrival that was never counted", value("arrivals", 0)),
    ("agent ann serves chats and is offline", moved("agent:ann")),
    # buckets and desks
    ("agent ann: bucket default:1 is wrong", scored("tier:default:1", "ann", 1)),
    ("tier 1 has a free slot while somebody waits", scored("tier:default:1", "ann", 1)),
    ("bucket default:2 holds ann, whose load differs", scored("tier:default:2", "ann", 1)),
    ("bucket sales:1 holds ann, who is not of the desk", scored("tier:sales:1", "ann", 1)),
    ("desk default does not know agent ann as it is", scored("staff:default", "ann", 9)),
    ("desk sales has the agent ann, who is not of it", scored("staff:sales", "ann", 1)),
    ("desk sales has agents and is not known", scored("staff:sales", "ann", 1)),
    ("desk sales has neither agents nor a queue", member("desks", "sales")),
    ("desk sales has a queue and is not known", scored("queue:sales", CAT, CAT)),
    ("desk sales has a pace and is not known", field("pace:sales", "served_at", 1)),
    # chats
    (f"chat {CAT} waits with the ticket 9", scored("queue:default", CAT, 9)),
    (f"chat {CAT} waits at desk sales but does not say so", scored("queue:sales", CAT, CAT)),
    (f"chat {BOB} waits at desk default but does not say so", scored("queue:default", BOB, BOB)),
    (f"chat {BOB} is with agent ann and in the queue of default",
     scored("queue:default", BOB, BOB)),
    (f"chat {CAT} is in the queue of default and in the queue of sales",
     both(member("desks", "sales"), scored("queue:sales", CAT, CAT))),
    ("customer bob has two agents, ", both(member("agents", "ben"), member("serving:ben", BOB))),
    ("agent ben serves chats and is offline", member("serving:ben", BOB)),
    (f"agent ann serves chat {ZOE}, which does not say so", member("serving:ann", ZOE)),
    (f"chat {BOB} is neither in a queue nor with an agent", moved("serving:ann")),
    (f"chat {CAT} is neither in a queue nor with an agent", moved("queue:default")),
    (f"chat {CAT} is neither in a queue nor with an agent", field(f"chat:{CAT}", "agent", "ann")),
    (f"chat {BOB} is not its customer's open one", moved("open:bob", "open:eve")),
    (f"customer eve has the open chat {BOB}, which is not", moved("open:bob", "open:eve")),
    (f"customer zoe has the open chat {ZOE}, which is not", value("open:zoe", ZOE)),
    (f"chat {CAT} has a ticket that was never given", value("tickets", BOB)),
    (f"chat {ZOE} is closed, and nobody knows when",
     lambda p: p.redis.hdel(p.key(f"chat:{ZOE}"), "closed_at")),
    (f"chat {BOB} is rated, and not closed", field(f"chat:{BOB}", "score", 5)),
    ("chat 99 ended for ann and has no record", field("ended:ann", "99:zoe", "1:0")),
    ("by the totals 3 chats are open, by the indexes 2", field("totals", "requested", 4)),
    (f"chat:{CAT} will expire and is still needed",
     lambda p: p.redis.expire(p.key(f"chat:{CAT}"), 99)),
    ("open:bob will expire and is still needed",
     lambda p: p.redis.expire(p.key("open:bob"), 99)),
    ("agent:ann will expire and is still needed",
     lambda p: p.redis.expire(p.key("agent:ann"), 99)),
    # presence
    ("agent ann is neither connected nor in grace, or both", moved("presence:ann")),
    ("customer cat has a chat but is neither connected nor in grace", moved("presence:cat")),
    ("bob is connected and in grace", scored("grace", "bob", 1)),
    ("eve is in grace for nothing", scored("grace", "eve", 1)),
    ("bob is connected and has no role", moved("role:bob")),
    ("bob is connected and has no role", lambda p: p.redis.expire(p.key("role:bob"), 99)),
    ("agent ann is connected and not among the agents",
     lambda p: p.redis.srem(p.key("agents"), "ann")),
    ("bob has the role customer and is known as agent", value("role:bob", "agent")),
    ("ann has the role agent and is known as customer", value("role:ann", "customer")),
    ("role:eve has no lifetime", value("role:eve", "customer")),
    (f"node {NODE} does not hold bob",
     lambda p: p.redis.hdel(p.key(f"held:{NODE}"), f"bob@{NODE}")),
    (f"node {NODE} holds eve, who does not say so", field(f"held:{NODE}", "x", "eve")),
    (f"node {NODE} holds connections and is gone", moved("nodes")),
    ("node gone has an inbox and is gone", lambda p: p.redis.xadd(p.key("inbox:gone"), {"a": 1})),
    # lifetimes
    (f"chat:{ZOE} has no lifetime", lambda p: p.redis.persist(p.key(f"chat:{ZOE}"))),
    ("notes:zoe has no lifetime", lambda p: p.redis.rpush(p.key("notes:zoe"), "x")),
    ("asked:bob: field call has no lifetime", field("asked:bob", "call", BOB)),
    ("ended:zoe: field 1:ann has no lifetime",
     lambda p: p.redis.hpersist(p.key("ended:zoe"), "1:ann")),
    ("seq:ann:bob has no lifetime", lambda p: p.redis.persist(p.key("seq:ann:bob"))),
    ("history:ann:bob: field 2 has no lifetime",
     lambda p: p.redis.hpersist(p.key("history:ann:bob"), 2)),
    (f"sent:ann:bob: field bob:topic-{BOB} has no lifetime",
     lambda p: p.redis.hpersist(p.key("sent:ann:bob"), f"bob:topic-{BOB}")),
    # conversations
    ("conversation ann:bob has message 4, and 3 is its last", value("seq:ann:bob", 3)),
    ("conversation ann:bob acked message 4, and 3 is its last", value("seq:ann:bob", 3)),
    ("conversation ann:bob has message 4, and 0 is its last", moved("seq:ann:bob")),
    ("conversation ann:bob: message 2 was acked and is gone",
     lambda p: p.redis.hdel(p.key("history:ann:bob"), 2)),
    ("conversation ann:bob: messages 2 to 3 are gone before their time",
     lambda p: p.redis.hdel(p.key("history:ann:bob"), 2, 3)),
    ("conversation ann:bob: message 5 is gone before its time",
     both(lambda p: p.redis.incr(p.key("seq:ann:bob")),
          lambda p: p.redis.expire(p.key("seq:ann:bob"), 32 * 86_400))),
    ("conversation ann:bob: message 4 is gone before its time", moved("history:ann:bob")),
    # what could never be
    ("serving:ann cannot be read: WRONGTYPE", both(moved("serving:ann"), value("serving:ann", 1))),
    ("serving:ben cannot be read: WRONGTYPE", value("serving:ben", 1)),
    ("agents cannot be read: WRONGTYPE", both(moved("agents"), value("agents", 1))),
    ("history:ann:bob cannot be read", field("history:ann:bob", "x", "y")),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "break_it"), BROKEN)
async def test_a_disagreement_is_found(scene: People, sentence: str, break_it: Break) -> None:
    """It is said in a sentence, and gone when it is mended."""
    before = await saved(scene)
    await break_it(scene)
    found = await scene.store.audit()
    await mend(scene, before)
    assert [fault for fault in found if sentence in fault], found
    assert len(found) == len(set(found))
    assert await scene.store.audit() == []


# --- no false alarms ----------------------------------------------------------------------------


async def test_a_node_that_nobody_swept_is_no_fault(scene: People) -> None:
    """Its lease ran out, graces are over: until somebody sweeps, the indexes agree on it."""
    await scene.disconnect("cat")
    scene.now += 3_600_000
    assert await scene.store.audit() == []
    await scene.redis.delete(scene.key("role:cat"))  # of its own age, if it takes days
    assert await scene.store.audit() == []


async def test_half_a_sweep_is_no_fault(scene: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead node's connections are lost a few at a time, and each time all agree."""
    monkeypatch.setattr("imchat.store.store.SWEEP_LIMIT", 1)
    scene.now += 3_600_000
    while await scene.store.sweep():
        assert await scene.store.audit() == []
    assert (await scene.store.examine()).nodes == 0


async def test_messages_that_were_kept_for_a_day_alone_are_no_fault(
    store_url: str, site: str
) -> None:
    """They expire together with what is known of their ids."""
    async with Store(store_url, site=site, rules=Rules(history_days=1)) as store:
        await store.library.load()
        people = People(store)
        await people.join()
        await people.agent("ann")
        await people.assigned("bob", topic="My parcel")
        history = await people.redis.hpexpiretime(people.key("history:ann:bob"), 1)
        sent = await people.redis.hpexpiretime(people.key("sent:ann:bob"), "bob:topic-1")
        assert history == sent
        assert await store.audit() == []


async def visits(people: People, uid: str, chance: random.Random) -> None:
    """A customer comes, asks, perhaps talks and closes, and goes, again and again."""
    while True:
        given = await people.asks(uid, desk=chance.choice(["default", "sales"]), topic="Help")
        if given.chat.agent:
            await people.say(uid, given.chat.agent, "customer")
        if chance.random() < 0.5:
            await people.store.close(
                given.chat.id, uid=Uid(uid), role="customer", connection=f"{uid}@{NODE}"
            )
        await people.disconnect(uid)


async def shifts(people: People, uid: str, chance: random.Random) -> None:
    """An agent comes, is away for a while, and goes, again and again."""
    while True:
        desks = chance.choice([["default"], ["default", "sales"]])
        await people.agent(uid, capacity=chance.randint(1, 3), desks=desks)
        for state in ("away", "online"):
            await people.status(uid, state)
        await people.disconnect(uid)


async def sweeps(people: People) -> None:
    """What a node does all the time."""
    while True:
        await people.store.lease(NODE)
        await people.store.sweep()


async def test_a_site_at_work_has_no_faults(
    store_url: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much happens between the calls of an audit."""
    async with Store(store_url, site=site, rules=Rules(grace_s=0)) as store:
        await store.library.load()
        people, chance = People(store), random.Random(1)
        monkeypatch.setattr(store.library, "now", None)  # graces end while we look
        await people.join()
        work = [shifts(people, f"agent-{n}", chance) for n in range(4)]
        work += [visits(people, f"customer-{n}", chance) for n in range(12)]
        async with beside(*work, sweeps(people)):
            while (seen := await store.examine()).closed < 300:
                assert seen.faults == []
        assert seen.messages > 100


# --- in short calls -----------------------------------------------------------------------------


async def test_a_large_site_is_looked_at_whole_in_many_calls(
    scene: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call looks at more than some keys, or some messages, and none is left out."""
    parts: list[int] = []
    call = Library.call

    async def counted(library: Library, function: str, reply: Any, **arguments: Any) -> Any:
        part = await call(library, function, reply, **arguments)
        parts.append(sum(part.looked_at.values()))
        return part

    for n in range(1_200):
        await scene.say("bob", "ann", "customer", id=f"{n}")
    for n in range(400):
        await scene.redis.set(scene.key(f"role:gone-{n}"), "customer", ex=1000)
    monkeypatch.setattr(Library, "call", counted)
    seen = await scene.store.examine()
    assert (seen.faults, seen.messages, seen.conversations) == ([], 1_204, 1)
    assert (seen.active, seen.waiting, seen.closed) == (1, 1, 1)
    assert (seen.agents, seen.nodes, seen.connections) == (1, 1, 4)
    assert max(parts) <= 700
    assert len(parts) > 4
