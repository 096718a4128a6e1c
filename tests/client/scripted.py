"""A server that says what a test has it say: any JSON over a real WebSocket, no code of ours."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.support import eventually

Frame = dict[str, Any]
Script = Callable[[Frame], list[Frame]]

UID = "bob"
# A token that names Bob; nobody here verifies it. (Its parts: {"alg":"none"} and {"sub":"bob"}.)
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ."


class Scripted:
    """Keeps what clients sent in `asked`; answers each frame with what the script says."""

    def __init__(self, script: Script) -> None:
        self.url = ""
        self.asked: list[Frame] = []
        self.welcomes = True
        """Whether it answers hello."""
        self.welcome: Frame = {
            "type": "welcome", "uid": UID, "role": "customer", "name": UID, "node": "n", "at": 1,
            "chats": [],
        }
        self._script = script
        self._sockets: set[ServerConnection] = set()

    async def say(self, frame: Frame | str) -> None:
        """Push a frame, or bytes that are none, to every client."""
        for socket in self._sockets:
            await socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def close(self, code: int, reason: str = "") -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            await socket.close(code, reason)

    async def until_asked(self, type: str, count: int = 1) -> Frame:
        """Wait until so many frames of a type came; gives the last of them."""
        def found() -> list[Frame]:
            return [frame for frame in self.asked if frame["type"] == type]

        await eventually(lambda: len(found()) >= count, f"{count} of {type} came")
        return found()[-1]

    async def connected(self, socket: ServerConnection) -> None:
        """Serve one client."""
        with contextlib.suppress(ConnectionClosed):
            await socket.recv()
            self._sockets.add(socket)
            if self.welcomes:
                await socket.send(json.dumps(self.welcome))
            async for data in socket:
                frame = json.loads(data)
                self.asked.append(frame)
                for reply in self._script(frame):
                    await socket.send(json.dumps(reply))
        self._sockets.discard(socket)


@contextlib.asynccontextmanager
async def scripted(script: Script = lambda _: []) -> AsyncIterator[Scripted]:
    """A scripted server on a port of its own."""
    server = Scripted(script)
    async with serve(server.connected, "127.0.0.1", 0) as listening:
        server.url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/ws"
        yield server


def chat(**fields: Any) -> Frame:
    """CHAT of the protocol: an active one between Ann and Bob, unless said otherwise."""
    return {
        "chat": "1", "desk": "default", "customer": UID, "agent": "ann", "state": "active",
        "opened_at": 1, "assigned_at": 1, "last_seq": 0, "position": None,
        "customer_name": UID, "agent_name": "Ann", "topic": None, "read_by_customer": 0,
        "read_by_agent": 0,
    } | fields


def message(seq: int, **fields: Any) -> Frame:
    """MESSAGE of the protocol, from Ann to Bob, without a type."""
    return {
        "chat": "1", "seq": seq, "id": f"their-{seq}", "from": "ann", "to": UID,
        "body": f"body {seq}", "at": seq,
    } | fields


async def no_more() -> None:
    """Give every task that could run the chance to do so."""
    for _ in range(50):
        await asyncio.sleep(0)
