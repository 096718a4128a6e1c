"""What tests of the dashboard need: one at work, agents and customers, what it shows."""

import contextlib
import re
from collections.abc import AsyncIterator

from textual.pilot import Pilot
from textual.widget import Widget

from imchat.client import Client
from imchat.protocol import Happening, Log, Snapshot, Trends
from imchat.tui.alerts import AlertLimits
from imchat.tui.dashboard import DashboardApp
from imchat.tui.tier_layout import HEADER
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.tier_board import TierBoard
from tests.support import Server, eventually
from tests.tui.support import hides, running_app, screen_text

SIZES = [(80, 24), (120, 40), (240, 60)]


@contextlib.asynccontextmanager
async def dashboard(
    server: Server, size: tuple[int, int] = (100, 30), *, alerts: AlertLimits | None = None
) -> AsyncIterator[tuple[DashboardApp, Pilot[None]]]:
    """Sue before her dashboard."""
    app = DashboardApp(server.client("supervisor", "sue"), alerts=alerts)
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


def feed_past(app: DashboardApp, past: Trends | None) -> None:
    """Let the app know these trends, or that the server keeps none, and ask for no others."""
    for worker in app.workers:
        if worker.name == "trends":
            worker.cancel()
    app._poll.trends, app._poll.refused = past, past is None
    app.stale()


def tell(app: DashboardApp, *events: Happening) -> None:
    """Let the app hear what happened as if it came now."""
    app.heard(Log(events=list(events)))
    app.stale()


async def row_with(app: DashboardApp, *words: str) -> None:
    """Wait until a row of the table has all these words."""
    await eventually(
        lambda: any(all(w in row for w in words) for row in text_in(app, AgentsTable)),
        f"a row with {words}",
    )


def is_at(table: AgentsTable, row: int) -> bool:
    """Whether the cursor stands on a row."""
    return table.cursor_row == row
