"""Who the customer is, beside the conversation: what is known, notes, and when there is room."""

import pytest

from imchat.ids import Uid
from imchat.tui.agent_view import PANEL
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.customer_panel import CustomerPanel
from imchat.tui.widgets.note_box import NoteBox
from tests.support import Restartable, Server, eventually
from tests.tui.console import ANN, console, customer
from tests.tui.support import at_once, hides, screen_text, shows, text_in

WIDE = (120, 40)
BOB = Uid("bob")


def noted(app_text: str) -> str:
    """A screen's text without line breaks and frames, as words may be wrapped."""
    return " ".join(app_text.replace("│", " ").split())


async def test_the_customer_is_shown_with_what_was_before(server: Server) -> None:
    """Uid, desk, how long it waited, the chats that ended with their topics and ratings."""
    async with server.client("agent", ANN, name="Ann") as before:
        await before.ready()
        async with customer(server, "bob", name="Bob") as bob:
            await eventually(lambda: before.chats, "the first chat")
            old = next(iter(before.chats))
            await before.close(old)
            await eventually(lambda: not bob.chats, "it is closed")
            await bob.rate(old, 4)
            async with console(server, WIDE) as (app, _):
                await bob.request(topic="the second topic")
                await eventually(lambda: "★★★★☆" in text_in(app, CustomerPanel), "the rating")
                words = noted(text_in(app, CustomerPanel))
                for text in ("Bob uid bob desk default", "not at all", "Earlier chats", "you",
                             "the topic of bob", "the second topic", "Notes"):
                    assert text in words


async def test_a_note_is_added_and_found_by_the_next_agent(server: Server) -> None:
    """F8 goes there, Enter stores it; the customer's next agent reads it, the customer not."""
    async with console(server, WIDE) as (app, pilot), customer(server, "bob", name="Bob") as bob:
        await shows(app, "Write to Bob…")
        await pilot.press("f8", *"likes [b]tea", "ctrl+j", *"not coffee", "enter")
        await eventually(
            lambda: "likes [b]tea not coffee" in noted(text_in(app, CustomerPanel)), "the note"
        )
        await eventually(lambda: app.query_one(NoteBox).text == "", "it is stored")
        known = await app.client.customer(BOB)
        assert [note.body for note in known.notes] == ["likes [b]tea\nnot coffee"]
        assert [line.body for line in bob.conversation(ANN).lines] == ["the topic of bob"]


async def test_a_note_that_is_begun_stays_with_its_customer(server: Server) -> None:
    """It is never added to another, and is there when one comes back."""
    async with (
        console(server, WIDE) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press("f8", *"on bob", "ctrl+down")
        await shows(app, "Write to cat…")
        assert app.query_one(NoteBox).text == ""
        await pilot.press("ctrl+up")
        assert app.query_one(NoteBox).text == "on bob"


async def test_a_note_is_about_whom_it_was_written(server: Server) -> None:
    """Who goes to the next chat in the same breath as adding it adds it to the one before."""
    async with (
        console(server, WIDE) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press("f8", *"on bob")
        at_once(app, "enter", "ctrl+down")
        await shows(app, "Write to cat…")

        async def is_added() -> bool:
            return bool((await app.client.customer(BOB)).notes)

        await eventually(is_added, "the note on Bob")
        assert not (await app.client.customer(Uid("cat"))).notes


async def test_a_note_is_not_lost_when_the_server_is_away(restartable: Restartable) -> None:
    """Until it is stored it stays where it was written; given up, it is still there."""
    server = await restartable.start()
    async with console(server, (140, 40)) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await restartable.stop()
        await shows(app, "reconnecting")
        await pilot.press("f8", *"a note", "enter")
        await shows(app, "adding the note…")
        await pilot.press("escape")
        await hides(app, "adding the note… ")
        assert app.query_one(NoteBox).text == "a note"
        await restartable.start()
        await hides(app, "reconnecting")
        await pilot.press("enter")
        await eventually(lambda: app.query_one(NoteBox).text == "", "it is stored")
        await shows(app, "a note")


async def test_it_is_hidden_and_that_is_remembered(server: Server) -> None:
    """F3 gives its room to the conversation; the next run begins so."""
    async with console(server, WIDE) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        assert app.query_one(CustomerPanel).display
        await pilot.press("f8", "f3")
        await eventually(lambda: not app.query_one(CustomerPanel).display, "it is hidden")
        assert isinstance(app.focused, Composer)
        assert app.memory[PANEL] is False
        await pilot.press("f3")
        await eventually(lambda: app.query_one(CustomerPanel).display, "it is back")
        assert app.memory[PANEL] is True


@pytest.mark.parametrize("size", [(80, 24), (50, 16)])
async def test_where_there_is_no_room_it_comes_when_asked(
    server: Server, size: tuple[int, int]
) -> None:
    """Hidden by itself; F3 shows it in place of something else, and F3 again ends that."""
    async with console(server, size) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        assert not app.query_one(CustomerPanel).display
        await pilot.press("f3")
        await shows(app, "uid      bob")
        assert not app.query_one(ChatList).display
        await pilot.press("f3")
        await hides(app, "uid      bob")
        await shows(app, "Write to bob…")
        assert app.memory[PANEL] is None


async def test_a_note_is_asked_for_where_there_is_no_room(server: Server) -> None:
    """F8 shows the panel too."""
    async with console(server, (80, 24)) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press("f8", *"small", "enter")
        await eventually(lambda: app.query_one(NoteBox).text == "", "it is stored")
        await shows(app, "small")
        assert "1 chat" not in screen_text(app)


async def test_what_others_wrote_is_data_here_too(server: Server) -> None:
    """Names, topics and notes of others: markup and escape sequences do nothing."""
    nasty = "[bold red]x[/] \x1b]2;owned\x07 \u202eabc [/"
    async with (
        server.client("customer", "bob", name="[b]Bob[/b][/") as bob,
        console(server, WIDE) as (app, _),
    ):
        await bob.ready()
        await bob.request(topic=nasty)
        await shows(app, "Write to [b]Bob[/b][/…")
        await app.client.add_note(BOB, nasty)
        app.query_one(CustomerPanel).action_load_again()
        shown = "[bold red]x[/] \ufffd]2;owned\ufffd abc [/"
        await eventually(
            lambda: noted(text_in(app, CustomerPanel)).count(shown) == 2, "topic and note"
        )
        assert "\x1b" not in screen_text(app)


async def test_where_there_is_little_room_all_that_is_known_can_be_reached(server: Server) -> None:
    """Notes stand first; Page down shows the chats before, with the focus left on the note."""
    async with console(server, (80, 24)) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        for number in range(4):
            await app.client.add_note(BOB, f"note {number}\nwith\nrows")
        await app.client.close(next(iter(bob.chats)))
        await eventually(lambda: not bob.chats, "it is closed")
        await bob.request(topic="again")
        await shows(app, "Write to bob…")
        await pilot.press("f8")
        await shows(app, "note 0")
        await pilot.press("pagedown", "pagedown")
        await shows(app, "s, closed")
        assert app.focused is app.query_one(NoteBox)
        await pilot.press("pageup", "pageup")
        await shows(app, "uid      bob")
