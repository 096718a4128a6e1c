"""The client's requests and events against a real server."""

import asyncio

import pytest

from imchat import protocol
from imchat.client import Client, Disconnected, Missed
from imchat.client import events as client_events
from imchat.errors import (
    Conflict,
    Forbidden,
    NotFound,
    QueueFull,
    SetupError,
    Unauthorized,
    Unavailable,
)
from imchat.ids import ChatId, Uid
from tests.client.support import ANN, BOB, heard, hearing, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually, serving

# --- requests ----------------------------------------------------------------


async def test_a_request_is_answered_with_an_agent(server: Server) -> None:
    """Both sides then know the chat, and their conversation stands where it began."""
    async with talking(server) as talk:
        for client in (talk.ann, talk.bob):
            assert client.chats[talk.chat].state == "active"
        assert talk.bob.conversation(ANN).begun
        again = await talk.bob.request()
        assert again.chat == talk.bob.chats[talk.chat]


async def test_a_request_waits_until_a_slot_is_free(store_url: str, site: str) -> None:
    """A full desk answers with a place in its queue, and tells when it is served."""
    async with (
        serving(store_url, site, capacity=1) as server,
        talking(server) as talk,
        server.client("customer", "cat") as cat,
    ):
        waiting = await cat.request()
        assert isinstance(waiting, protocol.Waiting)
        assert waiting.position == 1
        assert cat.chats[waiting.chat.chat].state == "waiting"
        await talk.ann.close(talk.chat)
        assigned = await heard(cat, protocol.Assigned)
        assert assigned.chat.agent == ANN
        assert cat.chats == {waiting.chat.chat: assigned.chat}


async def test_a_refused_request_raises_what_the_protocol_calls_it(
    store_url: str, site: str
) -> None:
    """A code is an exception of the same name, with the server's words."""
    async with (
        serving(store_url, site, max_queue=0) as server,
        server.client("customer", BOB) as bob,
    ):
        with pytest.raises(QueueFull, match="too many are waiting"):
            await bob.request()
        with pytest.raises(NotFound):
            await bob.close(ChatId("999"))
        with pytest.raises(Forbidden):
            await bob.set_status("away")


async def test_closing_tells_both(server: Server) -> None:
    """Who closes gets it as the reply, the other as an event; neither has the chat any more."""
    async with talking(server) as talk:
        closed = await talk.ann.close(talk.chat)
        assert closed.reason == "agent"
        told = await heard(talk.bob, protocol.Closed)
        assert (told.by, told.chat.chat) == (ANN, talk.chat)
        assert (talk.ann.chats, talk.bob.chats) == ({}, {})


async def test_a_status_is_answered_with_how_the_agent_stands(server: Server) -> None:
    """The reply counts what it holds and could."""
    async with talking(server) as talk:
        status = await talk.ann.set_status("away")
        assert (status.state, status.load, status.capacity) == ("away", 1, 3)


async def test_a_cancelled_request_leaves_nothing_behind(server: Server) -> None:
    """Its reply is an event as ever, its refusal is nobody's."""
    async with server.client("customer", BOB) as bob:
        await bob.ready()
        for work in (bob.request(), bob.close(ChatId("999"))):
            task = asyncio.create_task(work)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with hearing(bob) as (events,):
            await bob.history(ANN)
            assert [type(event).__name__ for event in events] == ["Connected", "Waiting"]


async def test_a_request_cancelled_before_the_connection_is_never_made(server: Server) -> None:
    """Who gave up waiting does not find himself in a queue."""
    async with server.client("customer", BOB) as bob:
        task = asyncio.create_task(bob.request())
        await asyncio.sleep(0)
        task.cancel()
        await bob.ready()
        await bob.history(ANN)
        assert bob.chats == {}


# --- the supervisor ----------------------------------------------------------


async def test_watching_gives_snapshots_until_it_is_stopped(server: Server) -> None:
    """One at once, then one whenever something changed."""
    async with server.client("supervisor", "eve") as eve, server.client("agent", ANN) as ann:
        await ann.ready()
        eve.watch()
        snapshot = await heard(eve, protocol.Snapshot)
        assert [agent.uid for agent in snapshot.agents] == [ANN]
        await ann.set_status("away")
        while snapshot.agents[0].state != "away":
            snapshot = await heard(eve, protocol.Snapshot)
        eve.unwatch()
        await ann.set_status("online")


