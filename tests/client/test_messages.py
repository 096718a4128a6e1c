"""Messages, what was read, and histories, between clients of a real server."""

import asyncio

import pytest

from imchat import protocol
from imchat.client import Client, Disconnected
from imchat.errors import BadFrame, ImchatError, NotFound, TooLarge
from tests.client.support import ANN, BOB, bodies, heard, hearing, shown, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually, serving

# --- messages ----------------------------------------------------------------


async def test_a_message_is_shown_at_once_and_sent_when_it_is_acked(server: Server) -> None:
    """The future gives the ack; the line that stood there becomes the stored one."""
    async with talking(server) as talk:
        stored = talk.bob.send(ANN, "hello")
        line = talk.bob.conversation(ANN).lines[-1]
        assert line.state == "sending"
        ack = await stored
        assert (line.state, line.seq, line.at) == ("sent", ack.seq, ack.at)
        assert (await heard(talk.ann, protocol.Message)).body == "hello"


async def test_a_message_may_be_sent_before_there_is_a_connection(server: Server) -> None:
    """It stands in the conversation and goes as soon as it can, without waiting for ready()."""
    async with talking(server) as talk, proxy_to(server.url) as proxy:
        await talk.bob.send(ANN, "of my telephone")
        proxy.refuses = True
        async with Client(proxy.url, server.token("customer", BOB)) as again:
            stored = again.send(ANN, "of my laptop")
            await heard(again, Disconnected)
            assert (again.state, again.uid) == ("connecting", BOB)
            assert shown(again, ANN) == [(BOB, "of my laptop")]
            proxy.refuses = False
            assert (await stored).seq == 2
            assert shown(again, ANN) == [(BOB, "of my laptop")]
            assert await again.load_earlier(ANN) == 1
            assert shown(again, ANN) == [(BOB, "of my telephone"), (BOB, "of my laptop")]


async def test_a_refused_message_fails_and_may_be_sent_again(server: Server) -> None:
    """It stays on the screen with its reason; its id is free again."""
    async with server.client("agent", ANN) as ann, server.client("customer", BOB) as bob:
        await ann.ready()
        with pytest.raises(NotFound):
            await bob.send(ANN, "too early", id="mine")
        [line] = bob.conversation(ANN).lines
        assert (line.state, line.error) == ("failed", "there is no open chat between you and ann")
        await bob.request()
        await bob.send(ANN, line.body, id=line.id)
        assert (line.state, line.error) == ("sent", None)
        assert bob.conversation(ANN).lines == [line]


async def test_a_refusal_that_nobody_waits_for_harms_nothing(server: Server) -> None:
    """Who did not keep the future sees it on the line."""
    async with server.client("customer", BOB) as bob:
        bob.send(ANN, "nobody is there")
        await eventually(lambda: bob.conversation(ANN).lines[0].state == "failed", "it failed")


@pytest.mark.parametrize(
    ("body", "error"),
    [("x" * 8193, TooLarge), ("x" * 100_000, TooLarge), ("", BadFrame)],
    ids=["long", "longer than a frame", "empty"],
)
async def test_what_no_server_takes_fails_here(
    server: Server, body: str, error: type[ImchatError]
) -> None:
    """The server would close the connection for it, and again whenever it came again."""
    async with talking(server) as talk:
        with pytest.raises(error):
            await talk.bob.send(ANN, body)
        assert talk.bob.conversation(ANN).lines[-1].state == "failed"
        await talk.bob.send(ANN, "still connected")
        with pytest.raises(TooLarge):
            await talk.bob.request(topic="x" * 100_000)
        assert talk.bob.state == "online"


async def test_an_id_is_under_way_once(server: Server) -> None:
    """A second message under it would never be told from the first."""
    async with talking(server) as talk:
        first = talk.bob.send(ANN, "one", id="same")
        with pytest.raises(ValueError, match="under way"):
            talk.bob.send(ANN, "two", id="same")
        seq = (await first).seq
        assert (await talk.bob.send(ANN, "two", id="same")).seq == seq
        assert shown(talk.bob, ANN) == [(BOB, "one")]


@pytest.mark.parametrize("id", ["two\nlines", "\x1b[1m", "\u202e"])
async def test_an_id_is_what_comes_back_clean(server: Server, id: str) -> None:
    """An ack under an id that was cleaned would be taken for another's."""
    async with talking(server) as talk:
        with pytest.raises(ValueError, match="no id"):
            talk.bob.send(ANN, "hello", id=id)


async def test_half_a_surrogate_pair_is_no_text(server: Server) -> None:
    """It cannot be sent, so it does not stand there as if it were being sent."""
    async with talking(server) as talk:
        with pytest.raises(ValueError, match="surrogates"):
            talk.bob.send(ANN, "\ud83d")
        assert talk.bob.conversation(ANN).lines == []


async def test_foreign_text_is_clean_on_screen_and_as_it_was_in_the_store(server: Server) -> None:
    """Both clients show the same harmless text."""
    async with talking(server) as talk:
        await talk.bob.send(ANN, "\x1b]2;owned\x07")
        assert (await heard(talk.ann, protocol.Message)).body == "�]2;owned�"
        assert shown(talk.bob, ANN) == shown(talk.ann, BOB)


