"""A connection that is lost: what is tried again, what is told again, what was missed."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import pytest

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Disconnected, connection
from imchat.client.connection import backoff
from imchat.server.limits import CONNECTIONS_A_UID
from tests.client.support import ANN, BOB, bodies, heard, hearing, shown, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually, serving

# --- backoff -----------------------------------------------------------------


def test_the_wait_is_jittered_under_a_ceiling_that_doubles() -> None:
    """A server that comes back is not asked by all its clients at once, nor all the time."""
    ceilings = [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10]
    tries = [list(itertools.islice(backoff(), len(ceilings))) for _ in range(300)]
    for delays, ceiling in zip(zip(*tries, strict=True), ceilings, strict=True):
        assert 0 <= min(delays) < ceiling / 10
        assert ceiling * 0.9 < max(delays) <= ceiling


async def test_each_failure_waits_longer_until_a_connection_lasts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ceiling doubles while connections fail or are short, and starts anew after a long one."""
    monkeypatch.setattr(connection, "FIRST_DELAY_S", 0.01)
    monkeypatch.setattr("random.uniform", lambda _, ceiling: ceiling)

    async def losses(client: Client, count: int) -> list[float]:
        return [(await heard(client, Disconnected)).retry_in_s for _ in range(count)]

    async with proxy_to(server.url) as proxy:
        proxy.refuses = True
        async with Client(proxy.url, server.token("customer", BOB)) as bob:
            assert await losses(bob, 4) == [0.01, 0.02, 0.04, 0.08]
            proxy.refuses = False
            await heard(bob, Connected)
            proxy.cut()
            [short] = await losses(bob, 1)
            assert short >= 0.16
            monkeypatch.setattr(connection, "STABLE_S", 0)
            await heard(bob, Connected)
            proxy.cut()
            assert await losses(bob, 1) == [0.01]


# --- a server that comes back --------------------------------------------------


async def test_a_server_that_is_restarted_finds_its_clients_again(
    store_url: str, site: str, tmp_path: Path
) -> None:
    """Without anybody's doing; what was written meanwhile is sent, the chat is still open."""
    async with contextlib.AsyncExitStack() as clients:
        async with serving(store_url, site, data_dir=tmp_path) as server:
            ann = await clients.enter_async_context(server.client("agent", ANN))
            bob = await clients.enter_async_context(server.client("customer", BOB))
            await ann.ready()
            chat = (await bob.request()).chat.chat
            await bob.send(ANN, "before")
        lost = await heard(bob, Disconnected)
        assert lost.reason == "the server is going away"
        stored = bob.send(ANN, "meanwhile")
        async with serving(store_url, site, data_dir=tmp_path, port=server.node.port):
            assert (await stored).chat == chat
            heard_by_ann = [(await heard(ann, protocol.Message)).body for _ in range(2)]
            assert heard_by_ann == ["before", "meanwhile"]
            assert ann.chats.keys() == bob.chats.keys() == {chat}


async def test_what_was_not_answered_is_asked_again(server: Server) -> None:
    """A request whose reply was lost gets it on the next connection."""
    async with proxy_to(server.url) as proxy, server.client("agent", ANN) as ann:
        await ann.ready()
        async with Client(proxy.url, server.token("customer", BOB)) as bob:
            await bob.ready()
            proxy.down.shut()
            asked = asyncio.create_task(bob.request())
            await heard(ann, protocol.Assigned)
            proxy.cut()
            proxy.down.open()
            assigned = await asked
            assert isinstance(assigned, protocol.Assigned)
            assert bob.chats.keys() == ann.chats.keys()


async def test_a_lost_connection_is_said(server: Server) -> None:
    """Who iterates hears why, when it is tried again, and that it is back."""
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("customer", BOB)) as bob,
    ):
        await heard(bob, Connected)
        assert bob.state == "online"
        proxy.refuses = True
        proxy.cut()
        lost = await heard(bob, Disconnected)
        assert (lost.reason, bob.state) == ("the connection was lost", "connecting")
        assert 0 <= lost.retry_in_s <= 0.25
        proxy.refuses = False
        await heard(bob, Connected)
        assert bob.state == "online"


