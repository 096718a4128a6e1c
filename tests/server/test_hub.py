"""Outboxes and routes. Pure but for an event that nobody waits for."""

import contextlib

import pytest

from imchat.ids import Uid
from imchat.server.hub import MAX_OUTGOING, MAX_WAITING, Hub, Outbox


class Closes:
    """Counts how often it is called."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
async def closes() -> Closes:
    """What an outbox calls when it begins to close."""
    return Closes()


@pytest.fixture
async def outbox(closes: Closes) -> Outbox:
    """A connection that was welcomed."""
    outbox = Outbox("one", closes)
    outbox.open()
    return outbox


def _all(outbox: Outbox) -> list[bytes]:
    return outbox.take()


async def test_pushes_wait_behind_the_welcome(closes: Closes) -> None:
    """What is pushed before the store's reply to the hello comes after the welcome."""
    outbox = Outbox("one", closes)
    outbox.push(b"early")
    assert outbox.take() == []
    outbox.open(b"welcome")
    outbox.push(b"late")
    assert _all(outbox) == [b"welcome", b"early", b"late"]


async def test_a_refused_hello_drops_what_was_pushed(closes: Closes) -> None:
    """Who is refused hears why and nothing of the uid."""
    outbox = Outbox("one", closes)
    outbox.push(b"secret")
    outbox.refuse(b"no")
    assert _all(outbox) == [b"no"]


async def test_pushes_during_a_request_follow_its_answer(outbox: Outbox) -> None:
    """The order of the wire is the order of the store."""
    outbox.push(b"before")
    with outbox.answering() as answer:
        outbox.push(b"what came of it")
        answer(b"the reply")
        answer(b"the topic")
    outbox.push(b"after")
    assert _all(outbox) == [b"before", b"the reply", b"the topic", b"what came of it", b"after"]


async def test_pushes_during_a_request_that_fails_are_kept(outbox: Outbox) -> None:
    """An error is no reason to miss what happened."""
    with contextlib.suppress(ZeroDivisionError), outbox.answering():
        outbox.push(b"news")
        raise ZeroDivisionError
    assert _all(outbox) == [b"news"]


async def test_an_outbox_that_overflows_is_closed_with_1013(
    outbox: Outbox, closes: Closes
) -> None:
    """What waits is dropped, for it is in the history; and it is said once."""
    frame = b"x" * (MAX_OUTGOING // 4)
    for _ in range(6):
        outbox.push(frame)
    assert outbox.overflowed
    assert outbox.closing is not None
    assert outbox.closing[0] == 1013
    assert (closes.count, outbox.size, outbox.take()) == (1, 0, [])


async def test_what_the_connection_still_holds_counts(closes: Closes) -> None:
    """What was taken is not yet sent; and what waits behind a reply waits as well."""
    held = MAX_WAITING - 100
    outbox = Outbox("one", closes, held=lambda: held)
    outbox.open()
    with outbox.answering() as answer:
        answer(b"x" * 40)
        outbox.push(b"x" * 50)
        assert not outbox.overflowed
    assert (outbox.size, outbox.overflowed) == (90, False)
    with outbox.answering():
        outbox.push(b"x" * 11)
    assert (outbox.size, outbox.overflowed, closes.count) == (0, True, 1)
    assert _all(outbox) == []


async def test_a_refused_hello_leaves_no_size(closes: Closes) -> None:
    """What was pushed meanwhile waits no more."""
    outbox = Outbox("one", closes)
    outbox.push(b"x" * MAX_WAITING)
    outbox.refuse(b"no")
    assert (outbox.size, outbox.overflowed) == (2, False)


async def test_one_frame_of_any_size_is_sent(outbox: Outbox) -> None:
    """A large page of a history is not refused for its size alone."""
    outbox.push(b"x" * (2 * MAX_OUTGOING))
    assert len(_all(outbox)) == 1
    assert not outbox.overflowed


async def test_what_is_queued_is_sent_before_the_close(outbox: Outbox, closes: Closes) -> None:
    """And nothing after it; the first reason to close counts."""
    outbox.push(b"last words")
    outbox.close(1008, "first")
    outbox.close(1001, "second")
    outbox.push(b"too late")
    assert outbox.closing == (1008, "first")
    assert closes.count == 1
    assert _all(outbox) == [b"last words"]


async def test_a_reason_fits_into_a_close_frame(outbox: Outbox) -> None:
    """At most 123 bytes of UTF-8, cut between characters."""
    outbox.close(4401, "中" * 100)
    assert outbox.closing == (4401, "中" * 41)


async def test_a_push_goes_to_all_connections_of_the_uid_but_one(closes: Closes) -> None:
    """And to no other uid's."""
    hub = Hub()
    one, two, other = (Outbox(id, closes) for id in ("1", "2", "3"))
    for uid, outbox in (("a", one), ("a", two), ("b", other)):
        outbox.open()
        hub.add(Uid(uid), outbox)
    hub.push(Uid("a"), b"to both")
    hub.push(Uid("a"), b"to one", skip="2")
    hub.push(Uid("nobody"), b"to none")
    assert [_all(outbox) for outbox in (one, two, other)] == [
        [b"to both", b"to one"], [b"to both"], [],
    ]
    hub.remove(Uid("a"), one)
    hub.remove(Uid("a"), one)
    hub.push(Uid("a"), b"to two")
    assert (_all(one), _all(two)) == ([], [b"to two"])
    hub.remove(Uid("a"), two)
    hub.remove(Uid("b"), other)
    assert hub._outboxes == {}


async def test_connections_that_are_closing_count_no_more(closes: Closes) -> None:
    """A client that was told to come back is let in before its old connection is gone."""
    hub = Hub()
    one, two = (Outbox(id, closes) for id in ("1", "2"))
    for outbox in (one, two):
        hub.add(Uid("a"), outbox)
    assert (hub.connections(Uid("a")), hub.connections(Uid("b"))) == (2, 0)
    one.close(1001, "going")
    assert hub.connections(Uid("a")) == 1
    hub.remove(Uid("a"), two)
    assert hub.connections(Uid("a")) == 0
