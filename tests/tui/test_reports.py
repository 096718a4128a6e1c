"""The dashboard's screen of reports: by agent, sorted, with the last days as bars."""

import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.pilot import Pilot

from imchat.client import Client
from imchat.ids import Uid
from imchat.tui.dashboard import DashboardApp
from imchat.tui.measured import ALL, Order, in_order, lines_of, said, spark
from imchat.tui.widgets.reports import ReportsScreen
from imchat.tui.widgets.reports_table import ReportsTable
from imchat.tui.widgets.week_panel import WeekPanel
from tests.client.scripted import TOKEN, scripted
from tests.support import Restartable, Server, eventually
from tests.tui.dashboards import SIZES, asking, close, dashboard, feed, online
from tests.tui.reported import ANN, CAT, show, told
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import hides, running_app, screen_text, shows

DAY_MS = 86_400_000
NASTY = "[b]A[/b][/ [@click=app.quit]x[/]"


@contextlib.asynccontextmanager
async def reports(
    server: Server, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[DashboardApp, Pilot[None]]]:
    """Sue before the reports."""
    async with dashboard(server, size) as (app, pilot):
        await pilot.press("R")
        await shows(app, "as of ")
        yield app, pilot


def order_on(app: DashboardApp) -> list[str]:
    """The first words of the table's rows, the head left out."""
    region = app.screen.query_one(ReportsTable).region
    rows = screen_text(app).splitlines()[region.y + 2 : region.bottom - 1]
    words = [row[region.x + 1 : region.right - 1].split() for row in rows]
    return [found[0] for found in words if found]


async def in_the_order(app: DashboardApp, *names: str) -> None:
    """Wait until the rows stand so."""
    await eventually(lambda: order_on(app)[: len(names)] == list(names), f"{names}, in order")


async def test_it_tells_what_the_agents_did(server: Server) -> None:
    """From the server: by agent and in all, today and in seven days, and the agent's days."""
    async with online(server, "ann"), asking(server, "bob") as bob:
        await close(bob)
        async with reports(server) as (app, pilot):
            await shows(app, "Today, UTC · 1 agent · by served")
            assert re.search(r"all +1 ", screen_text(app))
            assert re.search(r"Ann +1 ", screen_text(app))
            await shows(app, "Last 7 days · all")
            await pilot.press("down")
            await shows(app, "Last 7 days · Ann")
            await hides(app, "Reading…")
            await shows(app, "▁▁▁▁▁▁")
            await pilot.press("t")
            await shows(app, "Last 7 days · 1 agent · by served")
            await pilot.press("escape")
            await shows(app, "Tiers")


