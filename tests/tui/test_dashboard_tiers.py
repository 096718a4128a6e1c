"""The dashboard's tiers: cards that move, against a real server."""

from textual.pilot import Pilot

from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.tier_board import TierBoard
from tests.support import Server, eventually
from tests.tui.dashboards import asking, close, dashboard, feed, online, stands, text_in
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import hides, screen_text, shows


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


async def under_cursor(app: DashboardApp, uid: str) -> None:
    board = app.query_one(TierBoard)
    await eventually(lambda: getattr(board.at_cursor, "uid", "") == uid, f"{uid} at the cursor")


async def test_the_keys_move_among_the_cards(server: Server) -> None:
    """Arrows from card to card and column to column; the cursor goes along with its agent."""
    site = [agent("ann"), agent("bob"), agent("cat", 1), agent("dan", 3)]
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot(site))
        await shows(app, "4 agents")
        await pilot.press("4")
        for key, uid in (
            ("down", "bob"), ("down", "bob"), ("right", "cat"), ("right", "dan"), ("right", "dan"),
            ("left", "cat"), ("left", "ann"), ("end", "bob"), ("home", "ann"),
        ):
            await pilot.press(key)
            await under_cursor(app, uid)
        feed(app, snapshot([agent("ann", 2), *site[1:]]))
        await stands(app, "ann", 2)
        await under_cursor(app, "ann")
        feed(app, snapshot(site[1:]))
        await shows(app, "3 agents")
        await under_cursor(app, "bob")


async def test_a_card_is_opened_by_key_and_mouse(server: Server) -> None:
    """A click moves the cursor there, a second one or Enter opens the chat."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        online(server, "bob"),
        asking(server, "cat"),
        asking(server, "dan"),
    ):
        await stands(app, "Ann", 1)
        await stands(app, "Bob", 1)
        for name in ("Ann", "Bob"):
            x, y = place_of(app, name)
            await pilot.click(TierBoard, offset=(x, y))
            await under_cursor(app, name.lower())
        await opens(app, pilot, "Bob")
        await pilot.double_click(TierBoard, offset=place_of(app, "Ann"))
        await shows(app, "live · they do not see you")


def place_of(app: DashboardApp, name: str) -> tuple[int, int]:
    board = text_in(app, TierBoard)
    y = next(n for n, row in enumerate(board) if name in row)
    return board[y].index(name), y


async def opens(app: DashboardApp, pilot: Pilot[None], name: str) -> None:
    await pilot.press("enter")
    await shows(app, f" with {name}")
    await pilot.press("escape")
    await hides(app, f" with {name}")
