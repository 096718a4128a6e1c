"""The supervisor's dashboard, against a real server; large sites as snapshots."""

import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Digits

from imchat.client import Client
from imchat.protocol import Snapshot
from imchat.tui.dashboard import DashboardApp
from imchat.tui.tier_layout import HEADER
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.painted import Painted
from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.queue_panel import QueuePanel
from imchat.tui.widgets.tier_board import TierBoard
from imchat.tui.widgets.totals import TotalsPanel
from tests.support import Restartable, Server, eventually
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import hides, running_app, screen_text, shows

SIZES = [(80, 24), (120, 40), (240, 60)]
PANELS = (QueuePanel, TotalsPanel, TierBoard, QueueHead, AgentsTable)


@contextlib.asynccontextmanager
async def dashboard(
    server: Server, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[DashboardApp, Pilot[None]]]:
    """Sue before her dashboard."""
    app = DashboardApp(server.client("supervisor", "sue"))
    async with running_app(app, size) as running:
        await hides(app, "Waiting for the server…")
        yield running


@contextlib.asynccontextmanager
async def online(server: Server, uid: str, **claims: object) -> AsyncIterator[Client]:
    """An agent at work, named after its uid with a capital letter unless named otherwise."""
    claims.setdefault("name", uid.capitalize())
    async with server.client("agent", uid, **claims) as client:
        await client.ready()
        yield client


@contextlib.asynccontextmanager
async def asking(server: Server, uid: str, **asked: str) -> AsyncIterator[Client]:
    """A customer that has asked."""
    async with server.client("customer", uid) as client:
        await client.ready()
        await client.request(**asked)  # type: ignore[arg-type]
        yield client


async def close(customer: Client) -> None:
    """End the customer's chat, or its waiting."""
    await customer.close(next(iter(customer.chats)))


def text_in(app: DashboardApp, kind: type[Widget]) -> list[str]:
    """The rows of a region, its border too."""
    region = app.query_one(kind).region
    rows = screen_text(app).splitlines()[region.y : region.bottom]
    return [row[region.x : region.right] for row in rows]


def tier_of(app: DashboardApp, name: str) -> int | None:
    """Under which tier's head a name stands on the screen."""
    rows = text_in(app, TierBoard)
    heads = {head.start(): int(head[1]) for head in re.finditer(r"[▶ ] tier (\d+)", rows[1])}
    for row in rows[1 + HEADER :]:
        if name in row:
            return heads[max(x for x in heads if x <= row.index(name))]
    return None


async def stands(app: DashboardApp, name: str, tier: int) -> None:
    """Wait until a card is in the column of a tier."""
    await eventually(lambda: tier_of(app, name) == tier, f"{name} in tier {tier}")


def feed(app: DashboardApp, site: Snapshot) -> None:
    """Let the app hear a snapshot as if it came now."""
    app.heard(site)
    app.stale()


# --- the tiers -----------------------------------------------------------------


async def test_an_agent_moves_from_tier_to_tier(server: Server) -> None:
    """A card stands under its load: one further with each chat given, one back when it ends."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await stands(app, "Ann", 0)
        async with asking(server, "bob") as bob, asking(server, "cat"):
            await stands(app, "Ann", 2)
            await shows(app, "●●○")
            await close(bob)
            await stands(app, "Ann", 1)


async def test_the_current_tier_is_the_lowest_with_a_free_slot(server: Server) -> None:
    """It is marked in its head and in the title, and follows what happens."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await shows(app, "▶ tier 0")
        async with asking(server, "bob"):
            await shows(app, "▶ tier 1")
            await shows(app, "current tier 1")
            async with online(server, "abe"):
                await shows(app, "▶ tier 0")
                assert screen_text(app).count("▶") == 1


