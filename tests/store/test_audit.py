"""The audit finds each way in which the indexes may disagree: broken by hand, then mended."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.store.people import People

Break = Callable[[People], Awaitable[Any]]

BROKEN: dict[str, tuple[Break, Break]] = {
    "holds 1 of 0": (
        lambda p: p.redis.hset(p.key("agent:ann"), "capacity", 0),
        lambda p: p.redis.hset(p.key("agent:ann"), "capacity", 3),
    ),
    "bucket default:1 is wrong": (
        lambda p: p.redis.rename(p.key("tier:default:1"), p.key("aside")),
        lambda p: p.redis.rename(p.key("aside"), p.key("tier:default:1")),
    ),
    "whose load differs": (
        lambda p: p.redis.zadd(p.key("tier:default:2"), {"ann": 1}),
        lambda p: p.redis.zrem(p.key("tier:default:2"), "ann"),
    ),
    "is not its customer's open one": (
        lambda p: p.redis.rename(p.key("open:bob"), p.key("open:eve")),
        lambda p: p.redis.rename(p.key("open:eve"), p.key("open:bob")),
    ),
    "is neither in a queue nor with an agent": (
        lambda p: p.redis.rename(p.key("serving:ann"), p.key("aside")),
        lambda p: p.redis.rename(p.key("aside"), p.key("serving:ann")),
    ),
    "is neither connected nor in grace": (
        lambda p: p.redis.rename(p.key("presence:ann"), p.key("aside")),
        lambda p: p.redis.rename(p.key("aside"), p.key("presence:ann")),
    ),
    "is connected and in grace": (
        lambda p: p.redis.zadd(p.key("grace"), {"bob": 1}),
        lambda p: p.redis.zrem(p.key("grace"), "bob"),
    ),
    "holds connections and is gone": (
        lambda p: p.redis.rename(p.key("nodes"), p.key("aside")),
        lambda p: p.redis.rename(p.key("aside"), p.key("nodes")),
    ),
    "has no lifetime": (
        lambda p: p.redis.persist(p.key("seq:ann:bob")),
        lambda p: p.redis.expire(p.key("seq:ann:bob"), 1000),
    ),
}


@pytest.mark.parametrize("sentence", BROKEN)
async def test_a_disagreement_is_found(people: People, sentence: str) -> None:
    """It is said in a sentence, and gone when it is mended."""
    await people.agent("ann")
    await people.assigned("bob", topic="My parcel")
    assert await people.store.audit() == []
    break_it, mend_it = BROKEN[sentence]
    await break_it(people)
    assert any(sentence in fault for fault in await people.store.audit())
    await mend_it(people)
    assert await people.store.audit() == []


async def test_a_free_slot_while_somebody_waits_is_found(people: People) -> None:
    """The rule above all others."""
    await people.agent("ann", capacity=1)
    await people.assigned("bob")
    await people.asks("cat")
    await people.redis.zadd(people.key("tier:default:1"), {"ann": 1})
    found = await people.store.audit()
    assert any("has a free slot while somebody waits" in fault for fault in found)
    await people.redis.zrem(people.key("tier:default:1"), "ann")
