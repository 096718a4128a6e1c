"""The dashboard's queue: how many wait, who and how long."""

import re

from textual.widgets import Digits

from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.queue_panel import QueuePanel
from tests.support import Server, eventually
from tests.tui.dashboards import (
    asking,
    close,
    dashboard,
    feed,
    text_in,
)
from tests.tui.snapshots import snapshot
from tests.tui.support import screen_text, shows


async def test_the_queue_is_counted_and_its_head_named(server: Server) -> None:
    """The figure counts who waits, the head names them in order; their topics are not shown."""
    async with (
        dashboard(server) as (app, _),
        asking(server, "bob", topic="a secret") as bob,
        asking(server, "cat", topic="a secret"),
    ):
        await eventually(lambda: app.query_one(Digits).value == "2", "two are counted")
        await shows(app, "No agent is online, and 2 wait.")
        await shows(app, "longest 0:0")
        rows = "\n".join(text_in(app, QueueHead))
        assert re.search(r"1 bob .*0:0\d", rows)
        assert re.search(r"2 cat .*0:0\d", rows)
        await close(bob)
        await eventually(lambda: app.query_one(Digits).value == "1", "one is left")
        await eventually(lambda: "1 cat" in "\n".join(text_in(app, QueueHead)), "cat is first")
        assert "secret" not in screen_text(app)


async def test_long_waits_stand_out(server: Server) -> None:
    """The figure is coloured by the longest wait: amber from a minute, red from three."""
    async with dashboard(server) as (app, pilot):
        for waited, classes in ((5, set()), (60, {"-amber"}), (200, {"-red"})):
            feed(app, snapshot([], {"default": [("bob", waited)]}))
            await pilot.pause()
            await shows(app, f"{waited // 60}:{waited % 60:02}")
            assert app.query_one(QueuePanel).classes & {"-amber", "-red"} == classes


async def test_the_whole_head_can_be_read_by_keyboard(server: Server) -> None:
    """Tab goes to the queue, End to the last that is named; how many more wait is said."""
    async with dashboard(server, (80, 24)) as (app, pilot):
        feed(app, snapshot([], {"default": [(f"c{n:03}", 99) for n in range(1, 81)]}))
        await shows(app, "1 c001")  # how many below it depends on the alerts above
        assert "c050" not in screen_text(app)
        await pilot.press("2", "end")
        await shows(app, "50 c050")
        assert "+30 more" in screen_text(app)
        await pilot.press("home")
        await shows(app, "1 c001")
