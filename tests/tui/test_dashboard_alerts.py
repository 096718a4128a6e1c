"""The dashboard's alerts: seen, heard once, acknowledged."""

from textual.app import App

from imchat.tui.alerts import AlertLimits
from imchat.tui.widgets.alert_bar import AlertBar
from tests.support import Server, eventually
from tests.tui.dashboards import asking, dashboard, feed, online, text_in
from tests.tui.snapshots import agent, snapshot
from tests.tui.support import hides, shows


class Bell:
    """Counts how often an app rang."""

    def __init__(self, app: App[None]) -> None:
        self.rung = 0
        app.bell = self._ring  # type: ignore[method-assign]

    def _ring(self) -> None:
        self.rung += 1


async def test_a_desk_with_nobody_at_work_is_an_alert(server: Server) -> None:
    """It comes when somebody waits there, rings once, and goes when an agent comes."""
    async with dashboard(server) as (app, _):
        bell = Bell(app)
        async with asking(server, "bob"):
            await shows(app, "⚠ default: no agent is online, and 1 waits")
            async with asking(server, "cat"):
                await shows(app, "⚠ default: no agent is online, and 2 wait")
                assert bell.rung == 1
                async with online(server, "ann"):
                    await hides(app, "no agent is online, and")
                    assert not app.query_one(AlertBar).display


async def test_limits_are_those_of_the_settings(server: Server) -> None:
    """Of the queue's length and of the longest wait."""
    limits = AlertLimits(queue=1, wait_s=30, unstaffed=False)
    async with dashboard(server, (120, 40), alerts=limits) as (app, _):
        feed(app, snapshot([], {"sales": [("bob", 30)]}))
        await shows(app, "1 waiting")
        assert not app.query_one(AlertBar).display
        feed(app, snapshot([], {"sales": [("bob", 31), ("cat", 1)]}))
        await shows(app, "⚠ sales: the longest wait is 0:31, limit 0:30")
        await shows(app, "⚠ sales: 2 wait, limit 1")


async def test_an_alert_is_acknowledged_by_key_and_by_mouse(server: Server) -> None:
    """It stays as long as it is true, but does not shout any more."""
    for way in ("x", "click"):
        async with dashboard(server) as (app, pilot):
            feed(app, snapshot([], {"default": [("bob", 1)]}))
            await shows(app, "x: seen")
            await (pilot.click(AlertBar) if way == "click" else pilot.press(way))
            await shows(app, ", seen")
            await hides(app, "x: seen")
            feed(app, snapshot([agent("ann", 3)], {"default": [("bob", 1)]}))
            await hides(app, ", seen")


async def test_many_alerts_leave_room_for_the_rest(server: Server) -> None:
    """Three rows at most; the rest is counted."""
    async with dashboard(server, (80, 24)) as (app, _):
        feed(app, snapshot([], {f"desk{n}": [("bob", 1)] for n in range(9)}))
        await shows(app, "⚠ 7 more")
        await eventually(lambda: len(text_in(app, AlertBar)) == 3, "three rows")
