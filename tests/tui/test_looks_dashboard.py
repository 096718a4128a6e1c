"""The dashboard as it was looked at and approved, at three sizes and in both themes."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from textual.pilot import Pilot

from imchat.client import Disconnected
from imchat.ids import Uid
from imchat.protocol import Happening, Snapshot, Today
from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.chat_watch import ChatWatch
from tests.tui.dashboards import feed, feed_past
from tests.tui.dashboards import tell as tell_events
from tests.tui.looks import assert_looks, utc
from tests.tui.reported import show as show_report
from tests.tui.reported import told
from tests.tui.scenes import SAID
from tests.tui.snapshots import AT_MS, agent, snapshot, trends
from tests.tui.staging import CUSTOMER, client, staged, stored, tell, welcome
from tests.tui.support import shows

pytestmark = pytest.mark.usefixtures("utc")
__all__ = ["utc"]

SUE = Uid("sue")
TODAY = Today(
    offered=120, served=110, abandoned=6, within_20_s=80, within_60_s=101, wait_ms=1_800_000,
    replied=90, first_reply_ms=2_000_000, handled=100, handle_ms=30_000_000,
)
HAPPENED = [
    {"what": "online", "agent": "agent-1", "desk": "default"},
    {"what": "requested", "customer": "bob", "desk": "default"},
    {"what": "assigned", "customer": "bob", "agent": "agent-1", "tier": 0, "reason": "request"},
    {"what": "queued", "customer": "eve", "desk": "default"},
    {"what": "status", "agent": "agent-2", "state": "away", "by": "sue"},
    {"what": "lost", "agent": "agent-3"},
    {"what": "offline", "agent": "agent-3"},
    {"what": "requeued", "customer": "zoe", "agent": "agent-3", "desk": "default"},
    {"what": "transferred", "customer": "bob", "agent": "agent-1", "to": "agent-5", "by": "sue"},
    {"what": "closed", "customer": "bob", "agent": "agent-5", "by": "bob", "reason": "customer"},
    {"what": "rated", "customer": "bob", "agent": "agent-5", "score": 2},
]
FOUND_BY = {
    "dashboard-filter-line": (["slash", *"agent 1"], "agent 1"),
    "dashboard-filter-none": (["slash", *"nobody", "enter"], "nobody"),
    "dashboard-events": (["3", "home"], "came online"),
    "dashboard-desk": (["d"], "current tier"),
    "dashboard-tiers-cursor": (["4", "right", "down"], "current tier"),
    "dashboard-zoom": (["1", "z"], "Agent 11"),
    "dashboard-help": (["f1"], "Keys"),
    "dashboard-choose": (["c"], "Close which chat?"),
    "dashboard-close": (["c", "enter"], "Close the chat of"),
    "dashboard-transfer": (["m", "enter"], "Transfer the chat of"),
    "dashboard-away": (["w"], "away?"),
}
"""What a key or two show of a site at work, and a word of it."""


def _site() -> Snapshot:
    agents = [
        agent(f"agent-{n}", n % 4, name=f"Agent {n}", desks=("default", "sales")[: 1 + n % 2])
        for n in range(12)
    ]
    agents += [agent("away", 1, state="away"), agent("gone", 2, state="grace")]
    return snapshot(agents, {"default": [("eve", 475), ("zoe", 20)], "sales": [("max", 5)]})


@contextlib.asynccontextmanager
async def _dashboard(site: Snapshot | None = None) -> AsyncIterator[
    tuple[DashboardApp, Pilot[None]]
]:
    """Agents in their tiers, queues at two desks, an hour behind, events of every kind."""
    async with staged(DashboardApp(client(SUE))) as (app, pilot):
        tell(app, welcome(SUE, "supervisor", "Sue"))
        feed_past(app, trends({"default": 4, "sales": 1}, today=TODAY))
        feed(app, site or _site())
        tell_events(app, *(
            Happening(id=f"{n}-0", at=AT_MS - 60_000 + n * 5_000, **fields)  # type: ignore[arg-type]
            for n, fields in enumerate(HAPPENED, 1)
        ))
        await shows(app, "Agent 1")
        yield app, pilot


async def test_a_dashboard() -> None:
    """With an alert, for somebody waits too long."""
    async with _dashboard() as (app, pilot):
        await shows(app, "eve")
        await assert_looks(pilot, "dashboard")


@pytest.mark.parametrize("name", FOUND_BY)
async def test_what_a_key_shows(name: str) -> None:
    """Filters, the events, a desk, a region with all the room, help, and a supervisor's acts."""
    keys, word = FOUND_BY[name]
    async with _dashboard() as (app, pilot):
        await pilot.press(*(["down", "down", "down"] if len(name.split("-")) == 2 else []), *keys)
        await shows(app, word)
        await assert_looks(pilot, name)


async def test_a_dashboard_of_many() -> None:
    """Two hundred agents: what has no room is counted."""
    many = [agent(f"agent-{n:03}", n % 4, name=f"Agent {n}") for n in range(200)]
    async with _dashboard(snapshot(many)) as (app, pilot):
        await shows(app, "200 agents")
        await assert_looks(pilot, "dashboard-many")


async def test_a_dashboard_of_a_site_where_nobody_is() -> None:
    """Nobody is online, and somebody waits."""
    async with staged(DashboardApp(client(SUE))) as (app, pilot):
        tell(app, welcome(SUE, "supervisor", "Sue"))
        feed_past(app, None)
        feed(app, snapshot([], {"default": [("eve", 75)]}))
        await shows(app, "eve")
        await assert_looks(pilot, "dashboard-untold")


async def test_a_dashboard_before_the_first_snapshot() -> None:
    """It waits for the server."""
    async with staged(DashboardApp(client(SUE))) as (app, pilot):
        await shows(app, "Waiting for the server…")
        await assert_looks(pilot, "dashboard-first")


async def test_a_dashboard_without_a_connection() -> None:
    """It is dimmed, and says as of when it is."""
    async with _dashboard() as (app, pilot):
        app.client.state = "connecting"
        tell(app, Disconnected("the server is going away", 0.0))
        await shows(app, "this is how it was at")
        await assert_looks(pilot, "dashboard-stale")


async def test_a_chat_that_is_watched() -> None:
    """What is said there, and that nobody sees the supervisor."""
    async with _dashboard() as (app, pilot):
        await pilot.press("down", "o")
        await shows(app, "live · they do not see you")
        watch = app.screen
        assert isinstance(watch, ChatWatch)
        watched = watch.paged
        watched._messages += [
            stored(CUSTOMER, n, sender, body, ago_s) for n, (sender, body, ago_s) in enumerate(SAID)
        ]
        watched.begun, watched.talk.has_earlier = True, False
        watch.show()
        await shows(app, "No, thank you")
        await assert_looks(pilot, "dashboard-watch")


@pytest.mark.parametrize("days", [1, 7])
async def test_the_reports(days: int) -> None:
    """Today or the last seven days by agent, and how the days went."""
    async with _dashboard() as (app, pilot):
        await pilot.press("R", *("t" if days == 7 else ""))
        await shows(app, "Reading…")
        show_report(app, told(days))
        await shows(app, "as of")
        await assert_looks(pilot, f"dashboard-reports-{days}")


async def test_reports_that_do_not_come() -> None:
    """The server does not tell any."""
    async with _dashboard() as (app, pilot):
        await pilot.press("R")
        await shows(app, "Reading…")
        await assert_looks(pilot, "dashboard-reports-none")