# --- what happened meanwhile -----------------------------------------------------


async def test_a_chat_that_was_closed_meanwhile_is_said_with_what_was_missed(
    server: Server,
) -> None:
    """Its last words are read from the history, and it is open no more."""
    async with (
        proxy_to(server.url) as proxy,
        talking(server, bob_url=proxy.url) as talk,
        hearing(talk.bob) as (events,),
    ):
        proxy.refuses = True
        proxy.cut()
        await eventually(lambda: talk.bob.state == "connecting", "Bob is away")
        await talk.ann.send(BOB, "the last word")
        await talk.ann.close(talk.chat)
        proxy.refuses = False
        await eventually(lambda: bodies(events) == ["the last word"], "it is heard")
        [missed] = [event for event in events if isinstance(event, ClosedMeanwhile)]
        assert (missed.chat.chat, missed.chat.reason) == (talk.chat, "agent")
        assert missed.chat.closed_at is not None
        assert talk.bob.chats == {}


async def test_a_chat_that_began_and_ended_meanwhile_is_heard_afterwards(server: Server) -> None:
    """The agent never heard of it, and what the customer said is told all the same, once."""
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("agent", ANN)) as ann,
        server.client("customer", BOB) as bob,
        server.client("customer", "cai") as cai,
        hearing(ann) as (events,),
    ):
        await ann.ready()
        await cai.request(topic="I was here before")
        await eventually(lambda: len(bodies(events)) == 1, "the first is heard")
        await cai.close(next(iter(cai.chats)))
        await eventually(lambda: not ann.chats, "its end is heard")
        proxy.stall()  # Ann is there, but nothing reaches her
        chat = (await bob.request(topic="My parcel")).chat
        await bob.send(ANN, "It is late")
        await bob.close(chat.chat)
        proxy.cut()
        proxy.flow()
        await eventually(lambda: len(bodies(events)) >= 3, "the second is heard")
        await eventually(lambda: not ann._mirror._healing, "all is read")
        assert bodies(events) == ["I was here before", "My parcel", "It is late"]
        missed = [event.chat.chat for event in events if isinstance(event, ClosedMeanwhile)]
        assert missed == [chat.chat]


async def test_a_chat_that_began_meanwhile_is_heard_from_its_beginning(server: Server) -> None:
    """It is still open; what was said in it so far is news, and no earlier chat's."""
    async with (
        proxy_to(server.url) as proxy,
        server.client("customer", BOB) as bob,
    ):
        async with talking(server) as before:
            await before.bob.send(ANN, "long ago")
            await before.bob.close(before.chat)
        async with (
            Client(proxy.url, server.token("agent", ANN)) as ann,
            hearing(ann) as (events,),
        ):
            await ann.ready()
            proxy.stall()
            await bob.request(topic="My parcel")
            await bob.send(ANN, "It is late")
            proxy.cut()
            proxy.flow()
            await eventually(lambda: len(bodies(events)) == 2, "it is heard")
            assert bodies(events) == ["My parcel", "It is late"]


async def test_a_chat_that_another_agent_has_meanwhile_is_known_as_such(
    store_url: str, site: str
) -> None:
    """The first one's last words are read, and the chat goes on with the second."""
    async with (
        serving(store_url, site, grace_s=0.1) as server,
        proxy_to(server.url) as proxy,
        server.client("customer", BOB) as elsewhere,
    ):
        await elsewhere.ready()  # Bob himself is not lost
        async with (
            talking(server, bob_url=proxy.url) as talk,
            hearing(talk.bob) as (events,),
        ):
            proxy.refuses = True
            proxy.cut()
            await eventually(lambda: talk.bob.state == "connecting", "Bob is away")
            await talk.ann.send(BOB, "a moment please")
            async with server.client("agent", "eve") as eve:
                await eve.ready()
                await talk.ann.__aexit__()
                await heard(eve, protocol.Assigned)
                proxy.refuses = False
                await eventually(lambda: bodies(events) == ["a moment please"], "it is heard")
                assert talk.bob.chats[talk.chat].agent == "eve"
                await eve.send(BOB, "I go on")
                await eventually(lambda: "I go on" in bodies(events), "the second is heard")
                assert shown(talk.bob, eve.uid) == [("eve", "I go on")]
                assert not any(isinstance(event, ClosedMeanwhile) for event in events)


