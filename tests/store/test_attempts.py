"""A store that is cut off, hangs or answers nothing: each call is executed once or not at all."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from imchat.errors import Unavailable
from imchat.ids import ChatId, Desk, Uid
from imchat.store import facts
from imchat.store.attempts import ATTEMPT_S
from imchat.store.store import Store
from tests.proxy import Proxy, proxy_to
from tests.store.people import NODE
from tests.support import eventually


class Site:
    """A store behind a proxy, and the same without."""

    def __init__(self, store: Store, direct: Store, proxy: Proxy, redis: Redis) -> None:
        self.store = store
        self.direct = direct
        self.proxy = proxy
        self._redis = redis

    async def calls(self) -> int:
        """How many calls the server has heard of."""
        return int((await self._redis.info("commandstats"))["cmdstat_fcall"]["calls"])

    async def request(self) -> facts.Assigned | facts.Queued:
        """Anna asks, through the proxy."""
        return await self.store.request(
            Uid("anna"), name="Anna", desk=Desk("default"), topic=None, connection="anna-1"
        )

    async def state(self) -> str:
        """What the agent says of itself."""
        [agent] = (await self.direct.site()).agents
        return agent.state


@pytest.fixture
async def cut_off(store_url: str, site: str) -> AsyncIterator[Site]:
    """An agent and a customer are there; the clock is the store's own."""
    async with (
        proxy_to(store_url) as proxy,
        Store(proxy.url, site=site) as store,
        Store(store_url, site=site) as direct,
        Redis.from_url(store_url) as redis,
    ):
        await store.library.load()
        await store.lease(NODE, join=True)
        for uid, role in (("a", "agent"), ("anna", "customer")):
            await store.connect(
                Uid(uid), role=role, name=uid, node=NODE, connection=f"{uid}-1", capacity=3,
                desks=[Desk("default")],
            )
        yield Site(store, direct, proxy, redis)


async def test_a_call_that_is_cut_off_before_it_arrives_is_made_again(cut_off: Site) -> None:
    """The store hears of it once."""
    heard = await cut_off.calls()
    cut_off.proxy.up.shut()
    asking = asyncio.create_task(cut_off.request())
    await eventually(lambda: cut_off.proxy.up.held, "the call is held")
    cut_off.proxy.cut()
    cut_off.proxy.up.open()
    assert isinstance(await asking, facts.Assigned)
    assert await cut_off.calls() == heard + 1


async def test_a_call_whose_reply_is_cut_off_is_executed_once(cut_off: Site) -> None:
    """It is made again and gets the same chat, although that was closed meanwhile."""
    cut_off.proxy.down.shut()
    asking = asyncio.create_task(cut_off.request())
    await eventually(lambda: cut_off.proxy.down.held, "the reply is held")
    await cut_off.direct.close(ChatId("1"), uid=Uid("a"), role="agent", connection="a-1")
    cut_off.proxy.cut()
    cut_off.proxy.down.open()
    assigned = await asking
    assert (assigned.chat.id, assigned.chat.state) == ("1", "closed")
    assert (await cut_off.direct.site()).totals.requested == 1


async def test_a_call_that_was_given_up_is_not_executed_later(cut_off: Site) -> None:
    """What hung in front of the store is left alone when it arrives, so it undoes nothing."""
    cut_off.proxy.stall()
    heard = await cut_off.calls()
    with pytest.raises(Unavailable):
        await cut_off.store.status(Uid("a"), state="away", connection="a-1")
    assert await cut_off.calls() == heard
    cut_off.proxy.flow()

    async def all_arrived() -> bool:
        return await cut_off.calls() > heard

    await eventually(all_arrived, "the copies arrive")
    assert await cut_off.state() == "online"


async def test_a_store_that_refuses_connections_is_found_out_at_once() -> None:
    """Nothing was sent, so there is nothing to wait for."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with Store(f"redis://127.0.0.1:{nobody.getsockname()[1]}") as store:
            async with asyncio.timeout(ATTEMPT_S):
                with pytest.raises(Unavailable):
                    await store.status(Uid("a"), state="away", connection="a-1")


async def test_one_silent_connection_condemns_the_idle_ones(cut_off: Site) -> None:
    """All were made before the network broke; the next attempt uses a new one."""
    await asyncio.gather(*(cut_off.direct.site() for _ in range(3)))
    await asyncio.gather(*(cut_off.store.site() for _ in range(8)))
    before = cut_off.proxy.accepted
    cut_off.proxy.half_open("server")
    assert (await cut_off.store.status(Uid("a"), state="away", connection="a-1")).state == "away"
    assert cut_off.proxy.accepted == before + 1
