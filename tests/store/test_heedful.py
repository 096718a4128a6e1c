"""Cancelling a call of the store always stops its caller."""

import asyncio

from imchat.store.store import Store


async def test_a_cancellation_is_never_lost(store_url: str, site: str) -> None:
    """Whenever in its life a reader of a stream is cancelled, it stops."""

    async def read_for_ever(store: Store) -> None:
        while True:
            await store.read_events(f"imchat:{{{site}}}:nothing", (0, 0), block_ms=20)

    for turns in range(40):
        async with Store(store_url, site=site) as store:
            reader = asyncio.create_task(read_for_ever(store))
            for _ in range(turns):
                await asyncio.sleep(0)
            reader.cancel()
            _, running = await asyncio.wait([reader], timeout=5)
            assert not running, f"lost after {turns} turns of the loop"
