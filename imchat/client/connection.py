"""One WebSocket that is kept open: dial, say hello, back off, dial again."""

import asyncio
import contextlib
import ipaddress
import math
import os
import random
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from socket import gaierror
from typing import Literal
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidURI

from imchat import protocol
from imchat.client.text import clean_frame, clean_line
from imchat.errors import BadFrame, Conflict, RequestError, SetupError, Unauthorized
from imchat.protocol import CloseCode

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 10.0
KEEPALIVE_S = 10.0
"""A ping as often; a server that leaves one unanswered as long is lost."""
WELCOME_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0
STABLE_S = 10.0
"""A connection that lasted this long starts the backoff anew."""
MAX_FRAME_IN = 16 * 1024 * 1024
"""Bytes; a page of a history is the largest frame that a server sends."""

_FATAL: dict[int, type[RequestError]] = {
    CloseCode.UNAUTHORIZED: Unauthorized,
    CloseCode.ROLE_CONFLICT: Conflict,
}


class Lost(Exception):
    """The connection is gone and may be tried again. `str()` of it is clean."""

    def __init__(self, reason: str) -> None:
        super().__init__(clean_line(reason))


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
    async def open(
        cls, url: str, token: Callable[[], str], *, since: int | None = None
    ) -> "Connection":
        """Dial and say hello; the welcome tells which chats ended after `since`, ms.

        Raises Lost when it may be tried again, Unauthorized or Conflict when that
        would be of no use, SetupError when the URL is none, and what `token` raises.
        """
        hello = protocol.encode(protocol.Hello(token=token(), since=since))
        socket = await _dial(url)
        try:
            async with asyncio.timeout(WELCOME_TIMEOUT_S):
                await socket.send(hello, text=True)
                frame = await _read(socket)
            if isinstance(frame, protocol.Welcome):
                return cls(socket, frame)
            raise _refused(frame)
        except TimeoutError:
            await _close(socket)
            raise Lost("the server did not answer hello") from None
        except ConnectionClosed as error:
            await _close(socket)
            raise _closed(error) from error
        except BaseException:
            await _close(socket)
            raise

    def send(self, frame: bytes) -> None:
        """Queue a frame for sending; it is gone if the connection is lost first."""
        self._outgoing.append(frame)
        self._wake.set()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Send what is queued, until the end of the block; then close the socket."""
        writer = asyncio.create_task(self._write())
        try:
            yield
        finally:
            writer.cancel()
            await _close(self._socket)
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self) -> None:
        """Until the connection is lost; `read` tells why."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outgoing:
                    await self._socket.send(self._outgoing.popleft(), text=True)

    async def read(self) -> protocol.ServerFrame:
        """The server's next frame, cleaned. Raises Lost, Unauthorized or Conflict at the end."""
        while (frame := await _read(self._socket)) is None:
            pass  # of a newer version
        return frame


async def keep(
    dial: Callable[[], Awaitable[Connection]],
    *,
    serve: Callable[[Connection], Awaitable[None]],
    lost: Callable[[str, float], object],
) -> None:
    """Dial, serve the connection until it is lost, dial again after a while; without end.

    `lost` hears why, and after how many seconds it is tried again. Raises what `dial` and
    `serve` raise but Lost.
    """
    clock = asyncio.get_running_loop().time
    delays, welcomed_at = backoff(), math.inf
    while True:
        try:
            connection = await dial()
            welcomed_at = clock()
            await serve(connection)
        except Lost as error:
            if clock() - welcomed_at > STABLE_S:
                delays = backoff()
            welcomed_at = math.inf
            delay = next(delays)
            lost(str(error), delay)
            await asyncio.sleep(delay)


async def _dial(url: str) -> ClientConnection:
    try:
        return await connect(
            url,
            subprotocols=[protocol.SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            proxy=_proxy(url),
            max_size=MAX_FRAME_IN,
            ping_interval=KEEPALIVE_S,
            ping_timeout=KEEPALIVE_S,
            close_timeout=CLOSE_TIMEOUT_S,
        )
    except (OSError, InvalidHandshake) as error:
        raise Lost(_why(error)) from error
    except (InvalidURI, ValueError):  # of a port, a host or an address that cannot be
        raise SetupError(f"{url!r} is no WebSocket URL; give one like ws://host:8765/ws") from None
    except (InvalidProxy, ImportError) as error:
        raise SetupError(f"the proxy of this machine's settings cannot be used: {error}") from None


def _why(error: OSError | InvalidHandshake) -> str:
    """In words for a person; asyncio tells the number of each address that it tried."""
    if isinstance(error, gaierror):
        return str(error.strerror).lower()
    said = str(error) or type(error).__name__
    numbers = dict.fromkeys(re.findall(r"\[Errno (\d+)\]", said))
    return ", ".join(os.strerror(int(number)).lower() for number in numbers) or said


def _proxy(url: str) -> Literal[True] | None:
    """Whether the machine's settings for proxies apply: not to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return None if is_here else True


async def _close(socket: ClientConnection) -> None:
    try:
        # The library bounds the handshake, not its wait for a peer that does not read.
        async with asyncio.timeout(2 * CLOSE_TIMEOUT_S):
            await socket.close()
    except TimeoutError:
        pass  # then it is cut
    finally:
        socket.transport.abort()


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
        return fatal(clean_line(error.rcvd.reason) or "the server refused this uid")
    return Lost(error.rcvd.reason or f"closed by the server ({error.rcvd.code})")
