"""A server that is none of ours, is broken, or means harm."""

import pytest

from imchat import protocol
from imchat.client import Client, Disconnected, connection
from imchat.errors import Conflict, RequestError, Unauthorized
from imchat.ids import ChatId, Uid
from tests.client.scripted import TOKEN, Frame, Scripted, chat, message, no_more, scripted
from tests.client.support import ANN, BOB, heard, hearing, shown
from tests.support import eventually

ESCAPE = "\x1b]2;owned\x07\u202e"
CLEAN = "�]2;owned�"


def history(frame: Frame, *seqs: int, more: bool = False, last_seq: int = 0) -> list[Frame]:
    """A reply with these messages."""
    return [
        {
            "type": "history", "ref": frame["ref"], "with": frame["with"], "more": more,
            "messages": [message(seq) for seq in seqs], "last_seq": last_seq,
        }
    ]


def says_nothing_new(frame: Frame) -> list[Frame]:
    """The script of a server whose histories are empty."""
    return history(frame) if frame["type"] == "history" else []


async def push(server: Scripted, *seqs: int) -> None:
    """Have the server push these messages."""
    for seq in seqs:
        await server.say({"type": "message", **message(seq)})


# --- text --------------------------------------------------------------------


async def test_even_a_uid_cannot_make_a_terminal_obey() -> None:
    """What is shown, kept and told is clean, whatever stands where."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await server.say({"type": "assigned", "chat": chat(agent=ESCAPE, desk=ESCAPE)})
        assigned = await heard(bob, protocol.Assigned)
        assert (assigned.chat.agent, assigned.chat.desk) == (CLEAN, CLEAN)
        pushed = message(1, id=ESCAPE, body=ESCAPE) | {"from": ESCAPE}
        await server.say({"type": "message", **pushed})
        await heard(bob, protocol.Message)
        assert shown(bob, Uid(CLEAN)) == [(CLEAN, CLEAN)]
        assert list(bob.conversations) == [CLEAN]


async def test_the_reason_of_a_close_is_clean() -> None:
    """It is shown where it says why one is reconnecting."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await server.close(4000, ESCAPE)
        assert (await heard(bob, Disconnected)).reason == CLEAN


# --- what is no protocol -------------------------------------------------------


@pytest.mark.parametrize(
    "nonsense",
    [
        "not json", "[]", '"text"', '{"type":"ack"}', '{"type":"assigned","chat":7}',
        '{"type":"message","seq":"1"}', "[" * 100_000,
    ],
    ids=["no JSON", "list", "text", "no fields", "wrong kind", "text for a number", "deep"],
)
async def test_what_is_no_frame_costs_the_connection_and_no_more(nonsense: str) -> None:
    """The client says so and tries again; it does not end, and loses nothing."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        stored = bob.send(ANN, "hello", id="mine")
        await server.until_asked("message")
        await server.say(nonsense)
        assert "no frame" in (await heard(bob, Disconnected)).reason
        await server.until_asked("message", 2)
        await server.say({"type": "ack", "id": "mine", "chat": "1", "seq": 1, "at": 1})
        assert (await stored).seq == 1


async def test_a_type_of_a_newer_version_is_ignored() -> None:
    """So are fields that nobody here knows."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await server.say({"type": "applause", "from": "ann"})
        await server.say({"type": "waiting", "chat": chat(), "position": 1, "eta_s": None, "n": 1})
        assert (await heard(bob, protocol.Waiting)).position == 1


async def test_a_reply_to_nobody_is_ignored() -> None:
    """An ack of what was never sent, a page that nobody asked for, a second welcome."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await server.say({"type": "ack", "id": "never", "chat": "1", "seq": 9, "at": 1})
        await server.say(history({"ref": "never", "with": "ann"}, 1)[0])
        await server.say({"type": "error", "code": "not_found", "message": "x", "ref": "never"})
        await server.say(server.welcome)
        await server.say({"type": "typing", "chat": "1", "from": "ann", "to": "bob"})
        async with hearing(bob) as (events,):
            await eventually(lambda: len(events) > 1, "the last came")
            assert [type(event).__name__ for event in events] == ["Connected", "Typing"]


async def test_an_error_about_nothing_in_particular_is_an_event() -> None:
    """Nobody waits for it, so whoever iterates is told; codes of a newer version too."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await server.say({"type": "error", "code": "tea_time", "message": "later"})
        error = await heard(bob, protocol.Error)
        assert (error.code, error.message) == ("tea_time", "later")


async def test_a_server_that_never_answers_hello_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is there and pings, but is no imchat."""
    monkeypatch.setattr(connection, "WELCOME_TIMEOUT_S", 0.05)
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        server.welcomes = False
        assert (await heard(bob, Disconnected)).reason == "the server did not answer hello"
        server.welcomes = True
        await bob.ready()


@pytest.mark.parametrize(
    ("code", "error"), [(4401, Unauthorized), (4409, Conflict)], ids=["4401", "4409"]
)
async def test_a_close_that_is_for_good_ends_the_client(
    code: int, error: type[Exception]
) -> None:
    """A token that expired, a role that changed: also long after the welcome."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        stored = bob.send(ANN, "hello")
        await server.close(code, "no more")
        with pytest.raises(error, match="no more"):
            await stored
        with pytest.raises(error, match="no more"):
            await heard(bob, Disconnected)


async def test_a_refusal_of_a_newer_version_is_still_one() -> None:
    """A code that nobody knows fails the call all the same."""
    def refuse(frame: Frame) -> list[Frame]:
        return [{"type": "error", "code": "tea_time", "message": "later", "ref": frame["id"]}]

    async with scripted(refuse) as server, Client(server.url, TOKEN) as bob:
        with pytest.raises(RequestError, match="later"):
            await bob.send(ANN, "hello")


