"""What is typed faster than the screen follows, as over a slow line: all keys in one gust."""

from textual import events
from textual.widgets import Input

from imchat.ids import Uid
from imchat.tui.agent import AgentApp
from imchat.tui.widgets.event_log import EventLog
from imchat.tui.widgets.note_box import NoteBox
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer, text_of, written
from tests.tui.dashboards import dashboard, feed
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import at_once, shows

SMALL = (80, 24)


def _looked_for(app: AgentApp) -> str:
    return app.screen.query_one(Input).value


async def test_a_private_note_is_not_sent_to_the_customer(server: Server) -> None:
    """What comes behind F8 is in the note, though there was no room for it before."""
    async with console(server, SMALL) as (app, _), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        at_once(app, "f8", *"rude", "enter")

        async def is_noted() -> bool:
            known = await app.client.customer(Uid("bob"))
            return [note.body for note in known.notes] == ["rude"]

        await eventually(is_noted, "the note")
        assert text_of(bob, ANN) == ["the topic of bob"]


async def test_a_paste_goes_where_the_keys_before_it_went(server: Server) -> None:
    """It waits for them."""
    async with console(server, SMALL) as (app, _), customer(server, "bob"):
        await shows(app, "Write to bob…")
        at_once(app, "f8", "a")
        app.post_message(events.Paste("bc"))
        at_once(app, "d")
        await eventually(lambda: app.query_one(NoteBox).text == "abcd", "all of it in the note")
        assert written(app) == ""


async def test_what_is_looked_for_is_not_in_the_message(server: Server) -> None:
    """In the conversation, and among the chats."""
    async with console(server, SMALL) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        at_once(app, "alt+w", *"topic")
        await eventually(lambda: _looked_for(app) == "topic", "it is looked for")
        await pilot.press("escape")
        at_once(app, "ctrl+g", *"bo")
        await eventually(lambda: _looked_for(app) == "bo", "it is looked for")
        assert written(app) == ""


async def test_a_whole_task_in_one_gust(server: Server) -> None:
    """Go to a chat by name, answer, to the one above, answer, and begin the next answer."""
    async with (
        console(server, SMALL) as (app, _),
        customer(server, "bob") as bob,
        customer(server, "cat") as cat,
    ):
        await shows(app, "tier 2")
        at_once(
            app, "ctrl+g", *"cat", "enter", *"hi", "enter", "ctrl+up", *"yo", "enter", *"and"
        )
        await eventually(lambda: written(app) == "and", "the last keys")
        await eventually(lambda: text_of(cat, ANN)[-1] == "hi", "Cat has hers")
        await eventually(lambda: text_of(bob, ANN)[-1] == "yo", "Bob has his")


async def test_a_question_is_answered_by_the_key_behind_it(server: Server) -> None:
    """It is not a letter of the next message."""
    async with console(server, SMALL) as (app, _), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        at_once(app, "f4", "y", "z")
        await eventually(lambda: not bob.chats, "the chat is closed")
        await eventually(lambda: written(app) == "z", "what is typed goes on")


async def test_a_region_that_was_hidden_has_the_keys_behind_the_one_that_shows_it(
    server: Server,
) -> None:
    """On a small dashboard: the events are shown, and then filtered."""
    async with dashboard(server, SMALL) as (app, _):
        feed(app, snapshot([agent("ann")]))
        await shows(app, "1 agent ·")
        at_once(app, "e", "slash", *"bob")
        await eventually(lambda: app.query_one(EventLog).filter == "bob", "they are filtered")
