"""Screens that come before others: each is left once, and itself."""

import asyncio

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button
from textual.widgets._toast import Toast

from imchat.tui.widgets.confirm import Confirm
from imchat.tui.widgets.deed import Deed
from imchat.tui.widgets.help import HelpScreen
from imchat.tui.widgets.modal import Palette
from tests.support import Server, eventually
from tests.tui.console import console, customer
from tests.tui.dashboards import asking, dashboard, online, row_with
from tests.tui.support import hides, shows


def click(app: App[None], x: int, y: int, *, times: int) -> None:
    """Click as a terminal tells it: all at once."""
    for _ in range(times):
        for kind in (events.MouseDown, events.MouseUp):
            app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))


async def alone(app: App[None], pilot: Pilot[None]) -> None:
    """Wait until nothing is before the app's own screen, and all that was done is taken."""
    await eventually(lambda: len(app.screen_stack) == 1, "nothing is before it")
    await pilot.pause()
    assert app.is_running


@pytest.mark.parametrize("key", ["ctrl+p", "f1", "ctrl+g"])
async def test_a_double_click_beside_it_leaves_it_once(server: Server, key: str) -> None:
    """The second click finds it gone, and takes nothing else away."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press(key)
        assert len(app.screen_stack) == 2
        click(app, 0, 10, times=2)
        await pilot.pause()
        if key == "f1":
            await pilot.press("escape", "escape")
        await alone(app, pilot)


async def test_two_answers_at_once_are_one(server: Server) -> None:
    """What lay behind the question stays."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        answers: list[bool | None] = []
        app.push_screen(HelpScreen([]))
        app.push_screen(Confirm("Really?", "Do it"), answers.append)
        await shows(app, "Really?")
        no = app.screen.query(Button).last()
        no.press()
        no.press()
        await hides(app, "Really?")
        await pilot.pause()
        assert answers == [False]
        assert isinstance(app.screen, HelpScreen)


async def test_what_is_done_behind_another_screen_goes_when_that_goes(server: Server) -> None:
    """An act that is answered while the menu is open goes with it, and is told."""
    async with console(server) as (app, pilot):
        done, answers = asyncio.Event(), list[bool | None]()
        app.push_screen(Deed("Really?", "Do it", done.wait), answers.append)
        await pilot.press("y", "ctrl+p")
        assert isinstance(app.screen, Palette)
        done.set()
        await pilot.pause()
        assert isinstance(app.screen, Palette)
        await pilot.press("escape")
        await alone(app, pilot)
        assert answers == [True]


async def test_a_double_click_on_a_note_takes_it_away_once(server: Server) -> None:
    """The second click comes when it is gone, and still in the picture."""
    async with console(server) as (app, pilot):
        app.notify("A note", timeout=60)
        await shows(app, "A note")
        region = app.screen.query(Toast).first().region
        for _ in range(60):  # at any moment of its going
            click(app, region.x + 2, region.y + 1, times=1)
            await asyncio.sleep(0)
        await hides(app, "A note")
        await alone(app, pilot)


async def test_an_act_that_is_asked_for_twice_at_once_is_asked_about_once(server: Server) -> None:
    """Two Enters, as a key that is held: one picture of the chat is opened."""
    async with dashboard(server) as (app, pilot), online(server, "ann"), asking(server, "bob"):
        await row_with(app, "Ann", "bob")
        for _ in range(3):
            app.post_message(events.Key("o", "o"))
        await eventually(lambda: len(app.screen_stack) > 1, "the chat is opened")
        await pilot.pause()
        assert len(app.screen_stack) == 2
