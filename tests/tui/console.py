"""Ann at her console, and her customers."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from textual.pilot import Pilot

from imchat.client import Client
from imchat.ids import Uid
from imchat.settings import ScreenSettings
from imchat.tui.agent import AgentApp
from imchat.tui.memory import Memory
from imchat.tui.widgets.composer import Composer
from tests.support import Server
from tests.tui.support import running_app

ANN = Uid("ann")


@contextlib.asynccontextmanager
async def customer(server: Server, uid: str, **claims: str) -> AsyncIterator[Client]:
    """A customer with a chat, asked under a topic."""
    async with server.client("customer", uid, **claims) as client:
        await client.ready()
        await client.request(topic=f"the topic of {uid}")
        yield client


@contextlib.asynccontextmanager
async def console(
    server: Server,
    size: tuple[int, int] = (100, 30),
    *,
    capacity: int = 3,
    replies: Path | None = None,
    desk_replies: Path | None = None,
    settings: ScreenSettings | None = None,
    memory: Memory | None = None,
) -> AsyncIterator[tuple[AgentApp, Pilot[None]]]:
    """Ann at her console."""
    client = server.client("agent", ANN, name="Ann", capacity=capacity)
    app = AgentApp(client, replies=replies, desk_replies=desk_replies)
    app.set_up(settings or ScreenSettings(), memory or Memory())
    async with running_app(app, size) as running:
        yield running


def text_of(client: Client, peer: str) -> list[str]:
    """What a client sees of a conversation."""
    return [line.body for line in client.conversation(Uid(peer)).lines]


def written(app: AgentApp) -> str:
    """What is in the composer."""
    return app.screen_stack[0].query_one(Composer).text
