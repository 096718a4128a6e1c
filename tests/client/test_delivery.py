"""Whatever the network and the server do, each message is stored once and heard once, in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imchat.client import Disconnected, Event, connection, mirror
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Store
from tests.client.support import (
    ANN,
    BOB,
    Talk,
    bodies,
    hearing,
    shown,
    stored_bodies,
    talking,
)
from tests.proxy import Proxy, proxy_to
from tests.support import eventually, serving

RATE = 10_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, so that many losses take little time."""
    monkeypatch.setattr(connection, "LONGEST_DELAY_S", 0.1)
    monkeypatch.setattr(connection, "FIRST_DELAY_S", 0.1)


class Line:
    """Ann and Bob, each behind a proxy, and what each has heard."""

    def __init__(self, talk: Talk, ann: Proxy, bob: Proxy, heard: tuple[list[Event], ...]) -> None:
        self.talk = talk
        self.ann_proxy = ann
        self.bob_proxy = bob
        self.ann_heard, self.bob_heard = heard


@contextlib.asynccontextmanager
async def lines(store_url: str, site: str, *, in_flight: int = 1) -> AsyncIterator[Line]:
    """Ann and Bob talk by way of a proxy each."""
    async with (
        serving(store_url, site, rate=RATE) as server,
        proxy_to(server.url) as ann,
        proxy_to(server.url) as bob,
        talking(server, ann_url=ann.url, bob_url=bob.url, in_flight=in_flight) as talk,
        hearing(talk.ann, talk.bob) as events,
    ):
        yield Line(talk, ann, bob, events)


def said(count: int, by: str = "bob") -> list[str]:
    return [f"{by} says {n}" for n in range(count)]


# --- cuts --------------------------------------------------------------------


@pytest.mark.parametrize("in_flight", [1, 8])
async def test_cut_again_and_again_both_lose_and_double_nothing(
    store_url: str, site: str, store: Store, in_flight: int
) -> None:
    """The connections of both are lost in the middle of what both say."""
    count = 60
    async with lines(store_url, site, in_flight=in_flight) as line:
        talk = line.talk
        sent = [talk.bob.send(ANN, body) for body in said(count)]
        sent += [talk.ann.send(BOB, body) for body in said(count, "ann")]
        for n in range(5, count, 11):
            await sent[n]
            line.bob_proxy.cut()
            await sent[count + n]
            line.ann_proxy.cut()
        acks = await asyncio.gather(*sent)
        await eventually(lambda: len(bodies(line.ann_heard)) >= count, "Ann has heard all")
        await eventually(lambda: len(bodies(line.bob_heard)) >= count, "Bob has heard all")
        assert line.bob_proxy.accepted > 3
        assert bodies(line.ann_heard) == said(count)
        assert bodies(line.bob_heard) == said(count, "ann")
        assert sorted(ack.seq for ack in acks) == list(range(1, 2 * count + 1))
        kept = await stored_bodies(store)
        assert [body for _, body in shown(talk.ann, BOB)] == kept
        assert shown(talk.ann, BOB) == shown(talk.bob, ANN)
        for speaker in ("ann", "bob"):
            assert [body for body in kept if body.startswith(speaker)] == said(count, speaker)


@pytest.mark.parametrize("in_flight", [1, 8])
async def test_what_was_stored_and_whose_ack_was_lost_is_stored_once(
    store_url: str, site: str, store: Store, in_flight: int
) -> None:
    """The server has it, the client does not know, and sends it again under its id."""
    async with lines(store_url, site, in_flight=in_flight) as line:
        line.bob_proxy.down.shut()
        sent = [line.talk.bob.send(ANN, body) for body in said(8)]
        await eventually(lambda: len(bodies(line.ann_heard)) >= in_flight, "they are stored")
        line.bob_proxy.cut()
        line.bob_proxy.down.open()
        await asyncio.gather(*sent)
        await eventually(lambda: len(bodies(line.ann_heard)) >= 8, "Ann has heard all")
        assert bodies(line.ann_heard) == said(8)
        assert await stored_bodies(store) == said(8)
        assert bodies(line.bob_heard) == [], "what was sent from here is no news"
        assert [state.state for state in line.talk.bob.conversation(ANN).lines] == ["sent"] * 8


