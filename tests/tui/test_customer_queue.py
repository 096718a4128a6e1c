"""The customer's way through the queue, and out of it."""

import contextlib
import re

import pytest
from textual.widgets import ProgressBar

from tests.support import Restartable, Server, eventually, serving
from tests.tui.support import hides, screen_text, shows
from tests.tui.windows import agent, window


async def test_waits_in_the_queue_and_moves_up(server: Server) -> None:
    """The place in the queue is shown and moves; nothing can be sent to nobody."""
    async with server.client("customer", "first") as first:
        await first.ready()
        await first.request()
        async with window(server) as (app, pilot):
            await shows(app, "You are number 2 in the queue")
            await pilot.press(*"hello", "enter")
            await shows(app, "You can write as soon as somebody is here.")
            await first.close(next(iter(first.chats)))
            await shows(app, "You are number 1 in the queue")
            async with agent(server):
                await shows(app, "Ann is here for you.")
                await pilot.press("enter")
                await shows(app, "✓")


async def test_leaves_the_queue(server: Server) -> None:
    """F4 asks, y leaves; F3 asks for help again."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("f4")
        await shows(app, "Leave the queue?")
        await pilot.press("y")
        await shows(app, "You left the queue.")
        await pilot.press("f3")
        await shows(app, "You are number 1 in the queue")


async def test_a_full_queue_is_said(store_url: str, site: str) -> None:
    """A refused request says why and what to do."""
    async with serving(store_url, site, max_queue=0) as server, window(server) as (app, _):
        await shows(app, "Too many are waiting at this desk")
        await shows(app, "F3 asks for help again.")


async def test_who_left_the_queue_has_nobody_to_rate(server: Server) -> None:
    """A rating is of an agent."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("f4", "y")
        await shows(app, "You left the queue.")
        assert "F5" not in screen_text(app)


async def test_the_bar_moves_as_the_queue_does(server: Server) -> None:
    """Empty at first, a third of the way for each that was served, of the two before."""
    async with contextlib.AsyncExitStack() as stack:
        before = []
        for n in range(2):
            other = await stack.enter_async_context(server.client("customer", f"other-{n}"))
            await other.ready()
            await other.request()
            before.append(other)
        app, _ = await stack.enter_async_context(window(server))
        await shows(app, "You are number 3 in the queue")
        bar = app.query_one(ProgressBar)
        assert bar.percentage == 0
        for number, other in enumerate(before, start=1):
            await other.close(next(iter(other.chats)))
            await shows(app, f"You are number {3 - number} in the queue")
            assert bar.percentage == pytest.approx(number / 3, abs=0.01)
        async with agent(server):
            await shows(app, "Ann is here for you.")
            assert not app.query_one("#way").display


async def test_how_long_one_waits_is_shown(server: Server) -> None:
    """By the server's clock, so that a window that is opened again knows."""
    async with window(server) as (app, _):
        await eventually(
            lambda: re.search(r"Waiting for 0:0[1-9]\.", screen_text(app)), "the clock goes on"
        )


async def test_quitting_the_queue_asks_once(server: Server) -> None:
    """Escape stays; yes leaves the queue at once, and not only when the grace is over."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("ctrl+q")
        await shows(app, "Leave the queue? Your place is lost.")
        await pilot.press("escape")
        await hides(app, "Leave the queue?")
        assert app.is_running
        await pilot.press("ctrl+q", "y")
        await eventually(lambda: not app.is_running, "the window is closed")
    async with agent(server) as ann:
        await ann.ready()
        assert ann.chats == {}


async def test_without_a_server_one_can_quit_all_the_same(restartable: Restartable) -> None:
    """It is not waited for long."""
    server = await restartable.start()
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await restartable.stop()
        await shows(app, "You keep your place while the connection is made again.")
        await pilot.press("ctrl+q", "y")
        await eventually(lambda: not app.is_running, "the window is closed")