async def test_what_was_read_while_away_is_told_afterwards(server: Server) -> None:
    """The other sees it read, though the mark itself was lost."""
    async with proxy_to(server.url) as proxy, talking(server, bob_url=proxy.url) as talk:
        await talk.ann.send(BOB, "read me")
        await heard(talk.bob, protocol.Message)
        proxy.refuses = True
        proxy.cut()
        await heard(talk.bob, Disconnected)
        talk.bob.mark_read(ANN, 1)
        proxy.refuses = False
        assert (await heard(talk.ann, protocol.Read)).seq == 1


async def test_watching_goes_on(server: Server) -> None:
    """Snapshots come again without being asked for again; stopped, they do not."""
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("supervisor", "eve")) as eve,
    ):
        eve.watch()
        await heard(eve, protocol.Snapshot)
        proxy.cut()
        await heard(eve, Connected)
        await heard(eve, protocol.Snapshot)
        eve.unwatch()
        proxy.cut()
        await heard(eve, Connected)
        async with hearing(eve) as (events,), server.client("agent", ANN) as ann:
            await ann.ready()
            watching = server.node._services.watching
            await eventually(lambda: not watching.begun.is_set(), "nobody watches")
            assert events == []


async def test_who_was_away_stays_away_though_the_server_forgot(
    store_url: str, site: str
) -> None:
    """A first hello makes an agent online; one that said otherwise says so again."""
    async with (
        serving(store_url, site, grace_s=0.05) as server,
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("agent", ANN)) as ann,
        server.client("supervisor", "eve") as eve,
    ):
        await ann.set_status("away")
        proxy.refuses = True
        proxy.cut()
        eve.watch()
        while (await heard(eve, protocol.Snapshot)).agents:
            pass
        proxy.refuses = False
        while not (snapshot := await heard(eve, protocol.Snapshot)).agents:
            pass
        while snapshot.agents[0].state != "away":
            snapshot = await heard(eve, protocol.Snapshot)


async def test_who_comes_online_again_is_not_held_to_what_it_said_before(
    store_url: str, site: str
) -> None:
    """The newest wish counts, though its reply was lost."""
    async with (
        serving(store_url, site) as server,
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("agent", ANN)) as ann,
    ):
        await ann.set_status("away")
        proxy.up.shut()
        asked = asyncio.create_task(ann.set_status("online"))
        await eventually(lambda: proxy.up.held, "it is on its way")
        proxy.cut()
        proxy.up.open()
        assert (await asked).state == "online"
        await ann.history(BOB)  # anything that was said after it would be answered by now
        async with server.client("agent", ANN) as other:
            status = (await other.ready()).status
            assert status is not None
            assert status.state == "online"


async def test_one_connection_too_many_waits_for_its_turn(server: Server) -> None:
    """It is refused and tries again, and is let in when another of the uid is gone."""
    async with contextlib.AsyncExitStack() as stack:
        async with server.client("customer", BOB) as first:
            await first.ready()
            for _ in range(CONNECTIONS_A_UID - 1):
                other = await stack.enter_async_context(server.client("customer", BOB))
                await other.ready()
            last = await stack.enter_async_context(server.client("customer", BOB))
            lost = await heard(last, Disconnected)
            assert "close one first" in lost.reason
        await asyncio.wait_for(last.ready(), 20)