async def test_watching_that_is_refused_is_told(server: Server) -> None:
    """Nobody awaits it, so it is an event."""
    async with server.client("customer", BOB) as bob:
        bob.watch()
        assert (await heard(bob, protocol.Error)).code == "forbidden"


# --- events ------------------------------------------------------------------


async def test_iterating_goes_on_where_it_was_left(server: Server) -> None:
    """Neither leaving the loop nor a timeout loses an event."""
    async with talking(server) as talk:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(talk.ann)
        for n in range(3):
            await talk.bob.send(ANN, f"{n}")
        assert [(await heard(talk.ann, protocol.Message)).body for _ in range(3)] == [
            "0", "1", "2",
        ]


async def test_one_task_iterates_at_a_time(server: Server) -> None:
    """Two would share the events out between them, which nobody means."""
    async with server.client("customer", BOB) as bob:
        await heard(bob, object)
        async with hearing(bob):
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="two tasks"):
                await anext(bob)


async def test_of_the_snapshots_that_wait_only_the_newest_is_kept() -> None:
    """A screen that is slow does not draw the past; other events keep their place."""
    none = dict.fromkeys(protocol.Totals.__struct_fields__, 0)
    events = client_events.Events()
    typing = protocol.Typing(chat=ChatId("1"), sender=ANN, to=BOB)
    for at in (1, 2):
        totals = protocol.Totals(**none)
        events.put(protocol.Snapshot(at=at, desks={}, agents=[], totals=totals))
    events.put(typing)
    assert isinstance(newest := await events.take(), protocol.Snapshot)
    assert newest.at == 2
    assert await events.take() is typing