async def test_a_card_that_moved_stands_out_for_a_moment(server: Server) -> None:
    """Up it is marked ▸ and down ◂, and after a moment it is like the others."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await stands(app, "Ann", 0)
        async with asking(server, "bob") as bob:
            await shows(app, "▸Ann")
            await hides(app, "▸Ann")
            await close(bob)
            await shows(app, "◂Ann")
            await hides(app, "◂Ann")


async def test_a_full_agent_stands_by_its_load_and_is_marked(server: Server) -> None:
    """With no free slot anywhere the board says so, and no tier is current."""
    async with (
        dashboard(server) as (app, _),
        online(server, "ann", capacity=1),
        asking(server, "bob"),
    ):
        await shows(app, "every agent is full")
        await shows(app, "tier 1 full")
        assert "■" in screen_text(app)
        assert "▶" not in screen_text(app)
        async with online(server, "abe"):
            await shows(app, "▶ tier 0")
            await stands(app, "Ann", 1)


# --- the queue -----------------------------------------------------------------


async def test_the_queue_is_counted_and_its_head_named(server: Server) -> None:
    """The figure counts who waits, the head names them in order; their topics are not shown."""
    async with (
        dashboard(server) as (app, _),
        asking(server, "bob", topic="a secret") as bob,
        asking(server, "cat", topic="a secret"),
    ):
        await eventually(lambda: app.query_one(Digits).value == "2", "two are counted")
        await shows(app, "No agent is online, and 2 wait.")
        await shows(app, "longest wait 0:0")
        rows = "\n".join(text_in(app, QueueHead))
        assert re.search(r"1 bob .*0:0\d", rows)
        assert re.search(r"2 cat .*0:0\d", rows)
        await close(bob)
        await eventually(lambda: app.query_one(Digits).value == "1", "one is left")
        await eventually(lambda: "1 cat" in "\n".join(text_in(app, QueueHead)), "cat is first")
        assert "secret" not in screen_text(app)


async def test_the_queue_of_the_last_minutes_is_charted(server: Server) -> None:
    """What waited stays in the chart when nobody waits any more."""
    async with dashboard(server) as (app, _):
        async with asking(server, "bob"), asking(server, "cat") as cat:
            await shows(app, "peak 2")
            await close(cat)
        async with online(server, "ann"):
            await shows(app, "Nobody waits.")
            assert "peak 2" in screen_text(app)
            assert "█" in "\n".join(text_in(app, QueuePanel))


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
        await shows(app, "+75 more")
        assert "c050" not in screen_text(app)
        await pilot.press("shift+tab", "end")
        await shows(app, "50 c050")
        assert "+30 more" in screen_text(app)
        await pilot.press("home")
        await shows(app, "1 c001")


# --- agents --------------------------------------------------------------------


async def test_away_and_lost_agents_are_in_the_table_only(server: Server) -> None:
    """The table and the title say who is away or in grace; no column holds them."""
    async with dashboard(server) as (app, _), online(server, "ann") as ann:
        async with online(server, "abe"):
            await stands(app, "Abe", 0)
            await ann.set_status("away")
            await shows(app, "○ 1 away")
        await shows(app, "◌ 1 grace")
        await eventually(
            lambda: "○ away" in "\n".join(text_in(app, AgentsTable))
            and "◌ grace" in "\n".join(text_in(app, AgentsTable)),
            "both states in the table",
        )
        assert (tier_of(app, "Ann"), tier_of(app, "Abe")) == (None, None)


async def test_the_table_says_whom_an_agent_serves(server: Server) -> None:
    """Customers come and go in the agent's row."""
    async with dashboard(server, (120, 40)) as (app, _), online(server, "ann"):

        def row() -> str:
            return next((row for row in text_in(app, AgentsTable) if "Ann" in row), "")

        async with asking(server, "bob") as bob, asking(server, "cat"):
            await eventually(lambda: "●●○" in row() and "bob, cat" in row(), "both in the row")
            await close(bob)
            await eventually(lambda: "●○○" in row() and " cat " in row(), "one is left")
            assert "bob" not in row()


