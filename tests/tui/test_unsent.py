"""What the server refused is never out of sight: it is sent again, or taken back, by a key."""

import contextlib
from collections.abc import AsyncIterator

from textual.pilot import Pilot

from imchat.client import Client
from imchat.ids import DEFAULT_DESK, Uid
from imchat.tui.agent import AgentApp
from imchat.tui.customer import CustomerApp
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.talk_line import TalkLine
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer, text_of, written
from tests.tui.support import hides, running_app, screen_text, shows, text_in

BOB, BEN = Uid("bob"), Uid("ben")


@contextlib.asynccontextmanager
async def refused(
    server: Server, *texts: str
) -> AsyncIterator[tuple[AgentApp, Pilot[None], Client]]:
    """Ann's console with what came too late for Bob, who closed the chat and is back."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await bob.close(next(iter(bob.chats)))
        await shows(app, "The chat with bob is closed.")
        for text in texts:
            app.client.send(BOB, text)
        await shows(app, f"{len(texts)} not sent")
        await pilot.press("alt+s")
        await shows(app, "The chat with bob is closed.")
        assert len(app.client.conversation(BOB).failed) == len(texts)
        await bob.request()
        await shows(app, "Write to bob…")
        yield app, pilot, bob


async def test_it_is_sent_again_in_order_and_once(server: Server) -> None:
    """All of it, by one key; then nothing says any more that something was not sent."""
    async with refused(server, "first", "second") as (app, pilot, bob):
        assert "!" in text_in(app, ChatList)
        assert "not sent: second" in text_in(app, ChatList)
        await pilot.press("alt+s", "alt+s")
        await eventually(lambda: text_of(bob, ANN)[-2:] == ["first", "second"], "Bob has both")
        await hides(app, "not sent")
        assert app.client.conversation(BOB).failed == []
        assert text_of(app.client, BOB).count("first") == 1
        await pilot.press("alt+s")
        await shows(app, "Everything is sent.")


async def test_it_is_taken_back_to_where_one_writes(server: Server) -> None:
    """The newest first, before what is written there; Ctrl+Z gives that back."""
    async with refused(server, "first", "second") as (app, pilot, bob):
        await pilot.press(*"more", "alt+t")
        await eventually(lambda: written(app) == "second\nmore", "it is there")
        await shows(app, "1 not sent")
        await pilot.press("ctrl+z")
        await eventually(lambda: written(app) == "more", "what was written")
        await pilot.press("alt+t")
        await hides(app, "not sent")
        assert written(app) == "first\nmore"
        await pilot.press("enter")
        await eventually(lambda: text_of(bob, ANN)[-1:] == ["first\nmore"], "Bob has it")


async def test_it_can_be_done_by_the_mouse(server: Server) -> None:
    """What can be done is named, and may be clicked."""
    async with refused(server, "first", "second") as (app, pilot, bob):
        said = text_in(app, TalkLine)
        await pilot.click(TalkLine, offset=(said.index("take back"), 0))
        await eventually(lambda: written(app) == "second", "it is there")
        await shows(app, "1 not sent")
        await pilot.click(TalkLine, offset=(said.index("Alt+S"), 0))
        await eventually(lambda: text_of(bob, ANN)[-1:] == ["first"], "Bob has it")
        await pilot.click(TalkLine, offset=(1, 0))
        assert written(app) == "second"


async def test_what_is_refused_out_of_sight_is_told_of(server: Server) -> None:
    """To another than is shown: in a note, and by a sign in the list."""
    async with (
        console(server) as (app, _),
        customer(server, "bob") as bob,
        customer(server, "cat"),
    ):
        await shows(app, "2 cat")
        await bob.close(next(iter(bob.chats)))
        await eventually(lambda: len(app.client.chats) == 1, "it is closed")
        app.query_one("ChatPane")._send(Uid("eve"), "lost?")  # type: ignore[attr-defined]
        await shows(app, "Not sent to eve: ")


async def test_what_one_agent_did_not_get_another_can_have(server: Server) -> None:
    """A customer who was passed on sees that something was not sent, and sends it again."""
    async with server.client("agent", ANN) as ann, server.client("agent", BEN) as ben:
        await ann.ready()
        app = CustomerApp(
            server.client("customer", BOB, name="Bob"), topic="parcel", desk=DEFAULT_DESK
        )
        async with running_app(app) as (app, pilot):
            await shows(app, "is here for you.")
            (chat,) = app.client.chats.values()
            first, other = (ann, ben) if chat.agent == ANN else (ben, ann)
            await ben.ready()
            await first.transfer(chat.chat, to=other.uid)
            await shows(app, f"Write to {other.uid}…")
            app.client.send(first.uid, "to whom?")
            await shows(app, "1 not sent")
            await pilot.press("alt+s")
            await eventually(lambda: text_of(other, BOB)[-1:] == ["to whom?"], "the other has it")
            await hides(app, "not sent")
            assert "to whom?" in screen_text(app)
            assert app.query_one(Composer).text == ""