async def test_events_that_nobody_takes_are_bounded(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that only sends does not fill up; one that comes back late is told so."""
    monkeypatch.setattr(client_events, "MAX_WAITING", 3)
    async with talking(server) as talk:
        for n in range(6):
            await talk.ann.send(BOB, f"{n}")
        await eventually(lambda: len(talk.bob.conversation(ANN).lines) == 6, "all came")
        assert await anext(talk.bob) == Missed(3)
        assert [(await heard(talk.bob, protocol.Message)).body for _ in range(3)] == [
            "3", "4", "5",
        ]


# --- the client's own life -----------------------------------------------------


async def test_what_ends_a_client_is_raised_by_ready_and_the_iterator(server: Server) -> None:
    """No retry could mend these, and every other call says the same."""
    async with server.client("agent", ANN) as ann:
        await ann.ready()
        broken = [
            (Client(server.url, "no token"), Unauthorized),
            (Client(server.url, server.token("customer", ANN)), Conflict),
            (Client("http://127.0.0.1:1", server.token("customer", BOB)), SetupError),
        ]
        for client, error in broken:
            async with client:
                with pytest.raises(error):
                    await client.ready()
                with pytest.raises(error):
                    await anext(client)
                with pytest.raises(error):
                    await client.request()
                assert client.state == "closed"


@pytest.mark.parametrize(
    "url",
    [
        "", "ws://", "ws://a..b/ws", "ws://127.0.0.1:99999/ws", "ws://127.0.0.1:x/ws",
        "ws://[::1/ws", "ws://\0/ws", "127.0.0.1:8765",
    ],
)
async def test_a_url_that_is_none_says_so(url: str) -> None:
    """In one sentence, whatever is wrong with it, instead of trying for ever."""
    async with Client(url, "token") as client:
        with pytest.raises(SetupError, match="no WebSocket URL"):
            await client.ready()


async def test_a_proxy_of_the_machine_is_not_asked_for_the_machine_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where everything goes by a proxy, a server here is still reached."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
        async with Client(url, server.token("customer", BOB)) as bob:
            async with asyncio.timeout(5):
                await bob.ready()


async def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No retry mends the machine's settings."""
    monkeypatch.setenv("http_proxy", "carrier://pigeon")
    monkeypatch.setenv("https_proxy", "carrier://pigeon")
    async with Client("ws://imchat.invalid/ws", "token") as client:
        with pytest.raises(SetupError, match="proxy"):
            await client.ready()


async def test_a_closed_client_raises(server: Server) -> None:
    """Every request, the iterator, and what was still under way."""
    async with server.client("customer", BOB) as bob:
        await bob.ready()
        stored = bob.send(ANN, "under way")
        line = bob.conversation(ANN).lines[0]
    assert (bob.state, line.state) == ("closed", "failed")
    with pytest.raises(Unavailable, match="the client is closed"):
        await stored
    with pytest.raises(Unavailable, match="the client is closed"):
        bob.send(ANN, "too late")
    assert bob.conversation(ANN).lines == [line]
    with pytest.raises(Unavailable, match="the client is closed"):
        await bob.request()
    with pytest.raises(Unavailable, match="the client is closed"):
        async for _ in bob:
            pass
    bob.typing(ANN)


async def test_a_client_that_was_never_welcomed_is_ready_for_nothing(server: Server) -> None:
    """Who waits for it while it is closed does not wait for ever."""
    async with proxy_to(server.url) as proxy:
        proxy.refuses = True
        async with Client(proxy.url, server.token("customer", BOB)) as bob:
            waiting = asyncio.create_task(bob.ready())
            await heard(bob, Disconnected)
        with pytest.raises(Unavailable):
            await waiting


async def test_a_client_is_entered_once(server: Server) -> None:
    """Its calls and events are those of one life."""
    bob = server.client("customer", BOB)
    async with bob:
        pass
    with pytest.raises(RuntimeError, match="entered once"):
        await bob.__aenter__()


async def test_a_token_is_made_for_each_connection(server: Server) -> None:
    """A function's; so a short-lived one does not end a long-lived client."""
    made = []

    def token() -> str:
        made.append(server.token("customer", BOB))
        return made[-1]

    async with proxy_to(server.url) as proxy, Client(proxy.url, token) as bob:
        await bob.ready()
        proxy.cut()
        await heard(bob, Disconnected)
        await bob.history(ANN)
        assert len(made) == 2


async def test_a_token_of_another_uid_ends_the_client(server: Server) -> None:
    """Its conversations would be another's."""
    uids = iter([BOB, Uid("mallory")])
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, lambda: server.token("customer", next(uids))) as client,
    ):
        await client.ready()
        proxy.cut()
        with pytest.raises(SetupError, match="'bob' and is now for 'mallory'"):
            await heard(client, Missed)


async def test_a_function_for_tokens_that_fails_ends_the_client_with_its_error(
    server: Server,
) -> None:
    """Whatever it raises is the caller's to know."""

    def token() -> str:
        raise LookupError("no such user")

    async with Client(server.url, token) as client:
        with pytest.raises(LookupError, match="no such user"):
            await client.ready()


async def test_the_uid_is_known_before_the_welcome(server: Server) -> None:
    """The token names it; one that names nobody is refused as the server would."""
    assert server.client("customer", BOB).uid == BOB
    with pytest.raises(Unauthorized):
        _ = Client(server.url, "no token").uid


async def test_a_customer_rates_a_chat_that_is_closed(server: Server) -> None:
    """The reply is also an event, on each of its clients."""
    async with talking(server) as talk, server.client("customer", BOB) as other:
        await other.ready()
        await talk.bob.close(talk.chat)
        rated = await talk.bob.rate(talk.chat, 5, "Thank you")
        assert rated.chat.score == 5
        for client in (talk.bob, other):
            assert (await heard(client, protocol.Rated)).chat == rated.chat
            assert client.chats == {}


async def test_an_agent_notes_and_reads_what_is_known_of_a_customer(server: Server) -> None:
    """Foreign text is clean there too."""
    async with talking(server) as talk:
        await talk.bob.close(talk.chat)
        await talk.bob.request()
        await heard(talk.ann, protocol.Assigned)
        noted = await talk.ann.add_note(BOB, "Says\n\x1b[31mmuch")
        assert [note.body for note in noted.notes] == ["Says\n\N{REPLACEMENT CHARACTER}[31mmuch"]
        known = await talk.ann.customer(BOB)
        assert ([chat.chat for chat in known.chats], known.notes) == ([talk.chat], noted.notes)
