"""What the keys of a site say at one moment, read without the library in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.store.people import People


@dataclass(frozen=True)
class Look:
    """`events` are those since the look before, `last` is the id of the newest."""

    last: str
    events: list[dict[str, str]]
    buckets: dict[str, list[list[str]]]
    tickets: dict[str, list[int]]
    leases: dict[str, int]
    graces: dict[str, int]
    held: dict[str, set[str]]


async def look(
    people: People, *, desks: Sequence[str], tiers: range, nodes: Sequence[str], after: str
) -> Look:
    """Of each desk the buckets of these tiers, and its tickets; of each node its connections."""
    key = people.key
    asking = people.redis.pipeline(transaction=False)
    asking.xrange(key("events"), f"({after}")
    for kind in ("nodes", "grace"):
        asking.zrange(key(kind), 0, -1, withscores=True)
    for node in nodes:
        asking.hkeys(key(f"held:{node}"))
    for desk in desks:
        asking.zrange(key(f"queue:{desk}"), 0, -1)
        for tier in tiers:
            asking.zrange(key(f"tier:{desk}:{tier}"), 0, -1)
    found = iter(await asking.execute())
    entries = next(found)
    leases, graces = _scores(next(found)), _scores(next(found))
    held = {node: set(_plain(next(found))) for node in nodes}
    buckets, tickets = {}, {}
    for desk in desks:
        tickets[desk] = [int(id) for id in next(found)]
        buckets[desk] = [_plain(next(found)) for _ in tiers]
    return Look(
        last=entries[-1][0].decode() if entries else after,
        events=[{k.decode(): v.decode() for k, v in entry.items()} for _, entry in entries],
        buckets=buckets,
        tickets=tickets,
        leases=leases,
        graces=graces,
        held=held,
    )


def _plain(names: Sequence[bytes]) -> list[str]:
    return [name.decode() for name in names]


def _scores(members: Sequence[Any]) -> dict[str, int]:
    return {member.decode(): int(score) for member, score in members}