async def test_two_connections_of_one_uid_see_one_conversation(server: Server) -> None:
    """What one sends the other hears, each message once and in the same order."""
    async with (
        talking(server) as talk,
        server.client("customer", BOB) as other,
        hearing(talk.bob, other) as (first, second),
    ):
        await other.ready()
        await talk.bob.send(ANN, "from one")
        await other.send(ANN, "from the other")
        await talk.ann.send(BOB, "to both")
        await eventually(lambda: "to both" in bodies(first), "the one hears it")
        await eventually(lambda: "to both" in bodies(second), "the other hears it")
        assert bodies(first) == ["from the other", "to both"]
        assert bodies(second) == ["from one", "to both"]
        expected = [(BOB, "from one"), (BOB, "from the other"), (ANN, "to both")]
        assert shown(talk.bob, ANN) == shown(other, ANN) == expected


async def test_typing_reaches_the_other(server: Server) -> None:
    """As an event, and never as an error, even when the chat was closed at that moment."""
    async with talking(server) as talk:
        talk.ann.typing(BOB)
        assert (await heard(talk.bob, protocol.Typing)).sender == ANN
        await talk.bob.close(talk.chat)
        async with hearing(talk.bob) as (events,):
            talk.bob.typing(ANN)
            await talk.bob.history(ANN)
            assert not any(isinstance(event, protocol.Error) for event in events)


async def test_read_marks_reach_the_other_and_the_other_connection(server: Server) -> None:
    """A mark is told once, never beyond what is known, and counts for all of a uid."""
    async with talking(server) as talk, server.client("customer", BOB) as other:
        await other.ready()
        await talk.ann.send(BOB, "read me")
        await heard(other, protocol.Message)
        await heard(talk.bob, protocol.Message)
        assert talk.bob.conversation(ANN).unread == 1
        talk.bob.mark_read(ANN, 999)
        talk.bob.mark_read(ANN, 1)
        assert talk.bob.conversation(ANN).unread == 0
        assert (await heard(talk.ann, protocol.Read)).seq == 1
        assert talk.ann.conversation(BOB).read_by_peer == 1
        await heard(other, protocol.Read)
        assert other.conversation(ANN).unread == 0
        await talk.ann.send(BOB, "and me")
        await heard(talk.bob, protocol.Message)
        assert talk.bob.conversation(ANN).unread == 1


# --- history -----------------------------------------------------------------


async def test_the_history_is_read_in_pages_in_both_directions(store_url: str, site: str) -> None:
    """`after` goes on, `before` goes back, neither gives the newest."""
    async with serving(store_url, site, rate=1000) as server, talking(server) as talk:
        for n in range(1, 8):
            await talk.bob.send(ANN, f"{n}")
        newest = await talk.bob.history(ANN, limit=3)
        assert ([m.seq for m in newest.messages], newest.more) == ([5, 6, 7], True)
        before = await talk.bob.history(ANN, before=5, limit=4)
        assert ([m.seq for m in before.messages], before.more) == ([1, 2, 3, 4], False)
        after = await talk.bob.history(ANN, after=5, limit=500)
        assert ([m.seq for m in after.messages], after.more) == ([6, 7], False)


async def test_what_came_before_is_loaded_page_by_page(store_url: str, site: str) -> None:
    """A client that comes later has the chat's end and asks for the rest, doubling nothing."""
    async with serving(store_url, site, rate=1000) as server, talking(server) as talk:
        for n in range(1, 8):
            await talk.bob.send(ANN, f"{n}")
        async with server.client("customer", BOB) as later:
            await later.ready()
            conversation = later.conversation(ANN)
            assert (conversation.lines, conversation.has_earlier) == ([], True)
            assert await later.load_earlier(ANN, limit=4) == 4
            both = await asyncio.gather(*[later.load_earlier(ANN, limit=4) for _ in range(2)])
            assert sorted(both) == [0, 3]
            assert not conversation.has_earlier
            assert [line.body for line in conversation.lines] == [f"{n}" for n in range(1, 8)]


async def test_a_conversation_without_an_open_chat_can_be_looked_at(server: Server) -> None:
    """It starts with its newest page; a chat that opens goes on from there."""
    async with talking(server) as talk:
        await talk.bob.send(ANN, "last week")
        await talk.bob.close(talk.chat)
        async with server.client("customer", BOB) as later:
            assert await later.load_earlier(ANN) == 1
            assert shown(later, ANN) == [(BOB, "last week")]
            await later.request()
            await later.send(ANN, "today")
            assert shown(later, ANN) == [(BOB, "last week"), (BOB, "today")]


async def test_a_conversation_that_is_forgotten_begins_anew_with_its_next_chat(
    server: Server,
) -> None:
    """What was said before is history then, and nothing of it is told again."""
    async with talking(server) as talk, hearing(talk.ann) as (events,):
        await talk.bob.send(ANN, "before")
        await eventually(lambda: bodies(events) == ["before"], "it is heard")
        await talk.ann.close(talk.chat)
        talk.ann.forget(BOB)
        assert talk.ann.conversations == {}
        await talk.bob.request()
        await talk.bob.send(ANN, "after")
        await eventually(lambda: bodies(events) == ["before", "after"], "it is heard")
        assert shown(talk.ann, BOB) == [(BOB, "after")]
        assert await talk.ann.load_earlier(BOB) == 1
