"""Bytes and text frames: handshake, limits, keepalive, close. The server's one WebSocket door."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Sequence
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from imchat import protocol
from imchat.protocol import CloseCode
from imchat.server import http
from imchat.server.addresses import Addresses
from imchat.server.hub import KERNEL_BUFFER, Outbox
from imchat.server.port import cannot_listen
from imchat.server.services import Services
from imchat.server.session import Session

log = logging.getLogger(__name__)

KEEPALIVE_S = 20.0
HANDSHAKE_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 3.0


class Gateway:
    """Listens, and gives each connection a session."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._addresses = Addresses(services.settings.trusted_proxy)
        self._live: dict[asyncio.Task[Any], tuple[Session, Outbox]] = {}

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[int]:
        """Serve on the port that is given, until the end of the block. Raises SetupError.

        At the end what was taken is answered, the clients are closed with 1001 and
        their sessions ended, within a bound.
        """
        settings = self._services.settings
        try:
            server = await serve(
                self._connected,
                settings.host,
                settings.port,
                reuse_port=settings.workers > 1,
                process_request=self._answer_http,
                subprotocols=[Subprotocol(protocol.SUBPROTOCOL)],
                select_subprotocol=_select_subprotocol,
                compression=None,
                server_header=None,
                max_size=protocol.MAX_FRAME,
                open_timeout=HANDSHAKE_TIMEOUT_S,
                ping_interval=KEEPALIVE_S,
                ping_timeout=KEEPALIVE_S,
                close_timeout=CLOSE_TIMEOUT_S,
            )
        except OSError as error:
            raise cannot_listen(settings.host, settings.port, error) from None
        for listening in server.sockets:  # whose connections inherit it
            listening.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            await self._stop(server)

    async def _stop(self, server: Server) -> None:
        code, reason = CloseCode.GOING_AWAY, "the server is going away"
        server.close(close_connections=False)  # nobody new
        await _within(
            CLOSE_TIMEOUT_S,
            asyncio.gather(*(session.leave(code, reason) for session, _ in self._live.values())),
        )
        for _, outbox in self._live.values():  # whom the store kept waiting, or who came late
            outbox.close(code, reason)
        # The library waits for the handlers without a limit.
        await _within(CLOSE_TIMEOUT_S, server.wait_closed())
        for task in self._live:
            task.cancel()
        await _within(CLOSE_TIMEOUT_S, server.wait_closed())

    async def _answer_http(self, connection: ServerConnection, request: Request) -> Response | None:
        services = self._services
        path = request.path.partition("?")[0]
        if path == protocol.PATH:
            return self._admit(connection, request)
        if path == "/healthz":
            status, kind, body = await http.health(services.store, services.node)
        elif path == "/metrics":
            status, kind, body = http.metrics(services.metrics, services.node)
        else:
            return connection.respond(404, f"Nothing here; the WebSocket is at {protocol.PATH}\n")
        headers = Headers(
            {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        )
        return Response(status.value, status.phrase, headers, body)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Count it for its address until it is lost, however it ends; or the refusal."""
        peer = connection.remote_address
        if peer is None:  # it is lost already
            return None
        forwarded_for = request.headers.get_all("X-Forwarded-For")
        address = self._addresses.of(peer[0], forwarded_for)
        if address is None:
            return None
        if not self._addresses.enter(address):
            self._services.metrics.connections_refused += 1
            return connection.respond(429, "Too many connections from this address.\n")
        connection.connection_lost_waiter.add_done_callback(
            lambda _: self._addresses.leave(address)
        )
        return None

    async def _connected(self, socket: ServerConnection) -> None:
        outbox = Outbox(
            secrets.token_hex(8),
            lambda: self._closes(socket, outbox),
            held=socket.transport.get_write_buffer_size,
        )
        session = Session(self._services, outbox)
        task = asyncio.current_task()
        assert task is not None
        self._live[task] = session, outbox
        self._services.metrics.connections += 1
        try:
            await self._talk(socket, outbox, session)
            # Not if cancelled: that is when the node retires, and all its connections with it.
            await session.end()
        finally:
            self._services.metrics.connections -= 1
            del self._live[task]

    async def _talk(self, socket: ServerConnection, outbox: Outbox, session: Session) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(self._write(socket, outbox))
                with contextlib.suppress(ConnectionClosed):
                    await self._read(socket, outbox, session)
                writing.cancel()
        except Exception:
            log.exception("a session failed; its connection is closed")
            await socket.close(CloseCode.INTERNAL_ERROR)

    async def _read(self, socket: ServerConnection, outbox: Outbox, session: Session) -> None:
        try:
            async with asyncio.timeout(self._services.settings.hello_timeout_s):
                first = await socket.recv()
        except TimeoutError:
            outbox.close(CloseCode.HELLO_TIMEOUT, "no hello in time")
        else:
            await session.hello(first)
        # Also while it closes, when all is dropped: the client's own close comes last.
        while True:
            await session.receive(await socket.recv())

    def _closes(self, socket: ServerConnection, outbox: Outbox) -> None:
        # It learns why only if it reads on; if not, the socket is cut.
        self._services.metrics.slow_clients_closed += outbox.overflowed
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, socket.transport.abort)

    async def _write(self, socket: ServerConnection, outbox: Outbox) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await outbox.wake.wait()
                outbox.wake.clear()
                while (frame := outbox.take()) is not None:
                    await socket.send(frame, text=True)
                    self._services.metrics.frames_sent += 1
                if outbox.closing is not None:
                    await socket.close(*outbox.closing)
                    return


def _select_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Ours if it is offered; a client need not speak of it."""
    ours = Subprotocol(protocol.SUBPROTOCOL)
    return ours if ours in offered else None


async def _within(seconds: float, work: Awaitable[object]) -> None:
    """Wait for it, but no longer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work
