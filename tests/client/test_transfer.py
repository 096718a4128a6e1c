"""A chat that changes hands, as its three clients know it."""

from imchat import protocol
from imchat.client import ClosedMeanwhile, Connected, Disconnected
from imchat.ids import Desk, Uid
from tests.client.support import ANN, BOB, bodies, heard, hearing, shown, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually

EVE = Uid("eve")
BILLING = Desk("billing")


async def test_all_three_know_whose_it_is(server: Server) -> None:
    """It is gone from the old agent, there for the new one, and the customer writes to that."""
    async with (
        talking(server) as talk,
        server.client("agent", EVE) as eve,
        hearing(talk.bob, eve) as (bobs, eves),
    ):
        await talk.ann.send(BOB, "A moment, please")
        await eve.ready()
        moved = await talk.ann.transfer(talk.chat, to=EVE)
        assert (moved.sender, moved.by, moved.chat.agent) == (ANN, ANN, EVE)
        assert talk.ann.chats == {}
        assert isinstance(await heard(talk.ann, protocol.Transferred), protocol.Transferred)
        await eventually(lambda: talk.chat in eve.chats, "Eve has it")
        await eve.send(BOB, "I go on")
        await talk.bob.send(EVE, "Thank you")
        await eventually(lambda: bodies(bobs) == ["A moment, please", "I go on"], "Bob heard")
        await eventually(lambda: bodies(eves) == ["Thank you"], "Eve heard")
        assert talk.bob.chats[talk.chat].agent == EVE
        assert shown(talk.bob, EVE) == [("eve", "I go on"), ("bob", "Thank you")]
        assert any(isinstance(event, protocol.Transferred) for event in eves)


async def test_a_chat_that_comes_back_is_there_again(server: Server) -> None:
    """Also one that left while the client was away, and was closed by nobody."""
    async with (
        proxy_to(server.url) as proxy,
        talking(server, ann_url=proxy.url) as talk,
        server.client("agent", EVE) as eve,
        server.client("supervisor", "sue") as sue,
        hearing(talk.ann) as (events,),
    ):
        await eve.ready()
        await talk.bob.send(ANN, "first")
        await eventually(lambda: bodies(events) == ["first"], "it is heard")
        await talk.ann.transfer(talk.chat, to=EVE)
        talk.ann.forget(BOB)
        await eve.transfer(talk.chat, to=ANN)
        await eventually(lambda: talk.chat in talk.ann.chats, "it is back")
        await talk.bob.send(ANN, "second")
        await eventually(lambda: bodies(events) == ["first", "second"], "it goes on")
        proxy.refuses = True
        proxy.cut()
        await eventually(lambda: any(isinstance(e, Disconnected) for e in events), "Ann is away")
        await sue.ready()
        await talk.bob.send(ANN, "third")
        async with server.client("agent", ANN) as elsewhere:
            await elsewhere.transfer(talk.chat, to=EVE)
            proxy.refuses = False
            await eventually(
                lambda: any(isinstance(e, ClosedMeanwhile) for e in events), "it is heard as gone"
            )
            await eventually(lambda: bodies(events) == ["first", "second", "third"], "all is read")
            assert talk.ann.chats == {}
            await eve.transfer(talk.chat, to=ANN)
            await eventually(lambda: talk.chat in talk.ann.chats, "it is back again")
            await talk.bob.send(ANN, "fourth")
            await eventually(lambda: bodies(events)[-1] == "fourth", "it goes on")
    assert bodies(events) == ["first", "second", "third", "fourth"]


async def test_what_was_heard_of_a_chat_that_left_is_not_heard_again(server: Server) -> None:
    """Though its conversation was forgotten, and each welcome says that it ended."""
    async with (
        proxy_to(server.url) as proxy,
        talking(server, ann_url=proxy.url) as talk,
        server.client("agent", EVE) as eve,
        server.client("agent", ANN) as elsewhere,  # Ann herself is not lost
        hearing(talk.ann) as (events,),
    ):
        await eve.ready()
        await elsewhere.ready()

        async def back(times: int) -> None:
            proxy.refuses = False
            await eventually(
                lambda: sum(isinstance(e, Connected) for e in events) == times, "Ann is back"
            )
            await eventually(lambda: not talk.ann._mirror._healing, "all is read")
            await eventually(lambda: not talk.ann._events._waiting, "and heard")

        await talk.bob.send(ANN, "first")
        await eventually(lambda: bodies(events) == ["first"], "it is heard")
        await talk.ann.transfer(talk.chat, to=EVE)
        talk.ann.forget(BOB)
        proxy.cut()
        await back(1)
        assert bodies(events) == ["first"]
        talk.ann.forget(BOB)
        proxy.refuses = True
        proxy.cut()
        await eventually(lambda: talk.ann.state == "connecting", "Ann is away")
        await eve.transfer(talk.chat, to=ANN)
        await talk.bob.send(ANN, "second")
        await talk.bob.close(talk.chat)
        await back(2)
        assert bodies(events) == ["first", "second"]


async def test_the_customer_waits_again(server: Server) -> None:
    """Its chat has no agent, and then another."""
    async with (
        talking(server) as talk,
        server.client("customer", "early") as early,
    ):
        await early.request(desk=BILLING)  # the desk is known by its queue
        await talk.ann.transfer(talk.chat, desk=BILLING)
        waiting = await heard(talk.bob, protocol.Waiting)
        assert (waiting.position, talk.bob.chats[talk.chat].agent) == (1, None)
        async with server.client("agent", EVE, desks=[BILLING]):
            assigned = await heard(talk.bob, protocol.Assigned)
            assert assigned.chat.agent == EVE


async def test_a_transfer_of_a_closed_chat_comes_too_late(server: Server) -> None:
    """A push that a reply has overtaken opens nothing."""
    async with talking(server) as talk, server.client("agent", EVE) as eve:
        await eve.ready()
        await talk.ann.transfer(talk.chat, to=EVE)
        moved = await heard(talk.bob, protocol.Transferred)
        await talk.bob.close(talk.chat)
        talk.bob._received(moved)
        assert talk.bob.chats == {}