async def test_watching_that_was_stopped_before_it_began_is_never_asked_for() -> None:
    """Nor after a reconnect."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        bob.watch()
        bob.unwatch()
        await bob.history(ANN)
        assert [frame["type"] for frame in server.asked] == ["history"]


# --- numbers -----------------------------------------------------------------


async def test_a_gap_is_asked_for_and_what_comes_is_in_order() -> None:
    """Pushes that were lost are read from the history, though nobody reconnected."""
    def script(frame: Frame) -> list[Frame]:
        if frame["type"] != "history":
            return []
        after = frame["after"]
        page = [seq for seq in (1, 2, 3, 4) if seq > after][:2]
        return history(frame, *page, more=page[-1] < 4, last_seq=4)

    async with scripted(script) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 4)
        assert [(await heard(bob, protocol.Message)).seq for _ in range(4)] == [1, 2, 3, 4]
        await no_more()
        assert len(server.asked) == 2


async def test_a_history_that_brings_nothing_is_not_asked_for_without_end() -> None:
    """What it lacks may come by itself, with the next message it is asked for again."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 5)
        await server.until_asked("history")
        await bob.history(ANN)
        assert len(server.asked) == 2
        await push(server, 6)
        await server.until_asked("history", 3)


async def test_a_page_that_promises_more_and_holds_nothing_ends_the_asking() -> None:
    """A broken server is not asked in a circle."""
    def script(frame: Frame) -> list[Frame]:
        return history(frame, more=True, last_seq=3)

    async with scripted(script) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat(last_seq=0)]
        await bob.ready()
        await push(server, 5)
        await server.until_asked("history")
        await bob.history(ANN)
        assert bob.conversation(ANN).last_seq == 3
        assert len(server.asked) <= 3


async def test_a_message_of_a_chat_that_was_not_told_is_heard_all_the_same() -> None:
    """It waits for its chat as long as one question takes, then it counts as the first."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await push(server, 7)
        assert (await heard(bob, protocol.Message)).seq == 7
        assert bob.conversation(ANN).has_earlier


async def test_a_chat_told_behind_its_first_message_begins_where_it_says() -> None:
    """Nothing that it said before is lost, nothing older is told as new."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        await bob.ready()
        await push(server, 7)
        await server.say({"type": "assigned", "chat": chat(last_seq=5)})
        await push(server, 6)
        assert [(await heard(bob, protocol.Message)).seq for _ in range(2)] == [6, 7]


async def test_an_earlier_page_that_a_chat_overtook_is_asked_for_again() -> None:
    """The conversation began behind it meanwhile, and must not have a hole before that."""
    def script(frame: Frame) -> list[Frame]:
        if "before" in frame:
            return history(frame, 8, 9, more=True, last_seq=9)
        told = {"type": "assigned", "chat": chat(last_seq=9)}
        return [told, *history(frame, 4, 5, more=True, last_seq=5)]

    async with scripted(script) as server, Client(server.url, TOKEN) as bob:
        assert await bob.load_earlier(ANN, limit=2) == 2
        assert shown(bob, ANN) == [(ANN, "body 8"), (ANN, "body 9")]
        assert server.asked[-1]["before"] == 10


async def test_numbers_that_went_back_begin_anew() -> None:
    """A store that lost its last second counts on; what it numbers again is not taken for old."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 1, 2, 3)
        assert [(await heard(bob, protocol.Message)).seq for _ in range(3)] == [1, 2, 3]
        server.welcome["chats"] = [chat(last_seq=1)]
        await server.close(1012, "restarted")
        await heard(bob, Disconnected)
        await eventually(lambda: bob.conversation(ANN).last_seq == 1, "it begins anew")
        await push(server, 2)
        assert (await heard(bob, protocol.Message)).seq == 2


async def test_a_number_that_is_given_again_is_heard_without_a_reconnect() -> None:
    """The store came back with less than it had, and the node kept its sockets open."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 1, 2, 3)
        assert [(await heard(bob, protocol.Message)).seq for _ in range(3)] == [1, 2, 3]
        await server.say({"type": "message", **message(2, id="other", body="after the loss")})
        assert (await heard(bob, protocol.Message)).body == "after the loss"
        await push(server, 3)
        assert (await heard(bob, protocol.Message)).seq == 3
        assert [body for _, body in shown(bob, ANN)] == ["after the loss", "body 3"]


async def test_a_chat_that_begins_anew_long_after_all_expired_is_heard() -> None:
    """Numbers that lived their time start from one again, while the client lived on."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 1, 2, 3)
        await server.say({"type": "closed", "chat": chat(last_seq=3), "by": "x", "reason": "agent"})
        await heard(bob, protocol.Closed)
        await server.say({"type": "assigned", "chat": chat(chat="2", last_seq=0)})
        again = message(1, chat="2", body="a month later")
        await server.say({"type": "message", **again})
        assert (await heard(bob, protocol.Message)).body == "a month later"


async def test_a_chat_told_again_late_does_not_begin_anew() -> None:
    """Its number is older than what was heard of this very chat since."""
    async with scripted(says_nothing_new) as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat()]
        await bob.ready()
        await push(server, 1, 2)
        await server.say({"type": "assigned", "chat": chat(last_seq=1)})
        await heard(bob, protocol.Assigned)
        assert shown(bob, ANN) == [(ANN, "body 1"), (ANN, "body 2")]
        assert bob.chats.keys() == {ChatId("1")}
        assert bob.conversation(ANN).me == BOB