async def test_it_is_renewed_by_itself(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes while it is shown is in it some seconds later."""
    monkeypatch.setattr("imchat.tui.reports_poll.EVERY_S", 0.2)
    async with reports(server) as (app, _):
        await shows(app, "0 agents")
        async with online(server, "ann"):
            await shows(app, "1 agent ·", timeout=20)
            await shows(app, "Ann")


async def test_it_is_sorted_by_any_column(server: Server) -> None:
    """S and a click take another, R and a second click the other way; all of them stay on top."""
    async with reports(server) as (app, pilot):
        feed(app, snapshot([agent(uid, name=uid.title()) for uid in ("ann", "ben", "cat")]))
        await eventually(lambda: len(app.names) == 3, "their names")
        show(app, told())
        await in_the_order(app, "all", "Ann", "Cat", "Ben")
        await pilot.press("r")
        await in_the_order(app, "all", "Ben", "Cat", "Ann")
        await pilot.press("s")
        await shows(app, "by wait")
        await in_the_order(app, "all", "Ben", "Cat", "Ann")
        head = screen_text(app).splitlines()[2]
        at = head.index("rating"), 2
        await pilot.click(offset=at)
        await in_the_order(app, "all", "Cat", "Ann", "Ben")
        await pilot.click(offset=at)
        await in_the_order(app, "all", "Ann", "Cat", "Ben")
        await pilot.click(offset=(3, 2))
        await in_the_order(app, "all", "Ann", "Ben", "Cat")


async def test_the_cursor_stays_on_its_agent(server: Server) -> None:
    """However they are sorted, and when the numbers change."""
    async with reports(server) as (app, pilot):
        show(app, told())
        await in_the_order(app, "all", "ann", "cat", "ben")
        await pilot.press("down", "down")
        await shows(app, "Last 7 days · cat")
        await pilot.press("s", "s", "r")
        show(app, replace(told(), agents={Uid("cat"): CAT, Uid("zoe"): ANN}))
        await shows(app, "zoe")
        await shows(app, "Last 7 days · cat")


@pytest.mark.parametrize("count", [0, 500])
@pytest.mark.parametrize("size", [*SIZES, (60, 16)])
async def test_the_reports_fit(server: Server, size: tuple[int, int], count: int) -> None:
    """At each size the table and the days are there, and the weightiest columns are."""
    async with reports(server, size) as (app, _):
        feed(app, snapshot([agent("ann", name=NASTY), agent("ben", name="安妮" * 30)]))
        await eventually(lambda: len(app.names) == 2, "their names")
        show(app, told(count=count))
        await shows(app, f"{3 + count} agents")
        text = screen_text(app)
        for word in ("served ▾", "wait", "first", "esc Back", "as of"):
            assert word in text
        assert all(cell_len(row) == size[0] for row in text.splitlines())
        for head in ("occupied", "rating"):
            assert (head in text.splitlines()[2]) is (size[0] >= 80)
        for head in ("response", "wait p90", "online"):
            assert (head in text.splitlines()[2]) is (size[0] >= 120)
        assert ("again" in text.splitlines()[2]) is (size[0] >= 240)
        assert "[b]A[/b][/" in text
        panel = app.screen.query_one(WeekPanel)
        assert panel.display is (size[0] > 60)
        if panel.display:
            assert "in 20 s" in "".join(panel.render_line(y).text for y in range(panel.size.height))
            width, height = panel.content_size
            rows = panel.rows(width, height)
            assert all(sum(cell_len(part.text) for part in row) == width for row in rows)


async def test_a_name_is_data_in_the_title_of_its_days(server: Server) -> None:
    """Markup in it does nothing."""
    async with reports(server) as (app, pilot):
        feed(app, snapshot([agent("ann", name=NASTY)]))
        await eventually(lambda: app.names, "its name")
        show(app, told())
        await pilot.press("down")
        await shows(app, f"Last 7 days · {NASTY}")


async def test_a_lost_connection_leaves_what_was(restartable: Restartable) -> None:
    """What is shown is said to be old, and is renewed as soon as the server is back."""
    server = await restartable.start()
    async with reports(server) as (app, _):
        await restartable.stop()
        await shows(app, "Not connected; this is how it was at ")
        await eventually(lambda: app.screen.has_class("-trouble"), "it is dimmed")
        await restartable.start()
        async with online(server, "ann"):
            await hides(app, "Not connected")
            await shows(app, "as of ")


async def test_a_server_that_is_too_old_says_so() -> None:
    """One that does not know the request, and one that refuses it."""
    for code, words in (("bad_frame", "too old to tell"), ("forbidden", "Not for you.")):
        def answer(frame: dict[str, object], code: str = code) -> list[dict[str, object]]:
            error = {"type": "error", "code": code, "message": "Not for you."}
            return [error | {"ref": frame.get("ref")}]

        async with (
            scripted(answer) as old,
            running_app(DashboardApp(Client(old.url, TOKEN))) as (app, pilot),
        ):
            await pilot.press("R")
            await shows(app, words)
            assert "as of" not in screen_text(app)


def test_values_are_said_as_they_are_read() -> None:
    """Times as m:ss, shares in percent of which only all is 100, nothing as a dash."""
    assert [said(v, "time") for v in (0, 4.2, 9.97, 61.0, 3_700)] == [
        "0:00", "4.2 s", "0:10", "1:01", "1:01:40",
    ]  # fmt: skip
    assert [said(v, "share") for v in (0, 0.001, 0.5, 0.999, 1.0)] == [
        "0 %", "1 %", "50 %", "99 %", "100 %",
    ]  # fmt: skip
    assert [said(v, "hours") for v in (0.0, 27_600.0, 4e6)] == ["0 h 00", "7 h 40", "1,111 h"]
    assert (said(None, "count"), said(1234, "count"), said(4.251, "number")) == (
        "–", "1,234", "4.25",
    )  # fmt: skip


def test_bars_are_of_the_greatest_and_nothing_is_a_dot() -> None:
    """0 is a line, no value is not; over several rows they go on above."""
    assert spark([None, 0, 1, 2, 4]) == ["·▁▂▄▇"]
    assert spark([None, 0, 0]) == ["·▁▁"]
    assert spark([4, 1], 2) == ["▇ ", "█▄"]
    assert spark([None] * 7) == ["·······"]


def test_who_has_no_value_is_last_either_way() -> None:
    """And everybody together is first."""
    lines = lines_of(told(), str)
    for reverse in (False, True):
        order = [line.of for line in in_order(lines, Order("rating_mean", reverse))]
        assert (order[0], order[-1]) == (ALL, "ben")


async def test_a_reply_that_comes_when_it_is_left_does_no_harm(server: Server) -> None:
    """Also one that comes while its widgets go, as when the app ends."""
    async with reports(server) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, ReportsScreen)
        going = screen.dismiss()
        while not going.is_done:
            for show in (screen._show, screen._show_days, screen._say):
                show()
            await pilot.pause(0)
        await eventually(lambda: not screen.query(ReportsTable), "its widgets are gone")
        for show in (screen._show, screen._show_days, screen._say):
            show()
