"""What a client takes for read, by whom, when a server tells it this and that."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from imchat.client import Client, Conversation
from imchat.ids import Uid
from tests.client.scripted import TOKEN, UID, Frame, Scripted, chat, message, scripted
from tests.support import eventually

ANN, CAT = Uid("ann"), Uid("cat")
SAID = 5


def _history(frame: Frame) -> list[Frame]:
    if frame["type"] != "history":
        return []
    return [
        {"type": "history", "ref": frame["ref"], "with": frame["with"], "more": False,
         "messages": [], "last_seq": SAID}
    ]


@contextlib.asynccontextmanager
async def _told(**fields: Any) -> AsyncIterator[tuple[Scripted, Client]]:
    """Bob, who is welcomed to one chat of five messages."""
    async with scripted(_history) as server:
        server.welcome |= {"chats": [chat(last_seq=SAID, **fields)]}
        async with Client(server.url, TOKEN) as client:
            await client.ready()
            yield server, client


def _read(sender: str, to: str, seq: int) -> Frame:
    return {"type": "read", "chat": "1", "from": sender, "to": to, "seq": seq}


def _marks(conversation: Conversation) -> tuple[int, int]:
    return conversation.read_by_me, conversation.read_by_peer


@pytest.mark.parametrize(
    ("parties", "peer", "marks"),
    [
        ({"customer": UID, "agent": ANN}, ANN, (2, 4)),
        ({"customer": CAT, "agent": UID}, CAT, (4, 2)),
    ],
    ids=["a customer", "an agent"],
)
async def test_a_chat_tells_who_read_what(
    parties: dict[str, str], peer: Uid, marks: tuple[int, int]
) -> None:
    """The customer's mark is its own and the agent's the other's; for an agent the reverse."""
    async with _told(read_by_customer=2, read_by_agent=4, **parties) as (_, client):
        assert _marks(client.conversation(peer)) == marks


async def test_a_mark_never_goes_back() -> None:
    """One that is older than what is known changes nothing, of either side, however it comes."""
    async with _told(read_by_customer=4, read_by_agent=4) as (server, client):
        conversation = client.conversation(ANN)
        for sender, to in ((ANN, UID), (UID, ANN)):
            await server.say(_read(sender, to, 3))
        older = chat(last_seq=SAID, read_by_customer=1, read_by_agent=2)
        await server.say({"type": "assigned", "chat": older})
        await _heard_so_far(server, client)
        assert _marks(conversation) == (4, 4)
        for sender, to in ((ANN, UID), (UID, ANN)):
            await server.say(_read(sender, to, 5))
        await _heard_so_far(server, client)
        assert _marks(conversation) == (5, 5)
        assert not _said_read(server)


async def test_what_is_known_to_be_read_is_told_once() -> None:
    """A mark that the server has, or that is behind what was said, is not sent."""
    async with _told(read_by_customer=2) as (server, client):
        client.mark_read(ANN, 2)
        client.mark_read(ANN, 4)
        client.mark_read(ANN, 3)
        client.mark_read(ANN, 99)
        client.mark_read(ANN, 99)
        await server.until_asked("read", 2)
        await _heard_so_far(server, client)
        assert _said_read(server) == [4, SAID]


async def test_a_mark_that_the_server_lost_is_told_again() -> None:
    """It says less on the next connection than was read here; nobody else is told anew."""
    async with _told(read_by_customer=2, read_by_agent=4) as (server, client):
        client.mark_read(ANN, 4)
        await server.until_asked("read")
        await server.close(1001)
        await server.until_asked("read", 2)
        assert _said_read(server) == [4, 4]
        assert _marks(client.conversation(ANN)) == (4, 4)


async def test_a_mark_that_the_server_kept_is_not_told_again() -> None:
    """Nothing is said that it says itself."""
    async with _told(read_by_customer=4) as (server, client):
        client.mark_read(ANN, 4)
        await server.close(1001)
        await eventually(lambda: client.state == "connecting", "it is away")
        await eventually(lambda: client.state == "online", "it is back")
        await _heard_so_far(server, client)
        assert not _said_read(server)


def _said_read(server: Scripted) -> list[int]:
    return [frame["seq"] for frame in server.asked if frame["type"] == "read"]


async def _heard_so_far(server: Scripted, client: Client) -> None:
    """All that was said until now is heard, and what is told for it is asked."""
    last = client.conversation(Uid("last"))
    seq = last.last_seq + 1
    if not last.begun:
        last.begin(0)
    await server.say({"type": "message", **message(seq), "from": "last"})
    await eventually(lambda: last.last_seq == seq, "the last word")
    await client.history(ANN)
