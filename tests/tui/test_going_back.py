"""From everywhere in the agent's console to the conversation, and back to where one writes."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from imchat.settings import ScreenSettings
from imchat.tui.agent import AgentApp
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.find_bar import FindBar
from imchat.tui.widgets.note_box import NoteBox
from tests.support import Server, eventually
from tests.tui.console import console, customer
from tests.tui.support import shows


@contextlib.asynccontextmanager
async def talking(
    server: Server, settings: ScreenSettings | None = None
) -> AsyncIterator[tuple[AgentApp, Pilot[None]]]:
    """An agent with one chat, on a screen with room for everything."""
    async with console(server, (120, 40), settings=settings) as running, customer(server, "bob"):
        await shows(running[0], "1 bob")
        yield running


def has_keys(app: AgentApp, kind: type[Widget]) -> bool:
    return isinstance(app.focused, kind)


async def keys_are_in(app: AgentApp, kind: type[Widget]) -> None:
    await eventually(partial(has_keys, app, kind), f"the keys are in {kind.__name__}")


@pytest.mark.parametrize("kind", [ChatList, NoteBox, ChatLog])
async def test_escape_goes_back_to_writing(server: Server, kind: type[Widget]) -> None:
    """From the list, the note and the conversation."""
    async with talking(server) as (app, pilot):
        app.query_one(kind).focus()
        await keys_are_in(app, kind)
        await pilot.press("escape")
        await keys_are_in(app, Composer)


@pytest.mark.parametrize("kind", [ChatList, NoteBox, ChatLog, Composer])
async def test_who_finds_nothing_is_back_where_it_was(server: Server, kind: type[Widget]) -> None:
    """The bar opens from everywhere, and Escape in it goes to where it was opened."""
    async with talking(server) as (app, pilot):
        app.query_one(kind).focus()
        await keys_are_in(app, kind)
        await pilot.press("alt+w", "x")
        await eventually(lambda: app.query_one(FindBar).has_focus_within, "the bar has the keys")
        await pilot.press("alt+w", "escape")
        await keys_are_in(app, kind)
        assert not app.query_one(FindBar).is_open


async def test_a_private_note_is_not_typed_to_the_customer(server: Server) -> None:
    """With keys of vim Escape leaves the note, and does not go where the next letters are sent."""
    async with talking(server, ScreenSettings(vim=True)) as (app, pilot):
        await pilot.press("f8")
        await keys_are_in(app, NoteBox)
        await pilot.press(*"vip", "escape", *"jk")
        assert app.query_one(NoteBox).text == "vip"
        assert app.query_one(Composer).text == ""
        await pilot.press("i")
        await keys_are_in(app, Composer)
