"""One WebSocket that is kept open: dial, say hello, back off, dial again."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from imchat import protocol
from imchat.client.text import clean_frame
from imchat.errors import BadFrame, Conflict, RequestError, SetupError, Unauthorized
from imchat.protocol import CloseCode

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 10.0
KEEPALIVE_S = 10.0
"""A ping as often; a server that leaves one unanswered as long is lost."""
MAX_FRAME_IN = 16 * 1024 * 1024
"""Bytes; a page of a history is the largest frame that a server sends."""

_FATAL: dict[int, type[RequestError]] = {
    CloseCode.UNAUTHORIZED: Unauthorized,
    CloseCode.ROLE_CONFLICT: Conflict,
}


class Lost(Exception):
    """The connection is gone and may be tried again."""


def backoff() -> Iterator[float]:
    """Seconds to wait before each new try: full jitter under a doubling ceiling.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    ceiling = FIRST_DELAY_S
    while True:
        yield random.uniform(0, ceiling)
        ceiling = min(ceiling * 2, LONGEST_DELAY_S)


class Connection:
    """One open WebSocket, welcomed by the server. Use `Connection.open()`."""

    def __init__(self, socket: ClientConnection, welcome: protocol.Welcome) -> None:
        self.welcome = welcome
        self._socket = socket
        self._outgoing: deque[bytes] = deque()
        self._wake = asyncio.Event()

    @classmethod
    async def open(cls, url: str, token: Callable[[], str]) -> "Connection":
        """Dial and say hello.

        Raises Lost when it may be tried again, Unauthorized or Conflict when that
        would be of no use, SetupError when the URL is none.
        """
        try:
            socket = await connect(
                url,
                subprotocols=[protocol.SUBPROTOCOL],  # type: ignore[list-item]
                compression=None,
                max_size=MAX_FRAME_IN,
                ping_interval=KEEPALIVE_S,
                ping_timeout=KEEPALIVE_S,
                close_timeout=2,
            )
        except InvalidURI:
            raise SetupError(
                f"{url!r} is no WebSocket URL; give one like ws://host:8765/ws"
            ) from None
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise Lost(str(error) or type(error).__name__) from error
        try:
            await socket.send(protocol.encode(protocol.Hello(token=token())), text=True)
            frame = await _read(socket)
        except BaseException:
            await socket.close()
            raise
        if isinstance(frame, protocol.Welcome):
            return cls(socket, frame)
        await socket.close()
        raise _refused(frame)

    def send(self, frame: bytes) -> None:
        """Queue a frame for sending; it is gone if the connection is lost first."""
        self._outgoing.append(frame)
        self._wake.set()

    async def write(self) -> None:
        """Send what is queued, until cancelled or the connection is lost (`read` tells why)."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outgoing:
                    await self._socket.send(self._outgoing.popleft(), text=True)

    async def read(self) -> AsyncIterator[protocol.ServerFrame]:
        """The server's frames, cleaned. Raises Lost, Unauthorized or Conflict at the end."""
        while True:
            frame = await _read(self._socket)
            if frame is not None:
                yield frame

    async def close(self) -> None:
        """Say goodbye and close the socket."""
        await self._socket.close()


async def _read(socket: ClientConnection) -> protocol.ServerFrame | None:
    try:
        data = await socket.recv(decode=False)
        frame = protocol.decode_from_server(data)
    except ConnectionClosed as error:
        raise _closed(error) from error
    except BadFrame as error:
        raise Lost(f"the server sent what is no frame: {error}") from error
    return None if frame is None else clean_frame(frame)


def _refused(frame: protocol.ServerFrame | None) -> Exception:
    if not isinstance(frame, protocol.Error):
        return Lost("the server answered hello with something else")
    fatal = {error.code: error for error in _FATAL.values()}.get(frame.code)
    return fatal(frame.message) if fatal else Lost(frame.message)


def _closed(error: ConnectionClosed) -> Exception:
    if error.rcvd is None:
        return Lost("the connection was lost")
    if fatal := _FATAL.get(error.rcvd.code):
        return fatal(error.rcvd.reason or "the server refused this uid")
    return Lost(error.rcvd.reason or f"closed by the server ({error.rcvd.code})")