async def test_what_was_missed_is_read_from_the_history(
    store_url: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pushes that were lost with a connection are heard after it, by as many pages as it takes."""
    monkeypatch.setattr(mirror, "HEAL_PAGE", 3)
    async with lines(store_url, site) as line:
        line.ann_proxy.down.shut()
        await asyncio.gather(*[line.talk.bob.send(ANN, body) for body in said(10)])
        line.ann_proxy.cut()
        line.ann_proxy.down.open()
        await eventually(lambda: len(bodies(line.ann_heard)) >= 10, "Ann has heard all")
        assert bodies(line.ann_heard) == said(10)
        assert shown(line.talk.ann, BOB) == [(BOB, body) for body in said(10)]


async def test_a_heal_that_is_cut_goes_on(
    store_url: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that was asked for is asked for again."""
    monkeypatch.setattr(mirror, "HEAL_PAGE", 2)
    async with lines(store_url, site) as line:
        line.ann_proxy.down.shut()
        await asyncio.gather(*[line.talk.bob.send(ANN, body) for body in said(10)])
        line.ann_proxy.cut()
        line.ann_proxy.down.open()
        for n in range(2, 10, 3):
            await eventually(lambda n=n: len(bodies(line.ann_heard)) >= n, f"{n} are heard")  # type: ignore[misc]
            line.ann_proxy.cut()
        await eventually(lambda: len(bodies(line.ann_heard)) >= 10, "Ann has heard all")
        assert bodies(line.ann_heard) == said(10)


# --- stalls and delays -------------------------------------------------------


async def test_a_stalled_connection_goes_on_where_it_stood(
    store_url: str, site: str, store: Store
) -> None:
    """Nothing is sent again for a stall that ends in time."""
    async with lines(store_url, site) as line:
        line.bob_proxy.up.shut()
        line.ann_proxy.down.shut()
        sent = [line.talk.bob.send(ANN, body) for body in said(5)]
        await eventually(lambda: line.bob_proxy.up.held, "it stalls on the way up")
        line.bob_proxy.up.open()
        await asyncio.gather(*sent)
        await eventually(lambda: line.ann_proxy.down.held, "it stalls on the way down")
        line.ann_proxy.down.open()
        await eventually(lambda: len(bodies(line.ann_heard)) >= 5, "Ann has heard all")
        assert bodies(line.ann_heard) == await stored_bodies(store) == said(5)
        assert line.bob_proxy.accepted == line.ann_proxy.accepted == 1


async def test_a_connection_that_stalls_for_good_is_given_up(
    store_url: str, site: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ping without an answer says that it is lost, though no side has closed it."""
    monkeypatch.setattr(connection, "KEEPALIVE_S", 0.2)
    async with lines(store_url, site) as line:
        line.bob_proxy.down.shut()
        sent = line.talk.bob.send(ANN, "hello")
        await eventually(
            lambda: any(isinstance(event, Disconnected) for event in line.bob_heard), "it is lost"
        )
        line.bob_proxy.down.open()
        await sent
        assert await stored_bodies(store) == ["hello"]
        assert line.bob_proxy.accepted == 2


async def test_a_slow_network_changes_no_order(store_url: str, site: str, store: Store) -> None:
    """Acks and pushes that cross each other give both the same conversation."""
    async with lines(store_url, site, in_flight=4) as line:
        for gate in (line.ann_proxy.down, line.ann_proxy.up, line.bob_proxy.down):
            gate.delay_s = 0.005
        sent = [line.talk.bob.send(ANN, body) for body in said(20)]
        sent += [line.talk.ann.send(BOB, body) for body in said(20, "ann")]
        await asyncio.gather(*sent)
        await eventually(lambda: len(bodies(line.ann_heard)) >= 20, "Ann has heard all")
        await eventually(lambda: len(bodies(line.bob_heard)) >= 20, "Bob has heard all")
        assert shown(line.talk.ann, BOB) == shown(line.talk.bob, ANN)
        assert [body for _, body in shown(line.talk.ann, BOB)] == await stored_bodies(store)


# --- a server that refuses for now -------------------------------------------


async def test_too_fast_a_sender_is_slowed_down_and_nothing_else(
    store_url: str, site: str, store: Store
) -> None:
    """What is refused as `rate_limited` is sent again after a while, before what comes later."""
    async with (
        serving(store_url, site, rate=4) as server,
        talking(server) as talk,
        hearing(talk.ann, talk.bob) as (ann_heard, bob_heard),
    ):
        await asyncio.gather(*[talk.bob.send(ANN, body) for body in said(20)])
        assert await stored_bodies(store) == said(20)
        await eventually(lambda: len(bodies(ann_heard)) >= 20, "Ann has heard all")
        assert bodies(ann_heard) == said(20)
        assert bob_heard == []
        assert server.node._services.metrics.frames_refused > 0


async def test_a_store_that_goes_away_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    """What is refused as `unavailable` is sent again until it is stored."""
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    try:
        async with serving(embedded.url, "away", rate=RATE) as server, talking(server) as talk:
            await talk.bob.send(ANN, "before")
            await embedded.stop()
            sent = [talk.bob.send(ANN, body) for body in said(3)]
            refused = server.node._services.metrics
            before = refused.frames_refused
            await eventually(lambda: refused.frames_refused > before, "one was refused")
            await embedded.start()
            await asyncio.gather(*sent)
            assert shown(talk.bob, ANN) == [(BOB, body) for body in ["before", *said(3)]]
            assert (await talk.bob.history(ANN)).last_seq == 4
    finally:
        await embedded.stop()


async def test_a_request_whose_reply_the_node_lost_shows_the_topic_all_the_same(
    store: Store, store_url: str, site: str
) -> None:
    """The node asks again and finds the chat; its first message is read, by both sides once."""
    async with (
        proxy_to(store_url) as proxy,
        serving(proxy.url, site) as server,
        server.client("agent", ANN) as ann,
        server.client("customer", BOB) as bob,
        hearing(ann, bob) as (heard_by_ann, heard_by_bob),
    ):
        await ann.ready()
        await bob.ready()
        proxy.down.shut()
        asking = asyncio.create_task(bob.request(topic="My parcel"))

        async def executed() -> bool:
            return (await store.site()).totals.assigned == 1

        await eventually(executed, "the chat is open")
        proxy.cut()
        proxy.down.open()
        await asking
        await eventually(lambda: bodies(heard_by_ann), "Ann hears the topic")
        await eventually(lambda: bodies(heard_by_bob), "Bob hears it")
        await bob.send(ANN, "It is late")
        await eventually(lambda: len(bodies(heard_by_ann)) > 1, "what follows is heard")
        assert bodies(heard_by_ann) == ["My parcel", "It is late"]
        assert bodies(heard_by_bob) == ["My parcel"]
