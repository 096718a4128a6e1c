"""The calls in flight: what is sent when, over connections that come and go."""

import asyncio

import msgspec
import pytest

from imchat import protocol
from imchat.client import calls as calls_module
from imchat.client.calls import Calls
from imchat.errors import NotFound, Unavailable
from imchat.ids import ChatId, Uid
from tests.support import eventually

ANN = Uid("ann")
BOB = Uid("bob")


class Wire:
    """Calls and what they transmit, by id or ref."""

    def __init__(self, *, window: int = 1) -> None:
        self.calls = Calls(window)
        self.sent: list[str] = []

    def connect(self) -> None:
        """Begin a connection."""
        self.sent.clear()
        self.calls.online(self._transmit)

    def _transmit(self, data: bytes) -> None:
        frame = msgspec.json.decode(data)
        self.sent.append(frame.get("id") or frame["ref"])

    def send(self, id: str, to: Uid = ANN) -> "asyncio.Future[protocol.Ack]":
        """Post a message."""
        return self.calls.start(id, protocol.Send(id=id, to=to, body="x"), protocol.Ack)

    def ask(self, ref: str) -> "asyncio.Future[protocol.History]":
        """Ask for something else."""
        return self.calls.start(ref, protocol.ReadHistory(peer=ANN, ref=ref), protocol.History)

    def ack(self, id: str) -> None:
        """Have the server ack a message."""
        self.calls.resolve(id, protocol.Ack(id=id, chat=ChatId("1"), seq=1, at=1))

    def refuse(self, ref: str, code: str, retry_after_ms: int | None = None) -> None:
        """Have the server refuse a call."""
        self.calls.refuse(
            protocol.Error(code=code, message="no", ref=ref, retry_after_ms=retry_after_ms)
        )


@pytest.fixture
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "RATE_LIMITED_PAUSE_S", 0.02)
    monkeypatch.setattr(calls_module, "UNAVAILABLE_PAUSE_S", 0.02)


async def test_a_message_waits_until_the_one_before_it_is_acked() -> None:
    """One to each peer at a time; what is no message does not wait."""
    wire = Wire()
    wire.connect()
    for id, to in (("a1", ANN), ("a2", ANN), ("b1", BOB), ("a3", ANN)):
        wire.send(id, to)
    wire.ask("history")
    assert wire.sent == ["a1", "b1", "history"]
    wire.ack("a1")
    assert wire.sent[3:] == ["a2"]
    wire.ack("b1")
    wire.ack("a2")
    assert wire.sent[4:] == ["a3"]


async def test_a_wider_window_keeps_more_under_way() -> None:
    """An ack in the middle lets the next one go as well."""
    wire = Wire(window=3)
    wire.connect()
    for n in range(5):
        wire.send(f"{n}")
    assert wire.sent == ["0", "1", "2"]
    wire.ack("1")
    assert wire.sent == ["0", "1", "2", "3"]


async def test_nothing_is_sent_without_a_connection_and_everything_with_one() -> None:
    """In the order in which it was asked, messages within their window."""
    wire = Wire(window=2)
    for id in ("1", "2", "3"):
        wire.send(id)
    wire.ask("history")
    assert wire.sent == []
    wire.connect()
    assert wire.sent == ["1", "2", "history"]
    wire.ack("1")
    wire.calls.offline()
    wire.connect()
    assert wire.sent == ["2", "3", "history"]


async def test_a_refused_message_lets_the_next_one_go() -> None:
    """Its future fails with what the code is called."""
    wire = Wire()
    wire.connect()
    refused = wire.send("1")
    wire.send("2")
    wire.refuse("1", "not_found")
    with pytest.raises(NotFound, match="no"):
        await refused
    assert wire.sent == ["1", "2"]
    assert "1" not in wire.calls


@pytest.mark.usefixtures("_short_pauses")
@pytest.mark.parametrize("code", ["rate_limited", "unavailable"])
async def test_what_is_refused_for_now_is_sent_again_before_what_came_later(code: str) -> None:
    """During the pause nothing is sent, so that the order is kept."""
    wire = Wire()
    wire.connect()
    stored = wire.send("1")
    wire.send("2")
    wire.refuse("1", code)
    wire.ask("history")
    assert wire.sent == ["1"]
    await eventually(lambda: wire.sent == ["1", "1", "history"], "it is sent again")
    wire.ack("1")
    assert (await stored).id == "1"
    assert wire.sent[3:] == ["2"]


@pytest.mark.usefixtures("_short_pauses")
async def test_of_several_under_way_those_that_were_refused_are_sent_again() -> None:
    """In their order, and before what was not sent yet."""
    wire = Wire(window=3)
    wire.connect()
    for n in range(1, 5):
        wire.send(f"{n}")
    wire.refuse("2", "rate_limited", 1)
    wire.refuse("3", "rate_limited", 1)
    wire.ack("1")
    assert wire.sent == ["1", "2", "3"]
    await eventually(lambda: len(wire.sent) > 3, "the pause is over")
    assert wire.sent == ["1", "2", "3", "2", "3", "4"]


async def test_a_new_connection_ends_the_pause() -> None:
    """The server that asked for it is another by now."""
    wire = Wire()
    wire.connect()
    wire.send("1")
    wire.refuse("1", "rate_limited", 60_000)
    wire.calls.offline()
    wire.connect()
    assert wire.sent == ["1"]
    wire.ask("history")
    assert wire.sent == ["1", "history"]


async def test_a_reply_of_another_kind_is_none() -> None:
    """A history under a message's id does not say that it is stored."""
    wire = Wire()
    wire.connect()
    stored = wire.send("1")
    wire.calls.resolve("1", protocol.History(peer=ANN, messages=[], more=False, last_seq=0))
    assert not stored.done()


async def test_a_message_whose_future_was_cancelled_is_still_sent() -> None:
    """Nobody waits for it, but it stands on the screen."""
    wire = Wire()
    wire.send("1").cancel()
    second = wire.send("2")
    wire.connect()
    wire.ack("1")
    wire.ack("2")
    assert wire.sent == ["1", "2"]
    assert second.done()


async def test_in_the_end_everything_fails() -> None:
    """What nobody waits for as well, without a word in the log."""
    wire = Wire()
    wire.connect()
    waited_for = wire.send("1")
    wire.send("2")
    wire.ask("history")
    failed = wire.calls.fail(Unavailable("closed"))
    assert [call.ref for call in failed] == ["1", "2", "history"]
    with pytest.raises(Unavailable):
        await waited_for


async def test_many_messages_at_once_cost_no_more_each() -> None:
    """Twenty thousand in the queue of one peer are sent in their order in a moment."""
    wire = Wire(window=8)
    wire.connect()
    ids = [f"{n}" for n in range(20_000)]
    async with asyncio.timeout(5):
        for id in ids:
            wire.send(id)
        for id in ids:
            wire.ack(id)
            await asyncio.sleep(0)
    assert wire.sent == ids
