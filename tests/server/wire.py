"""A raw WebSocket that speaks docs/protocol.md as JSON text: no code of imchat on this side."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

import jwt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]

SOON_S = 10.0
_numbers = itertools.count(1)


class Served(Protocol):
    """What the wire must know of a server."""

    @property
    def url(self) -> str: ...

    @property
    def secret(self) -> str: ...


def claims(role: str, uid: str) -> dict[str, Any]:
    """The claims of a good token."""
    return {"sub": uid, "role": role, "aud": "imchat", "exp": int(time.time()) + 600}


def sign(server: Served, payload: dict[str, Any]) -> str:
    """A token with these claims, as a website's backend would mint it."""
    return jwt.encode(payload, server.secret, algorithm="HS256")


def token(server: Served, role: str, uid: str, **more: Any) -> str:
    """A good token; `more` are further claims."""
    return sign(server, claims(role, uid) | more)


class Wire:
    """One connection. Every wait for a frame has a deadline."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.uid = ""
        self.welcome: Frame = {}

    async def send(self, type: str, **fields: Any) -> None:
        """Send a frame."""
        await self.text(json.dumps({"type": type, **fields}))

    async def text(self, data: str | bytes) -> None:
        """Send anything in a text frame, bytes as they are."""
        await self.socket.send(data, text=True)

    async def binary(self, data: bytes) -> None:
        """Send a binary frame."""
        await self.socket.send(data)

    async def frame(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(SOON_S):
            data = await self.socket.recv()
        assert isinstance(data, str), "a server sends text frames"
        found = json.loads(data)
        assert isinstance(found, dict)
        return found

    async def get(self, type: str) -> Frame:
        """The next frame, which must be of this type."""
        found = await self.frame()
        assert found["type"] == type, found
        return found

    async def until(self, type: str, **fields: Any) -> Frame:
        """The first frame of this type with these fields; those before it are passed over."""
        while True:
            found = await self.frame()
            if found["type"] == type and fields.items() <= found.items():
                return found

    async def ask(self, type: str, **fields: Any) -> Frame:
        """The reply to a request, which carries its ref; what comes before is passed over."""
        ref = f"ref-{next(_numbers)}"
        await self.send(type, ref=ref, **fields)
        while True:
            found = await self.frame()
            if found.get("ref") == ref:
                return found

    async def refused(self, type: str, code: str, **fields: Any) -> Frame:
        """Ask for something that must be refused with this code."""
        error = await self.ask(type, **fields)
        assert (error["type"], error["code"]) == ("error", code), error
        assert isinstance(error["message"], str)
        assert error["message"]
        return error

    async def say(self, to: str, body: str, id: str = "", **fields: Any) -> Frame:
        """Send a message and give its ack, or the error about it; nothing else may come first."""
        id = id or f"m-{next(_numbers)}"
        await self.send("message", id=id, to=to, body=body, **fields)
        found = await self.frame()
        assert id in (found.get("id"), found.get("ref")), found
        return found

    async def closed(self) -> int:
        """Read on until the server has closed, and give the code."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.frame()
        code = self.socket.close_code
        assert code is not None
        return code


class Wires:
    """Opens connections, and closes at the end those that are still open."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open(self, server: Served, **options: Any) -> Wire:
        """A connection that has said nothing yet."""
        options = {"proxy": None, "compression": None, "max_queue": None} | options
        return Wire(await self._stack.enter_async_context(connect(server.url, **options)))

    async def enter(self, server: Served, role: str, uid: str, **more: Any) -> Wire:
        """A connection that was welcomed; `more` are further claims of its token."""
        wire = await self.open(server)
        wire.uid = uid
        await wire.send("hello", token=token(server, role, uid, **more))
        wire.welcome = await wire.get("welcome")
        return wire

    async def pair(
        self, server: Served, customer: str = "cai", agent: str = "ann"
    ) -> tuple[Wire, Wire, Frame]:
        """A customer, the agent that serves it, and their chat; both have heard of it."""
        a = await self.enter(server, "agent", agent)
        c = await self.enter(server, "customer", customer)
        chat = (await c.ask("request"))["chat"]
        await a.get("assigned")
        return c, a, chat


async def http_get(port: int, path: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a plain HTTP request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(SOON_S):
        answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


async def hears_nothing_before(
    listener: Wire, sentinel: Callable[[], Awaitable[object]], type: str
) -> Frame:
    """Prove that nothing was pushed: do what pushes a later frame, and see that it comes first."""
    await sentinel()
    return await listener.get(type)
