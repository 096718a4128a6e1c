"""Listens, and joins what is heard on a connection with its session."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from http import HTTPStatus
from socket import SO_SNDBUF, SOL_SOCKET

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from imchat import protocol
from imchat.protocol import CloseCode
from imchat.server import http
from imchat.server.addresses import Addresses
from imchat.server.handlers import Work
from imchat.server.hub import KERNEL_BUFFER
from imchat.server.port import cannot_listen
from imchat.server.services import Services
from imchat.server.session import Session
from imchat.server.socket import CLOSE_TIMEOUT_S, Shared, Socket
from imchat.server.together import beside

log = logging.getLogger(__name__)

MAX_BEHIND = 16
"""Frames of a connection that may wait for one before them; then it is not read on."""
FAILED = "a session failed; its connection is closed"


class Gateway:
    """Gives each connection a session, and owns the tasks of both."""

    _group: asyncio.TaskGroup

    def __init__(self, services: Services) -> None:
        self.services = services
        self.addresses = Addresses(services.settings.trusted_proxy)
        self.shared = Shared(services.settings.hello_timeout_s, services.metrics)
        self.live: set[Connection] = set()
        """Those that are not ended yet, open or not."""
        self.stopping = False
        self.over = False
        """Whether nobody waits for ends any more: the node retires, and all connections with it."""
        self._emptied = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[int]:
        """Serve on the port that is given, until the end of the block. Raises SetupError.

        At the end what was taken is answered, the clients are closed with 1001 and
        their sessions ended, within a bound.
        """
        settings = self.services.settings
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self),
                settings.host,
                settings.port,
                reuse_port=settings.workers > 1,
            )
        except OSError as error:
            raise cannot_listen(settings.host, settings.port, error) from None
        for listening in server.sockets:  # whose connections inherit it
            listening.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER)
        async with beside(self.shared.timers.run()) as self._group:
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                await self._stop(server)

    def start(self, work: Work) -> asyncio.Task[None]:
        """Do this beside everything else."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def gone(self, connection: "Connection") -> None:
        """It is at its end."""
        connection.outbox.end()
        self.live.discard(connection)
        self._emptied.set()

    async def _stop(self, server: asyncio.Server) -> None:
        code, reason = CloseCode.GOING_AWAY, "the server is going away"
        server.close()  # nobody new
        self.stopping = True
        await _within(
            CLOSE_TIMEOUT_S,
            asyncio.gather(*(connection.leave(code, reason) for connection in self.live)),
        )
        for connection in self.live:  # also whom the store kept waiting
            connection.outbox.close(code, reason)
        await _within(CLOSE_TIMEOUT_S, self._all_gone())
        self.over = True
        for connection in self.live:
            connection.abort()
        for task in self._tasks:
            task.cancel()

    async def _all_gone(self) -> None:
        while self.live:
            self._emptied.clear()
            await self._emptied.wait()


class Connection(Socket):
    """A socket with its session: one frame after the other, in a task only if one has to wait."""

    __slots__ = ("_address", "_behind", "_gateway", "_leaving", "_session", "_work")

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.shared)
        self._gateway = gateway
        self._address: str | None = None
        self._session: Session | None = None
        self._work: asyncio.Task[None] | None = None
        self._behind: deque[str | bytes] | None = None  # while there is work
        self._leaving = False

    # --- before it is open -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._gateway.live.add(self)
        if self._gateway.stopping:
            self.abort()

    def requested(self, request: Request) -> None:
        services = self._gateway.services
        path = request.path.partition("?")[0]
        if path == protocol.PATH:
            self.respond(self._admit(request))
        elif path == "/healthz":
            self.pause()
            self._start(self._tell_health())
        elif path == "/metrics":
            self.respond(_answer(*http.metrics(services.metrics, services.node)))
        else:
            text = f"Nothing here; the WebSocket is at {protocol.PATH}\n"
            self.respond(self.refuse(HTTPStatus.NOT_FOUND, text))

    async def _tell_health(self) -> None:
        services = self._gateway.services
        self.respond(_answer(*await http.health(services.store, services.node, services.loading)))

    def _admit(self, request: Request) -> Response:
        """Count it for its address until it is lost, however it ends; or the refusal."""
        addresses = self._gateway.addresses
        peer = self.peer
        forwarded_for = request.headers.get_all("X-Forwarded-For")
        address = None if peer is None else addresses.of(peer, forwarded_for)
        if address is not None:
            if not addresses.enter(address):
                self._gateway.services.metrics.connections_refused += 1
                text = "Too many connections from this address.\n"
                return self.refuse(HTTPStatus.TOO_MANY_REQUESTS, text)
            self._address = address
        return self.accept(request)

    # --- while it is ------------------------------------------------------------------------

    def opened(self) -> None:
        self._session = Session(self._gateway.services, self.outbox)
        self._gateway.services.metrics.connections += 1

    def heard(self, data: str | bytes) -> None:
        if self._leaving:
            return
        if self._behind is not None:
            self._behind.append(data)
            if len(self._behind) > MAX_BEHIND:
                self.pause()
            return
        assert self._session is not None
        try:
            work = self._session.receive(data)
        except Exception:
            log.exception(FAILED)
            self._fail()
            return
        if work is not None:
            self._behind = deque()
            self._work = self._start(self._catch_up(work))

    async def _catch_up(self, work: Work) -> None:
        """Do this, and then what was heard meanwhile."""
        assert self._session is not None
        assert self._behind is not None
        try:
            await work
            while self._behind:
                ahead = self._session.receive(self._behind.popleft())
                if len(self._behind) <= MAX_BEHIND // 4:
                    self.go_on()
                if ahead is not None:
                    await ahead
        finally:
            self._behind = self._work = None
            self.go_on()

    async def leave(self, code: CloseCode, reason: str) -> None:
        """Answer what was taken, take nothing more, and close."""
        if self._session is None:
            if not self.is_asked:
                self.abort()
            return
        self._leaving = True
        if self._behind is not None:
            self._behind.clear()
        self._drop_hello()
        if self._work is not None:
            await asyncio.wait([self._work])
        await self._session.all_acked()
        self.outbox.close(code, reason)

    # --- its end ----------------------------------------------------------------------------

    def lost(self) -> None:
        if self._address is not None:
            self._gateway.addresses.leave(self._address)
        self._drop_hello()
        if self._session is None or self._gateway.over:
            self._gateway.gone(self)
        else:
            self._start(self._end(self._session))

    async def _end(self, session: Session) -> None:
        try:
            if self._work is not None:  # the last that it sent counts
                await asyncio.wait([self._work])
            await session.end()
        finally:
            self._gateway.services.metrics.connections -= 1
            self._gateway.gone(self)

    def _drop_hello(self) -> None:
        """Nobody waits for a hello that still waits for the store to load; it changed nothing."""
        if self._work is not None and not self._gateway.services.loading.is_over:
            self._work.cancel()

    def _start(self, work: Work) -> asyncio.Task[None]:
        return self._gateway.start(self._guarded(work))

    async def _guarded(self, work: Work) -> None:
        try:
            await work
        except Exception:
            log.exception(FAILED)
            self._fail()

    def _fail(self) -> None:
        self.outbox.close(CloseCode.INTERNAL_ERROR, "")


def _answer(status: HTTPStatus, kind: str, body: bytes) -> Response:
    headers = Headers(
        {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    )
    return Response(status.value, status.phrase, headers, body)


async def _within(seconds: float, work: Awaitable[object]) -> None:
    """Wait for it, but no longer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work
