"""What a dead node held is taken in parts that keep nobody waiting, by whichever node."""

import asyncio

from imchat.store.store import SWEEP_LIMIT
from tests.store.people import People

MANY = 3 * SWEEP_LIMIT
"""More than the store keeps in the form of a list."""


async def test_the_connections_of_a_dead_node_are_swept_in_parts(people: People) -> None:
    """Each is lost once, and no call takes more than its limit, also when many sweep at once."""
    await people.join("node-2")
    await people.agent("a", node="node-2")
    await asyncio.gather(
        *(people.connect("a", "agent", node="node-2", connection=f"a-{n}") for n in range(MANY))
    )
    await people.store.retire("node-2")
    counts = await asyncio.gather(*(people.store.sweep() for _ in range(6)))
    assert sorted(counts) == [0, 0, 1, SWEEP_LIMIT, SWEEP_LIMIT, SWEEP_LIMIT]
    assert len(await people.events("lost")) == 1
    assert await people.redis.exists(people.key("held:node-2"), people.key("inbox:node-2")) == 0
