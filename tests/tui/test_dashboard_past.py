"""The dashboard's charts and the figures of the day."""

from msgspec.structs import replace

from imchat.protocol import Today
from imchat.tui.widgets.today_panel import TodayPanel
from imchat.tui.widgets.trends_panel import TrendsPanel
from tests.support import Server, eventually
from tests.tui.dashboards import asking, dashboard, feed, feed_past, online, text_in
from tests.tui.snapshots import snapshot, trends
from tests.tui.support import hides, shows


async def test_the_last_minutes_are_charted_over_three_spans(server: Server) -> None:
    """T goes from 30 minutes to 60 and to 5; each says what came in it, and the queue's peak."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        past = trends({"default": 1}, at=app.now_ms())
        waiting = [9, *[1] * 200, *[7], *[1] * 128, *[2] * 30]
        desk = replace(past.desks["default"], waiting=waiting, served=[0] * 330 + [2] * 30)
        feed_past(app, replace(past, desks={"default": desk}))
        await shows(app, "Last 30 min")
        await shows(app, "peak 7")
        await shows(app, "12.0/min")
        await shows(app, "2.0/min")
        assert "█" in "\n".join(text_in(app, TrendsPanel))
        await pilot.press("t")
        await shows(app, "Last 60 min")
        await shows(app, "peak 9")
        await pilot.press("t")
        await shows(app, "Last 5 min")
        await shows(app, "peak 2")
        assert " 12.0/min" in "\n".join(text_in(app, TrendsPanel)[-4:])


async def test_the_day_is_of_the_desk_that_is_shown(server: Server) -> None:
    """Of all desks the sums are added, and shares are of those sums."""
    one = Today(offered=10, served=10, within_20_s=10, within_60_s=10)
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot([], {"billing": [("bob", 1)], "sales": [("cat", 1)]}))
        past = trends({"billing": 0, "sales": 0})
        bad = replace(past.desks["sales"], today=replace(one, within_20_s=0, abandoned=10))
        good = replace(past.desks["billing"], today=one)
        feed_past(app, replace(past, desks={"billing": good, "sales": bad}))
        await shows(app, "33 %")
        await pilot.press("d")
        await shows(app, "desk billing")
        rows = "\n".join(text_in(app, TodayPanel))
        assert "100 %" in rows
        assert "0:00" in rows
        await pilot.press("d")
        await shows(app, "desk sales")
        assert "50 %" in "\n".join(text_in(app, TodayPanel)), "ten of twenty left"


async def test_old_charts_say_how_old_they_are(server: Server) -> None:
    """When the server gives no newer ones for some steps."""
    async with dashboard(server, (120, 40)) as (app, _):
        feed_past(app, trends({"default": 1}, at=app.now_ms()))
        await shows(app, "Last 30 min")
        assert "s old" not in "\n".join(text_in(app, TrendsPanel))
        feed_past(app, trends({"default": 1}, at=app.now_ms() - 95_000))
        await shows(app, "0 s old")


async def test_a_server_without_trends_shows_what_it_can(server: Server) -> None:
    """Its totals stand in the place of charts and of the day, and nothing waits for more."""
    async with dashboard(server, (120, 40)) as (app, _), asking(server, "bob"):
        feed_past(app, None)
        await shows(app, "Whole site")
        await shows(app, "requested")
        await hides(app, "Last 30 min")
        await hides(app, "in 20 s")


async def test_the_server_tells_what_was_before(server: Server) -> None:
    """A dashboard that is opened now shows who asked and was served before, by desk."""
    async with (
        online(server, "ann", capacity=1),
        asking(server, "bob"),
        asking(server, "cat"),
        dashboard(server, (120, 40)) as (app, pilot),
    ):
        await shows(app, "Last 30 min")

        async def counted() -> bool:
            app._poll.ask_again()
            await pilot.pause(0.1)
            rows = text_in(app, TodayPanel)
            return any("asked" in row and " 2" in row for row in rows) and any(
                "served" in row and " 1" in row for row in rows
            )

        await eventually(counted, "two asked, one was served")
        rows = "\n".join(text_in(app, TrendsPanel))
        assert "peak 1" in rows
        assert "0.1" in rows
        assert "100 %" in "\n".join(text_in(app, TodayPanel))


async def test_the_charts_are_renewed_by_themselves(server: Server) -> None:
    """When a step of the server is over, the next is there."""
    async with dashboard(server, (120, 40)) as (app, _):
        def step() -> int:
            return app._poll.trends.at // 10_000 if app._poll.trends else 0

        first = await eventually(step, "the first reply")
        await eventually(lambda: step() > first, "one of a later step", timeout=20)
