"""What the tests of the client share: two that talk, what was heard, what is stored."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

from imchat import protocol
from imchat.client import Client, Event
from imchat.ids import ChatId, Uid
from imchat.store.store import Store
from tests.support import Server

TIMEOUT_S = 10.0
ANN = Uid("ann")
BOB = Uid("bob")

E = TypeVar("E")


@dataclass
class Talk:
    """An agent, a customer, and the chat that is open between them."""

    ann: Client
    bob: Client
    chat: ChatId


@contextlib.asynccontextmanager
async def talking(
    server: Server,
    *,
    ann_url: str | None = None,
    bob_url: str | None = None,
    in_flight: int = 1,
    **claims: Any,
) -> AsyncIterator[Talk]:
    """Ann serves Bob; each may come by way of a proxy."""
    ann = Client(ann_url or server.url, server.token("agent", ANN, **claims), in_flight=in_flight)
    bob = Client(bob_url or server.url, server.token("customer", BOB), in_flight=in_flight)
    async with ann, bob:
        await ann.ready()
        assigned = await bob.request()
        assert isinstance(assigned, protocol.Assigned)
        await heard(ann, protocol.Assigned)
        await heard(bob, protocol.Assigned)
        yield Talk(ann, bob, assigned.chat.chat)


async def heard(client: Client, kind: type[E]) -> E:
    """The next event of this kind; those before it are let go."""
    async with asyncio.timeout(TIMEOUT_S):
        async for event in client:
            if isinstance(event, kind):
                return event
    raise AssertionError("a client's events have no end")


@contextlib.asynccontextmanager
async def hearing(*clients: Client) -> AsyncIterator[tuple[list[Event], ...]]:
    """For each client the list in which all that it hears is put."""
    lists: list[list[Event]] = [[] for _ in clients]

    async def listen(client: Client, events: list[Event]) -> None:
        async for event in client:
            events.append(event)  # noqa: PERF401 (the tests look in while it grows)

    tasks = [
        asyncio.create_task(listen(client, events))
        for client, events in zip(clients, lists, strict=True)
    ]
    try:
        yield tuple(lists)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def bodies(events: list[Event]) -> list[str]:
    """The messages among what was heard."""
    return [event.body for event in events if isinstance(event, protocol.Message)]


def shown(client: Client, peer: Uid) -> list[tuple[str, str]]:
    """The sender and the body of each line of a conversation."""
    return [(line.sender, line.body) for line in client.conversation(peer).lines]


async def stored_bodies(store: Store) -> list[str]:
    """Everything that the store holds between Ann and Bob, in order."""
    page = await store.history(BOB, role="customer", peer=ANN, after=0, limit=500)
    assert not page.more
    return [json.loads(message)["body"] for message in page.messages]
