"""The agent's list: slots, waits, what is unread and unsent, and the ways from chat to chat."""

import pytest
from msgspec.structs import replace

from imchat.client import Client, ClosedMeanwhile
from imchat.ids import ChatId, Desk, Uid
from imchat.protocol import Chat
from imchat.tui.agent import AgentApp
from imchat.tui.caseload import RECENT
from imchat.tui.chat_entry import Entry
from imchat.tui.waits import Limits
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.jump import Jump
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer, written
from tests.tui.support import hides, screen_text, shows, text_in


def rows(app: AgentApp) -> list[str]:
    """The list's rows without its border."""
    return [row.strip("│╭╮╰╯ ") for row in text_in(app, ChatList).splitlines()[1:-1]]


async def lists(app: AgentApp, *names: str) -> None:
    """Wait until these stand in the list, from the top down."""

    def is_so() -> bool:
        text = text_in(app, ChatList)
        places = [text.find(name) for name in names]
        return -1 not in places and places == sorted(places)

    await eventually(is_so, f"{names} in the list")


async def close_from(client: Client) -> None:
    """The customer closes its chat."""
    await client.close(next(iter(client.chats)))


async def test_a_chat_has_a_slot_name_topic_and_preview(server: Server) -> None:
    """One sees who it is, what it is about, and what was said last and by whom."""
    async with console(server) as (app, pilot), customer(server, "bob", name="Bob") as bob:
        await lists(app, "1 Bob", "the topic of bob")
        await bob.send(ANN, "Is\nanybody there?")
        await lists(app, "1 Bob", "the topic of bob", "Is anybody there?")
        await pilot.press(*"Yes", "enter")
        await lists(app, "1 Bob", "the topic of bob", "you: Yes")


async def test_slots_stay_when_another_chat_ends(server: Server) -> None:
    """A number means the same customer until its chat ends; then it goes to the next one."""
    async with (
        console(server) as (app, _),
        customer(server, "bob") as bob,
        customer(server, "cat"),
    ):
        await lists(app, "1 bob", "2 cat")
        await close_from(bob)
        await lists(app, "2 cat", "recent", "bob", "left now")
        async with customer(server, "dan"):
            await lists(app, "1 dan", "2 cat", "recent", "bob")


async def test_a_customer_who_is_back_is_there_once(server: Server) -> None:
    """The new chat is shown in place of the one that ended, which leaves the list."""
    async with console(server) as (app, _), customer(server, "bob") as bob:
        await lists(app, "1 bob")
        await close_from(bob)
        await lists(app, "recent", "bob", "left")
        await bob.request(topic="once more")
        await lists(app, "1 bob", "once more")
        assert "recent" not in text_in(app, ChatList)
        await shows(app, "Write to bob…")


async def test_the_wait_is_counted_from_the_first_unanswered_message(server: Server) -> None:
    """A second message does not start the clock anew; an answer takes it away."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"Hello", "enter")
        await eventually(lambda: "0:0" not in text_in(app, ChatList), "nobody waits")
        await bob.send(ANN, "first")
        await lists(app, "0:01")
        await bob.send(ANN, "second")
        await lists(app, "second")
        assert "0:00" not in text_in(app, ChatList)
        await pilot.press(*"Yes", "enter")
        await eventually(lambda: "0:0" not in text_in(app, ChatList), "nobody waits")


def _entry(waiting_s: int | None, **fields: object) -> Entry:
    chat = Chat(
        chat=ChatId("1"), desk=Desk("default"), customer=Uid("bob"), agent=ANN, state="active",
        opened_at=0, assigned_at=0, last_seq=0, position=None, customer_name="Bob",
        agent_name="Ann", topic=None, read_by_customer=0, read_by_agent=0,
    )
    return Entry(chat=chat, slot=1, waiting_s=waiting_s, **fields)  # type: ignore[arg-type]


async def test_a_long_wait_changes_its_colour(server: Server) -> None:
    """Calm below the first limit, amber from there, red from the second."""
    async with console(server) as (app, _):
        chats = app.query_one(ChatList)
        styles = [
            {str(span.style) for span in chats._signs(_entry(waiting_s)).spans}
            for waiting_s in (59, 60, 179, 180)
        ]
        amber, red = {"$text-warning"}, {"bold $text-error"}
        assert styles[1:] == [amber, amber, red]
        assert styles[0] not in (amber, red)


async def test_a_draft_that_was_left_is_marked(server: Server) -> None:
    """The pencil stands at the chat that one left with something unsent, and at no other."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await lists(app, "1 bob", "2 cat")
        await pilot.press(*"for bob")
        assert "✎" not in screen_text(app)
        await pilot.press("ctrl+down")
        await eventually(lambda: "✎" in rows(app)[0], "the mark at bob")
        await pilot.press("ctrl+up")
        await hides(app, "✎")


