"""A client of a supervisor, and what those hear with whom it meddles."""

from imchat import protocol
from imchat.client import Client, Connected
from imchat.ids import Uid
from tests.client.support import ANN, BOB, heard, hearing, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually, serving


async def test_a_supervisor_reads_moves_and_closes(server: Server) -> None:
    """None of it is a chat of its own."""
    async with (
        talking(server) as talk,
        server.client("agent", "eve") as eve,
        server.client("supervisor", "sue") as sue,
    ):
        await eve.ready()
        await talk.bob.send(ANN, "Hello")
        page = await sue.transcript((BOB, ANN))
        assert [message.body for message in page.messages] == ["Hello"]
        moved = await sue.transfer(talk.chat, to=Uid("eve"))
        assert (moved.by, moved.chat.agent) == ("sue", "eve")
        await heard(talk.ann, protocol.Transferred)
        assert talk.ann.chats == {}
        assert (await sue.set_status("away", uid=ANN)).state == "away"
        assert (await heard(talk.ann, protocol.Status)).state == "away"
        closed = await sue.close(talk.chat)
        assert (closed.by, closed.reason) == ("sue", "supervisor")
        await heard(eve, protocol.Closed)
        assert (sue.chats, sue.conversations, eve.chats) == ({}, {}, {})


async def test_who_was_set_away_stays_away_though_the_server_forgot(
    store_url: str, site: str
) -> None:
    """As if the agent had said so itself; until somebody says otherwise."""
    async with (
        serving(store_url, site, grace_s=0.05) as server,
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("agent", ANN)) as ann,
        server.client("supervisor", "eve") as eve,
        hearing(ann) as (events,),
    ):
        await ann.ready()
        await eve.set_status("away", uid=ANN)
        await eventually(lambda: any(isinstance(e, protocol.Status) for e in events), "she hears")
        proxy.refuses = True
        proxy.cut()
        eve.watch()
        while (await heard(eve, protocol.Snapshot)).agents:
            pass
        proxy.refuses = False
        await eventually(lambda: sum(isinstance(e, Connected) for e in events) == 2, "she is back")
        while not (snapshot := await heard(eve, protocol.Snapshot)).agents:
            pass
        while snapshot.agents[0].state != "away":
            snapshot = await heard(eve, protocol.Snapshot)
        assert (await eve.set_status("online", uid=ANN)).state == "online"
        await eventually(
            lambda: [e.state for e in events if isinstance(e, protocol.Status)][-1] == "online",
            "she hears",
        )
        proxy.cut()
        await eventually(lambda: sum(isinstance(e, Connected) for e in events) == 3, "back again")
        async with server.client("agent", ANN) as other:
            status = (await other.ready()).status
            assert status is not None
            assert status.state == "online"


async def test_what_happens_is_told_and_again_after_a_reconnect(server: Server) -> None:
    """First the last events; on a new connection the same is asked for."""
    async with (
        proxy_to(server.url) as proxy,
        talking(server) as talk,
        Client(proxy.url, server.token("supervisor", "sue")) as sue,
    ):
        sue.watch(log=2)
        log = await heard(sue, protocol.Log)
        assert [event.what for event in log.events] == ["requested", "assigned"]
        await talk.bob.close(talk.chat)
        assert (await heard(sue, protocol.Log)).events[0].what == "released"
        proxy.cut()
        await heard(sue, Connected)
        again = await heard(sue, protocol.Log)
        assert [event.what for event in again.events] == ["released", "closed"]
