"""The dashboard as a whole: foreign text, lost connections, sizes, colours."""

import re
import time
from functools import partial

import pytest
from rich.cells import cell_len
from textual.widget import Widget

from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.event_log import EventLog
from imchat.tui.widgets.painted import Painted
from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.queue_panel import QueuePanel
from imchat.tui.widgets.tier_board import TierBoard
from imchat.tui.widgets.today_panel import TodayPanel
from imchat.tui.widgets.trends_panel import TrendsPanel
from tests.support import Restartable, Server, eventually
from tests.tui.dashboards import (
    SIZES,
    dashboard,
    feed,
    feed_past,
    online,
    stands,
    text_in,
    tier_of,
)
from tests.tui.snapshots import AT_MS, agent, snapshot, trends
from tests.tui.support import hides, running_app, screen_text, shows

PANELS = (QueuePanel, TrendsPanel, TodayPanel, TierBoard, QueueHead, AgentsTable)


async def test_names_are_data(server: Server) -> None:
    """Markup, escape sequences and bidi controls in a name do nothing, wherever it is shown."""
    nasty = "[b]A[/b][/ \x1b]2;x\x07\u202ea安妮"
    async with dashboard(server, (240, 60)) as (app, _), online(server, "ann", name=nasty):
        await eventually(
            lambda: screen_text(app).count("[b]A[/b][/ \ufffd]2;x\ufffda安妮") == 2,
            "the name in the board and in the table",
        )
        assert not re.search("[\x1b\x07\u202e]", screen_text(app))


async def test_an_empty_site_reads_well(server: Server) -> None:
    """With nobody there every region says so."""
    async with dashboard(server) as (app, _):
        await shows(app, "No agent is online.")
        await shows(app, "Nobody waits.")
        await shows(app, "nobody waits")
        await shows(app, "Agents · by name")


async def test_who_may_not_watch_is_told(server: Server) -> None:
    """With a token that is no supervisor's the dashboard says what the server said."""
    async with running_app(DashboardApp(server.client("customer", "bob"))) as (app, _):
        await hides(app, "Waiting for the server…")
        await shows(app, "customer")


async def test_a_lost_connection_is_said_and_healed(restartable: Restartable) -> None:
    """What is shown is old and looks so, until the dashboard watches again by itself."""
    server = await restartable.start()
    async with dashboard(server) as (app, _), online(server, "ann"):
        await stands(app, "Ann", 0)
        await restartable.stop()
        await shows(app, "reconnecting")
        await eventually(lambda: app.screen.has_class("-stale"), "the old state is dimmed")
        await shows(app, "not connected; this is how it was at ")
        assert tier_of(app, "Ann") == 0
        await restartable.start()
        await eventually(lambda: not app.screen.has_class("-stale"), "it is live again")
        async with online(server, "abe"):
            await stands(app, "Abe", 0)


async def test_as_of_is_the_last_moment_that_was_known(restartable: Restartable) -> None:
    """Where nothing changed for long, that is when the server answered last."""
    server = await restartable.start()
    async with dashboard(server) as (app, _):
        feed_past(app, trends({"default": 0}, at=AT_MS + 3_600_000))
        feed(app, snapshot([agent("ann")]))
        await stands(app, "ann", 0)
        await restartable.stop()
        as_of = time.strftime("%H:%M:%S", time.localtime(AT_MS / 1000 + 3600))
        await shows(app, f"not connected; this is how it was at {as_of}")


@pytest.mark.parametrize("count", [0, 3, 200])
@pytest.mark.parametrize("size", SIZES)
async def test_it_fits(server: Server, size: tuple[int, int], count: int) -> None:
    """At each size and with few or many agents all regions are there, whole and side by side."""
    agents = [agent(f"agent{n:03}", n % 4, name=f"安妮 {n}") for n in range(count)]
    async with dashboard(server, size) as (app, pilot):
        feed(app, snapshot(agents, {"default": [(f"customer{n}", n) for n in range(60)]}))
        feed_past(app, trends({"default": 5}))
        await shows(app, "longest 0:59")
        await shows(app, "peak 5" if size[0] > 80 else "queue")
        await pilot.pause()
        kinds: list[type[Widget]] = [*PANELS, *([EventLog] if size[1] >= 30 else [])]
        panels: list[Widget] = [app.query_one(kind) for kind in kinds]
        for panel in panels:
            assert app.screen.region.contains_region(panel.region)
            assert all(not panel.region.overlaps(p.region) for p in panels if p is not panel)
        for text in (
            "Queue", "Tiers", "Next in the queue", "by name", "longest 0:59", "in 20 s",
            "reply", "asked", "served", "o Open", "c Close", "m Transfer", "f1 Help",
        ):
            assert text in screen_text(app)
        assert ("Whole site" in screen_text(app)) is (size == (240, 60))
        assert all(cell_len(row) == size[0] for row in screen_text(app).splitlines())
        for painted in app.query(Painted):
            width, height = painted.content_size
            rows = painted.rows(width, height)
            assert all(sum(cell_len(part.text) for part in row) == width for row in rows if row)


