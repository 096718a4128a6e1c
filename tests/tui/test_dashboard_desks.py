"""The dashboard shows a desk, or all of them as one."""


from textual.widgets import Digits

from imchat.tui.widgets.desk_tabs import DeskTabs
from tests.support import Server, eventually
from tests.tui.dashboards import asking, dashboard, feed, online, stands, text_in, tier_of
from tests.tui.snapshots import snapshot
from tests.tui.support import hides, shows


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
        await shows(app, "No agent is online, and 1 waits.")
        await pilot.press("a")
        await shows(app, "all desks")
        assert (tier_of(app, "Ann"), tier_of(app, "Abe")) == (0, 1)


async def test_desks_are_tabs(server: Server) -> None:
    """Each with how many wait at it; a click shows it. A single desk needs none."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot([], {"billing": [("bob", 1), ("cat", 1)], "sales": []}))
        await shows(app, " all desks 2  billing 2  sales ")
        row = "\n".join(text_in(app, DeskTabs))
        await pilot.click(DeskTabs, offset=(row.index("sales"), 0))
        await shows(app, "desk sales  2 of 2")
        await pilot.click(DeskTabs, offset=(3, 0))
        await hides(app, "desk sales")
        feed(app, snapshot([], {"billing": []}))
        await hides(app, "all desks")


async def test_the_chosen_tab_is_in_sight_among_many(server: Server) -> None:
    """However many desks there are."""
    async with dashboard(server, (80, 24)) as (app, pilot):
        feed(app, snapshot([], {f"desk-number-{n:02}": [] for n in range(40)}))
        await shows(app, "desk-number-00")
        await pilot.press("D")
        await shows(app, "desk desk-number-39  40 of 40")
        assert " desk-number-39 " in "\n".join(text_in(app, DeskTabs))
