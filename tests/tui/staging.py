"""The apps as they stand when a server has told them this and that, at a fixed time.

There is no connection: what is told is handed in, so that every look at it is the same.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

from textual.pilot import Pilot

from imchat import protocol
from imchat.client import Client, Connected, Event
from imchat.ids import ChatId, Desk, Uid
from imchat.tui.app import ImchatApp
from tests.tui.snapshots import AT_MS

A = TypeVar("A", bound=ImchatApp)

AGENT, CUSTOMER = Uid("ann"), Uid("bob")


def client(uid: Uid) -> Client:
    """A client that nobody connects."""
    alone = Client("ws://127.0.0.1:9/ws", "")
    alone._uid, alone.state = uid, "online"
    return alone


def chat(
    id: str = "1", *, customer: str = CUSTOMER, name: str = "Bob", topic: str | None = None,
    state: str = "active", position: int | None = None, agent_is: str = AGENT, **more: Any,
) -> protocol.Chat:
    """A chat of Ann's, opened two minutes ago."""
    waits = state == "waiting"
    return protocol.Chat(
        chat=ChatId(id), desk=Desk("default"), customer=Uid(customer),
        agent=None if waits else Uid(agent_is), state=state,  # type: ignore[arg-type]
        opened_at=AT_MS - 120_000, assigned_at=None if waits else AT_MS - 110_000, last_seq=0,
        position=position, customer_name=name, topic=topic,
        agent_name=None if waits else agent_is.capitalize(), read_by_customer=0, read_by_agent=0,
        after_seq=0, **more,
    )


def welcome(uid: Uid, role: str, name: str, *chats: protocol.Chat) -> Connected:
    """The server's first word."""
    status = protocol.AgentStatus(state="online", load=len(chats), capacity=3)
    return Connected(
        protocol.Welcome(
            uid=uid, role=role, name=name, node="node", at=AT_MS,  # type: ignore[arg-type]
            chats=list(chats), status=status if role == "agent" else None,
        )
    )


def tell(app: ImchatApp, *events: Event) -> None:
    """Have the app hear this."""
    for event in events:
        app._note_link(event)
        app.heard(event)
    app.stale()


def talk(app: ImchatApp, peer: Uid, said: Sequence[tuple[Uid, str, int]]) -> None:
    """Have these said: by whom, what, and how many seconds ago."""
    conversation = app.client.conversation(peer)
    if not conversation.begun:
        conversation.begin(0)
    conversation.has_earlier = False
    for seq, (sender, body, ago_s) in enumerate(said, conversation.last_seq + 1):
        conversation.receive(stored(peer, seq, sender, body, ago_s))
    app.stale()


def stored(peer: Uid, seq: int, sender: Uid, body: str, ago_s: int) -> protocol.StoredMessage:
    """A message between a peer and another, so many seconds old."""
    return protocol.StoredMessage(
        chat=ChatId("1"), seq=seq, id=f"{peer}-{seq}", sender=sender,
        to=peer if sender != peer else AGENT, body=body, at=AT_MS - ago_s * 1000,
    )


@contextlib.asynccontextmanager
async def staged(
    app: A, size: tuple[int, int] = (120, 40), *, notes: bool = False
) -> AsyncIterator[tuple[A, Pilot[None]]]:
    """The app without a connection, at a time that stands still; `notes` are shown if wanted."""

    async def follow() -> None:
        """Nobody tells anything by himself."""

    app._follow = follow  # type: ignore[method-assign]
    app.now_ms = lambda: AT_MS  # type: ignore[method-assign]
    async with app.run_test(size=size, notifications=notes) as pilot:
        await pilot.pause()
        yield app, pilot
