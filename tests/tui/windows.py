"""Bob at his window, and Ann who is there for him."""

import contextlib
from collections.abc import AsyncIterator

from textual.pilot import Pilot

from imchat.client import Client
from imchat.ids import DEFAULT_DESK, Uid
from imchat.tui.customer import CustomerApp
from tests.support import Server
from tests.tui.support import running_app

BOB = Uid("bob")


@contextlib.asynccontextmanager
async def window(
    server: Server, *, topic: str | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[CustomerApp, Pilot[None]]]:
    """Bob at his window."""
    client = server.client("customer", BOB, name="Bob")
    async with running_app(CustomerApp(client, topic=topic, desk=DEFAULT_DESK), size) as running:
        yield running


@contextlib.asynccontextmanager
async def agent(server: Server, **claims: int) -> AsyncIterator[Client]:
    """Ann, online."""
    async with server.client("agent", "ann", name="Ann", **claims) as client:
        await client.ready()
        yield client