async def test_many_chats_take_less_room_each(server: Server) -> None:
    """When all would not fit, an open chat has two rows instead of three."""
    names = ["amy", "bob", "cat", "dan", "eve", "fay", "gus", "hal"]
    async with console(server, (100, 24), capacity=8) as (app, _):
        for name in names:
            async with server.client("customer", name) as client:
                await client.request(topic="x")
        await lists(app, *(f"{n} {name}" for n, name in enumerate(names, 1)))


# --- from chat to chat -----------------------------------------------------------


async def test_a_click_goes_to_a_chat_and_to_writing(server: Server) -> None:
    """The mouse chooses a chat; the focus is where one writes."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await lists(app, "1 bob", "2 cat")
        await pilot.click(ChatList, offset=(4, 4))
        await shows(app, "Write to cat…")
        assert isinstance(app.focused, Composer)


@pytest.mark.parametrize(
    "keys", [["ctrl+g", "2", "enter"], ["alt+2"], ["ctrl+g", "c", "a", "enter"]]
)
async def test_one_goes_to_a_chat_by_number_or_name(server: Server, keys: list[str]) -> None:
    """Ctrl+G and the slot's number, which every terminal can, or letters of the name."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await lists(app, "1 bob", "2 cat")
        await pilot.press(*keys)
        await shows(app, "Write to cat…")
        await pilot.press("x")
        assert written(app) == "x"


async def test_an_end_that_was_missed_is_told_as_it_was(server: Server) -> None:
    """How and when, as the server knows it, and not when it was heard."""
    async with console(server) as (app, _), customer(server, "bob") as bob:
        await lists(app, "1 bob")
        id = next(iter(app.client.chats))
        open_chat = app.client.chats[id]
        await close_from(bob)
        await lists(app, "recent", "bob", "left now")
        ended = replace(
            open_chat, state="closed", reason="agent", closed_at=app.now_ms() - 7 * 60_000
        )
        app.heard(ClosedMeanwhile(ended))
        app.stale()
        await lists(app, "recent", "bob", "closed 7m")


async def test_what_nothing_answers_to_is_said(server: Server) -> None:
    """Instead of an empty box; Enter takes nothing, and fewer letters find something again."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await lists(app, "1 bob")
        await pilot.press("ctrl+g", *"bx")
        await shows(app, "Nothing answers to that.")
        await pilot.press("enter", "down", "enter")
        assert isinstance(app.screen, Jump)
        await pilot.press("backspace", "enter")
        await eventually(lambda: not isinstance(app.screen, Jump), "one is there")
        assert app._shown == next(iter(app.client.chats))


async def test_one_goes_to_a_recent_chat_too(server: Server) -> None:
    """What ended is found by its letters as well, and Escape goes nowhere."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "gus", name="Gus") as gus,
    ):
        await lists(app, "1 bob", "2 Gus")
        await close_from(gus)
        await lists(app, "recent", "Gus")
        await pilot.press("ctrl+g", "g", "escape")
        await hides(app, "Go to ─")
        await shows(app, "Write to bob…")
        await pilot.press("ctrl+g", *"gus", "enter")
        await shows(app, "The chat with Gus is closed.")


async def test_a_free_slot_is_said_to_be_free(server: Server) -> None:
    """Nothing moves when there is nobody in the slot."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press("alt+3")
        await shows(app, "Slot 3 is free.")


def test_a_number_is_a_slots_before_all_else() -> None:
    """The slot itself, then those whose numbers begin so."""
    entries = [Entry(chat=_entry(None).chat, slot=n) for n in range(12, 0, -1)]
    jump = Jump(entries, Limits())
    assert [choice.line.plain[:3].strip() for choice in jump.choices("1")[:4]] == [
        "1", "10", "11", "12",
    ]
    assert jump.choices("12")[0].line.plain.startswith("12 ")


async def test_enter_behind_a_number_sends_no_draft(server: Server) -> None:
    """It takes the chat that the number found; what was begun there is not sent."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob") as bob,
        customer(server, "cat"),
    ):
        await lists(app, "1 bob", "2 cat")
        await pilot.press(*"not yet", "ctrl+down", "ctrl+g", "1", "enter")
        await eventually(lambda: written(app) == "not yet", "bob's draft is there")
        assert [line.body for line in bob.conversation(ANN).lines] == ["the topic of bob"]



async def test_what_was_said_in_chats_out_of_reach_is_let_go(server: Server) -> None:
    """Who serves all day keeps the conversations of the open chats and of the recent ones."""
    async with console(server, capacity=1) as (app, _):
        for number in range(RECENT + 3):
            async with customer(server, f"c{number}") as client:
                await shows(app, "tier 1")
                await close_from(client)
                await shows(app, "tier 0")
        assert len(app.client.conversations) == RECENT