async def test_agents_are_sorted_by_key_and_the_cursor_stays_on_its_agent(server: Server) -> None:
    """S goes through the orders, R turns one round; rows move under the cursor with it."""
    site = [agent("ann", 1), agent("bob", 2), agent("cat", state="grace"), agent("dan", 3)]
    async with dashboard(server, (120, 40)) as (app, pilot):
        table = app.query_one(AgentsTable)
        feed(app, snapshot(site))
        await shows(app, "4 agents · by name")

        def order() -> str:
            return " ".join(str(table.get_row_at(row)[0].uid) for row in range(table.row_count))

        await pilot.press("down")
        assert order() == "ann bob cat dan"
        await pilot.press("s")
        assert order() == "cat ann bob dan"
        await pilot.press("s")
        assert order() == "dan bob ann cat"
        await shows(app, "4 agents · by load")
        await pilot.press("r")
        assert order() == "cat ann bob dan"
        assert table.cursor_row == 2
        feed(app, snapshot([*site[1:], agent("eve", 1)]))
        await eventually(lambda: order() == "cat eve bob dan", "the rows of the new snapshot")
        assert table.get_row_at(table.cursor_row)[0].uid == "bob"


# --- desks ---------------------------------------------------------------------


async def test_one_desk_at_a_time_or_all_as_one(server: Server) -> None:
    """D goes from desk to desk, A shows all again; each shows only what is its own."""
    async with (
        dashboard(server) as (app, pilot),
        online(server, "ann", desks=["billing"]),
        online(server, "abe", desks=["sales"]),
        asking(server, "bob", desk="sales"),
        asking(server, "cat"),
    ):
        await stands(app, "Abe", 1)
        await shows(app, "all desks")
        await shows(app, "▶ tier 0")
        await eventually(lambda: app.query_one(Digits).value == "1", "cat waits at some desk")
        await pilot.press("d")
        await shows(app, "desk billing  1 of 3")
        assert (tier_of(app, "Ann"), tier_of(app, "Abe")) == (0, None)
        await pilot.press("D")
        await shows(app, "desk sales  3 of 3")
        await shows(app, "▶ tier 1")
        assert app.query_one(Digits).value == "0"
        await pilot.press("D")
        await shows(app, "desk default  2 of 3")
        await shows(app, "No agent is online, and 1 wait.")
        await pilot.press("a")
        await shows(app, "all desks")
        assert (tier_of(app, "Ann"), tier_of(app, "Abe")) == (0, 1)


# --- foreign text, connections, sizes --------------------------------------------


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
        assert tier_of(app, "Ann") == 0
        await restartable.start()
        await eventually(lambda: not app.screen.has_class("-stale"), "it is live again")
        async with online(server, "abe"):
            await stands(app, "Abe", 0)


@pytest.mark.parametrize("count", [0, 3, 200])
@pytest.mark.parametrize("size", SIZES)
async def test_it_fits(server: Server, size: tuple[int, int], count: int) -> None:
    """At each size and with few or many agents all regions are there, whole and side by side."""
    agents = [agent(f"agent{n:03}", n % 4, name=f"安妮 {n}") for n in range(count)]
    async with dashboard(server, size) as (app, pilot):
        feed(app, snapshot(agents, {"default": [(f"customer{n}", n) for n in range(60)]}))
        await shows(app, "+")
        await pilot.pause()
        panels = [app.query_one(kind) for kind in PANELS]
        for panel in panels:
            assert app.screen.region.contains_region(panel.region)
            assert all(not panel.region.overlaps(p.region) for p in panels if p is not panel)
        for text in (
            "Queue", "Whole site", "Tiers", "Next in the queue", "by name", "longest wait 0:59",
            "requested", "messages", "Next desk", "All desks", "Reverse", "f1 Help",
        ):
            assert text in screen_text(app)
        assert all(cell_len(row) == size[0] for row in screen_text(app).splitlines())
        for painted in app.query(Painted):
            width, height = painted.content_size
            rows = painted.rows(width, height)
            assert all(sum(cell_len(part.text) for part in row) == width for row in rows if row)


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
