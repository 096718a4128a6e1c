"""One connection: its hello, what it asks within its limits, its end."""

import asyncio
import itertools
import logging
import random

from imchat import protocol, tokens
from imchat.errors import (
    BadFrame,
    Conflict,
    RateLimited,
    RequestError,
    Unauthorized,
    Unavailable,
)
from imchat.protocol import CloseCode
from imchat.server import views
from imchat.server.handlers import Handlers, Work
from imchat.server.hub import Outbox
from imchat.server.limits import CONNECTION_RETRY_MS, CONNECTIONS_A_UID, Bucket
from imchat.server.services import Services
from imchat.store import facts

log = logging.getLogger(__name__)

RETRIES_S = (0.5, 1.0, 2.0, 4.0)
"""Before each further try to tell the store of a lost connection; the last for ever."""


class Session:
    """The life of one connection after its handshake; I/O is the gateway's."""

    __slots__ = (
        "_bad_frames", "_bucket", "_handlers", "_identity", "_node", "_outbox", "_services",
    )  # fmt: skip

    _bucket: Bucket
    _node: str

    def __init__(self, services: Services, outbox: Outbox) -> None:
        self._services = services
        self._outbox = outbox
        self._bad_frames = services.limits.bad_frames()
        self._identity: tokens.Identity | None = None
        self._handlers: Handlers | None = None

    def receive(self, data: str | bytes) -> Work | None:
        """Answer a frame; gives what is to be awaited before it takes the next one.

        What is refused is answered with an error and harms nobody else.
        """
        if self._outbox.closing is not None:
            return None
        if self._handlers is None:
            return self._hello(data)
        self._services.metrics.frames_received += 1
        try:
            self._bucket.take()
            if not isinstance(data, str):
                raise BadFrame("a frame is text")
            work = self._handlers.handle(protocol.decode(data))
        except RequestError as error:
            self._refuse(error, data)
            return None
        return None if work is None else self._finish(work, data)

    async def _finish(self, work: Work, data: str | bytes) -> None:
        try:
            await work
        except RequestError as error:
            self._refuse(error, data)

    def _refuse(self, error: RequestError, data: str | bytes) -> None:
        self._services.metrics.frames_refused += 1
        self._outbox.push(views.error(error, ref=protocol.ref_of(data)))
        if isinstance(error, BadFrame) and self._bad_frames.add():
            self._outbox.close(CloseCode.POLICY, "too many bad frames")
        elif isinstance(error, RateLimited) and self._bucket.out_of_patience:
            self._outbox.close(CloseCode.POLICY, "too many frames for too long")

    async def _hello(self, data: str | bytes) -> None:
        """Take the first frame; a refusal is answered and closes the connection."""
        try:
            frame = _first_frame(data)
            identity = tokens.verify(self._services.secret, frame.token)
            await self._services.loading.over_soon()
            present = await self._connect(identity, since=frame.since)
        except RequestError as error:
            self._outbox.refuse(views.error(error, ref=protocol.ref_of(data)))
            self._outbox.close(_close_code(error), str(error))
            return
        for chat in present.chats:
            if chat.state == "waiting":
                self._services.waiting.note(facts.Queued(chat=chat))
        self._services.metrics.connections_opened += 1
        self._outbox.open(views.welcome(present, identity, node=self._node, ref=frame.ref))

    async def _connect(self, identity: tokens.Identity, *, since: int | None) -> facts.Present:
        services = self._services
        if services.hub.connections(identity.uid) >= CONNECTIONS_A_UID:
            services.metrics.connections_refused += 1
            raise RateLimited(
                f"'{identity.uid}' has {CONNECTIONS_A_UID} connections here; close one first",
                retry_after_ms=CONNECTION_RETRY_MS,
            )
        # Pushes may come before the store's reply does; they wait in the outbox.
        services.hub.add(identity.uid, self._outbox)
        self._identity = identity
        self._node = services.node
        self._bucket = services.limits.bucket(identity.uid)
        self._handlers = Handlers(services, self._outbox, identity)
        return await services.store.connect(
            identity.uid,
            role=identity.role,
            name=identity.shown_name,
            node=self._node,
            connection=self._outbox.id,
            capacity=identity.capacity or services.settings.capacity,
            desks=identity.desks,
            since=since,
        )

    async def all_acked(self) -> None:
        """Wait until no message is under way."""
        if self._handlers is not None:
            await self._handlers.all_acked()

    async def end(self) -> None:
        """The connection is gone."""
        self._services.watching.remove(self._outbox)
        if self._identity is None:
            return
        self._services.hub.remove(self._identity.uid, self._outbox)
        # While this node lives nobody else would take the connection for lost.
        for delay in itertools.chain(RETRIES_S, itertools.repeat(RETRIES_S[-1])):
            try:
                await self._services.store.disconnect(
                    self._identity.uid, node=self._node, connection=self._outbox.id
                )
            except Unavailable:
                await asyncio.sleep(random.uniform(0, delay))  # they were lost together
            else:
                return


def _first_frame(data: str | bytes) -> protocol.Hello:
    try:
        frame = protocol.decode(data) if isinstance(data, str) else None
    except RequestError:
        frame = None
    if not isinstance(frame, protocol.Hello):
        raise Unauthorized("the first frame must be hello with a token")
    return frame


def _close_code(error: RequestError) -> CloseCode:
    if isinstance(error, Unauthorized):
        return CloseCode.UNAUTHORIZED
    if isinstance(error, Conflict):
        return CloseCode.ROLE_CONFLICT
    if isinstance(error, RateLimited):
        return CloseCode.POLICY
    return CloseCode.TRY_LATER