async def test_where_there_is_no_room_a_key_shows_the_events(server: Server) -> None:
    """At 24 rows E puts the events in the place of agents and queue, and takes them back."""
    async with dashboard(server, (80, 24)) as (app, pilot):
        feed(app, snapshot([agent("ann")]))
        await shows(app, "1 agent ·")
        assert "Events" not in screen_text(app).replace("e Events", "")
        await pilot.press("e")
        await hides(app, "1 agent ·")
        await eventually(lambda: isinstance(app.focused, EventLog), "the keys go to the events")
        await pilot.press("e")
        await shows(app, "1 agent ·")
        await eventually(lambda: isinstance(app.focused, AgentsTable), "and back")


def has_keys(app: DashboardApp, region: Widget) -> bool:
    return app.focused is region


def has_room(region: Widget) -> bool:
    return region.region.height > 30


async def test_a_region_can_have_all_the_room(server: Server) -> None:
    """Z gives it to the one with the keys, below the title and the alerts, and takes it back."""
    crowd = [agent(f"agent{n:03}") for n in range(90)]
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot(crowd, {"default": [("bob", 999)]}))
        await shows(app, "90 agents")
        for key, kind in (("1", AgentsTable), ("2", QueueHead), ("3", EventLog), ("4", TierBoard)):
            region: Widget = app.query_one(kind)
            await pilot.press(key)
            await eventually(partial(has_keys, app, region), "the keys go there")
            await pilot.press("z")
            await eventually(partial(has_room, region), "it has all the room")
            assert "the longest wait is 16:39" in screen_text(app)
            await pilot.press("escape")
            await shows(app, "Tiers · current")


async def test_every_agent_of_many_is_shown_or_counted(server: Server) -> None:
    """What has no room in a column is counted in it, and the table has everybody."""
    agents = [agent(f"agent{n:03}", n % 4) for n in range(200)]
    async with dashboard(server, (80, 24)) as (app, _):
        feed(app, snapshot(agents))
        await shows(app, "200 agents")
        board = "\n".join(text_in(app, TierBoard))
        hidden = sum(int(more) for more in re.findall(r"\+(\d+) more", board))
        assert board.count("agent") + hidden == 200
        assert app.query_one(AgentsTable).row_count == 200


async def test_a_new_size_and_new_colours_are_taken_at_once(server: Server) -> None:
    """After a resize nothing is cut or left over, and a theme reaches every cell."""
    agents = [agent(f"agent{n:03}", n % 4) for n in range(12)]
    async with dashboard(server, (240, 60)) as (app, pilot):
        feed(app, snapshot(agents))
        await shows(app, "12 agents")
        board = app.query_one(TierBoard)
        before = board.rows(*board.content_size)[0][0].style
        for size in (*SIZES, (50, 14), (30, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert all(cell_len(row) == size[0] for row in screen_text(app).splitlines())
            assert "▶ tier 0" in screen_text(app) or "▶ 0" in screen_text(app)
            assert "agent" in screen_text(app)
        app.theme = "imchat-light"
        await pilot.pause()
        assert board.rows(*board.content_size)[0][0].style != before


async def test_a_new_size_behind_a_question_is_taken(server: Server) -> None:
    """What was drawn for a large screen is not drawn on a small one when the question goes."""
    agents = [agent(f"agent{n}", 3) for n in range(5)]
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot(agents))
        await shows(app, "5 agents")
        for size in ((80, 24), (240, 60), (80, 24)):
            await pilot.press("f1")
            await pilot.resize_terminal(*size)
            await pilot.press("escape")
            await shows(app, "tier 3")


async def test_cards_stand_still_where_motion_is_not_wanted(server: Server) -> None:
    """With animations on a card flies to its new place, with animations off it is there at once."""
    async with dashboard(server) as (app, _):
        board = app.query_one(TierBoard)
        for level, flies in (("full", True), ("none", False)):
            app.animation_level = level  # type: ignore[assignment]
            feed(app, snapshot([agent("ann", 0)]))
            await shows(app, "▶ tier 0")
            await eventually(lambda: not board._flights, "nobody flies")
            feed(app, snapshot([agent("ann", 1)]))
            app.draw()
            assert bool(board._flights) is flies
            await stands(app, "ann", 1)


async def test_what_happens_while_the_app_is_closed_harms_nothing(server: Server) -> None:
    """A timer that fires when the widgets are gone already draws nothing."""
    async with dashboard(server) as (app, _):
        feed(app, snapshot([agent("ann", 0)]))
        await stands(app, "ann", 0)
    app.stale()
    app._draw_if_stale()
