"""The dashboard's table of agents: rows, order, filter."""

from functools import partial

from imchat.tui.widgets.agents_table import AgentsTable
from tests.support import Server, eventually
from tests.tui.dashboards import (
    asking,
    close,
    dashboard,
    feed,
    is_at,
    online,
    stands,
    text_in,
    tier_of,
)
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import hides, shows


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


async def test_the_table_is_narrowed_by_what_one_types(server: Server) -> None:
    """By name, uid, desk, state or customer; Enter keeps it, Escape shows everybody again."""
    site = [
        agent("ann", 1, desks=("sales",)), agent("bob", 2), agent("cat", state="away"),
        agent("dan", name="Sally"),
    ]
    async with dashboard(server, (120, 40)) as (app, pilot):
        table = app.query_one(AgentsTable)
        feed(app, snapshot(site))
        await shows(app, "4 agents · by name")
        for text, found in (("sal", "ann dan"), ("away", "cat"), ("bob-c1", "bob"), ("x", "")):
            await pilot.press("slash", *(["backspace"] * 8), *text)
            await shows(app, f"“{text}”: {len(found.split())} of 4 agents")
            await rows_are(table, found)
            await pilot.press("enter")
        feed(app, snapshot([*site, agent("xia")]))
        await eventually(lambda: uids(table) == ["xia"], "who comes is narrowed too")
        await pilot.press("slash", "escape")
        await eventually(lambda: table.row_count == 5, "everybody is back")
        await eventually(lambda: app.focused is table, "the keys are the table's again")


async def test_the_mouse_sorts(server: Server) -> None:
    """A click on a column's head sorts by it, twice reverses."""
    site = [agent("ann", 1), agent("bob", 2), agent("cat", 0)]
    async with dashboard(server, (120, 40)) as (app, pilot):
        table = app.query_one(AgentsTable)
        feed(app, snapshot(site))
        await shows(app, "3 agents · by name")
        head = text_in(app, AgentsTable)[1]
        await pilot.click(AgentsTable, offset=(head.index("load"), 1))
        await shows(app, "by load")
        assert uids(table) == ["bob", "ann", "cat"]
        await pilot.click(AgentsTable, offset=(head.index("load"), 1))
        await eventually(lambda: uids(table) == ["cat", "ann", "bob"], "the other way round")


async def test_a_click_goes_to_a_row_and_a_double_click_opens_it(server: Server) -> None:
    """Also where the cursor is already: what a first click opened, the second would close."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        table = app.query_one(AgentsTable)
        feed(app, snapshot([agent("ann", 2), agent("bob", 3)]))
        await shows(app, "2 agents · by name")
        for at in (2, 3):
            await pilot.click(AgentsTable, offset=(3, at))
            assert table.cursor_row == at - 2
            assert len(app.screen_stack) == 1
        await pilot.double_click(AgentsTable, offset=(3, 3))
        await shows(app, "Read which chat?")
        await pilot.press("escape")
        await hides(app, "Read which chat?")
        await pilot.press("enter")
        await shows(app, "Read which chat?")


async def test_the_first_and_the_last_are_a_key_away(server: Server) -> None:
    """Home and End move the cursor as they do in the lists beside the table."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        table = app.query_one(AgentsTable)
        feed(app, snapshot([agent(f"a{n:02}") for n in range(50)]))
        await shows(app, "50 agents")
        for key, row in (("end", 49), ("home", 0), ("down", 1), ("home", 0)):
            await pilot.press(key)
            await eventually(partial(is_at, table, row), f"{key}: row {row}")


async def rows_are(table: AgentsTable, wanted: str) -> None:
    """Wait until the rows are those of these uids."""
    await eventually(lambda: uids(table) == wanted.split(), f"the rows are {wanted!r}")


def uids(table: AgentsTable) -> list[str]:
    """Whose rows there are, in their order."""
    return [str(table.get_row_at(row)[0].uid) for row in range(table.row_count)]
