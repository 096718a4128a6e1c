"""One connection: who may send which frame, checked once, and one store call for each."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from imchat import protocol, tokens
from imchat.errors import (
    BadFrame,
    Conflict,
    Forbidden,
    RateLimited,
    RequestError,
    Unauthorized,
    Unavailable,
)
from imchat.protocol import CloseCode
from imchat.server import views
from imchat.server.hub import Hub, Outbox
from imchat.server.limits import BadFrames, Limits
from imchat.server.metrics import Metrics
from imchat.server.poster import Poster
from imchat.server.waiting import Waiting
from imchat.settings import ServerSettings
from imchat.store import facts
from imchat.store.store import Post, Side, Store, tail_of

log = logging.getLogger(__name__)

MAX_UNACKED = 64
"""Messages of one connection under way; reading goes on when there are fewer."""
RETRY_S = 0.5


@dataclass(slots=True)
class Services:
    """What all sessions of a node share. `node` changes if the node was declared dead."""

    settings: ServerSettings
    secret: str
    node: str
    store: Store
    hub: Hub
    poster: Poster
    waiting: Waiting
    limits: Limits
    metrics: Metrics


Handler = Callable[..., Awaitable[None]]
"""A method of Session that takes the frame beside which it stands in the table."""


class Session:
    """The life of one connection after its handshake; I/O is the gateway's."""

    def __init__(self, services: Services, outbox: Outbox) -> None:
        self._services = services
        self._outbox = outbox
        self._bad_frames = BadFrames()
        self._identity: tokens.Identity | None = None
        self._unacked = 0
        self._fewer_unacked = asyncio.Event()
        self._clock = asyncio.get_running_loop().time

    # --- hello and goodbye ---------------------------------------------------

    async def hello(self, data: str | bytes) -> None:
        """Take the first frame; a refusal is answered and closes the connection."""
        services = self._services
        try:
            identity = self._verify(data)
            # Pushes may come before the store's reply does; they wait in the outbox.
            services.hub.add(identity.uid, self._outbox)
            self._identity = identity
            self._node = services.node
            self._bucket = services.limits.bucket(identity.uid)
            present = await services.store.connect(
                identity.uid,
                role=identity.role,
                name=self._name,
                node=self._node,
                connection=self._outbox.id,
                capacity=identity.capacity or services.settings.capacity,
                desks=identity.desks,
            )
        except RequestError as error:
            self._outbox.answer(views.error(error))
            self._outbox.close(_close_code(error), str(error)[:100])
            return
        for chat in present.chats:
            if chat.state == "waiting":
                services.waiting.note(facts.Queued(chat=chat))
        services.metrics.connections_opened += 1
        self._outbox.open(
            protocol.encode(
                protocol.Welcome(
                    uid=identity.uid,
                    role=identity.role,
                    name=self._name,
                    node=self._node,
                    at=present.at,
                    chats=[views.chat(chat) for chat in present.chats],
                    status=views.agent_status(present.status) if present.status else None,
                )
            )
        )

    async def end(self) -> None:
        """The connection is gone."""
        if self._identity is None:
            return
        self._services.hub.remove(self._identity.uid, self._outbox)
        while True:
            try:
                await self._services.store.disconnect(
                    self._identity.uid, node=self._node, connection=self._outbox.id
                )
            except Unavailable:
                # While this node lives nobody else would take the connection for lost.
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _verify(self, data: str | bytes) -> tokens.Identity:
        try:
            frame = protocol.decode(data) if isinstance(data, str) else None
        except RequestError:
            frame = None
        if not isinstance(frame, protocol.Hello):
            raise Unauthorized("the first frame must be hello with a token")
        return tokens.verify(self._services.secret, frame.token)

    @property
    def _who(self) -> tokens.Identity:
        assert self._identity is not None, "hello comes first"
        return self._identity

    @property
    def _name(self) -> str:
        return self._who.name or self._who.uid

    @property
    def _side(self) -> Side:
        assert self._who.role != "supervisor", "the table lets no supervisor here"
        return self._who.role

    # --- frames --------------------------------------------------------------

    async def receive(self, data: str | bytes) -> None:
        """Answer one frame. What is refused is answered with an error and harms nobody else."""
        self._services.metrics.frames_received += 1
        ref: str | None = None
        try:
            self._bucket.take(self._clock())
            if not isinstance(data, str):
                raise BadFrame("a frame is text")
            frame = protocol.decode(data)
            ref = frame.id if isinstance(frame, protocol.Send) else frame.ref
            handler = _TABLE[self._who.role].get(type(frame))
            if handler is None:
                raise _not_in_table(frame, self._who.role)
            await handler(self, frame)
        except RequestError as error:
            self._refuse(error, data, ref)

    def _refuse(self, error: RequestError, data: str | bytes, ref: str | None) -> None:
        self._services.metrics.frames_refused += 1
        if isinstance(error, RateLimited):
            ref = protocol.ref_of(data)
        self._outbox.push(views.error(error, ref=ref))
        if isinstance(error, BadFrame) and self._bad_frames.add(self._clock()):
            self._outbox.close(CloseCode.POLICY, "too many bad frames")
        elif isinstance(error, RateLimited) and self._bucket.out_of_patience:
            self._outbox.close(CloseCode.POLICY, "too many frames for too long")

    async def _until_unacked_below(self, limit: int) -> None:
        while self._unacked >= limit:
            self._fewer_unacked.clear()
            await self._fewer_unacked.wait()

    async def _request(self, frame: protocol.Request) -> None:
        await self._until_unacked_below(1)
        standing = await self._services.store.request(
            self._who.uid,
            name=self._name,
            desk=frame.desk,
            topic=frame.topic,
            connection=self._outbox.id,
        )
        self._services.waiting.note(standing)
        self._outbox.push(views.told(standing, ref=frame.ref))
        if isinstance(standing, facts.Assigned) and standing.topic is not None:
            self._outbox.push(views.stored_message(standing.topic))

    async def _set_status(self, frame: protocol.SetStatus) -> None:
        status = await self._services.store.status(
            self._who.uid, state=frame.state, connection=self._outbox.id
        )
        self._outbox.push(views.told(status, ref=frame.ref))

    async def _send(self, frame: protocol.Send) -> None:
        if frame.sender not in (None, self._who.uid):
            raise Forbidden("`from` is not you", ref=frame.id)
        await self._until_unacked_below(MAX_UNACKED)
        self._unacked += 1
        post = Post(
            sender=self._who.uid,
            to=frame.to,
            role=self._side,
            id=frame.id,
            tail=tail_of(id=frame.id, body=frame.body),
            connection=self._outbox.id,
        )
        self._services.poster.submit(post, lambda result: self._posted(frame.id, result))

    def _posted(self, id: str, result: facts.PostResult | RequestError) -> None:
        self._unacked -= 1
        self._fewer_unacked.set()
        if isinstance(result, RequestError):
            self._services.metrics.frames_refused += 1
            self._outbox.push(views.error(result, ref=id))
        else:
            self._outbox.push(views.ack(id, result))

    async def _read_history(self, frame: protocol.ReadHistory) -> None:
        await self._until_unacked_below(1)
        page = await self._services.store.history(
            self._who.uid,
            role=self._side,
            peer=frame.peer,
            agent=frame.agent,
            after=frame.after,
            before=frame.before,
            limit=frame.limit,
        )
        self._outbox.push(views.history(frame.peer, page, ref=frame.ref))

    async def _typing(self, frame: protocol.SendTyping) -> None:
        await self._services.store.typing(self._who.uid, to=frame.to, role=self._side)

    async def _mark_read(self, frame: protocol.MarkRead) -> None:
        await self._services.store.read(
            self._who.uid,
            to=frame.to,
            role=self._side,
            seq=frame.seq,
            connection=self._outbox.id,
        )

    async def _close(self, frame: protocol.Close) -> None:
        await self._until_unacked_below(1)
        closed = await self._services.store.close(
            frame.chat, uid=self._who.uid, role=self._side, connection=self._outbox.id
        )
        self._services.waiting.note(closed)
        self._outbox.push(views.told(closed, ref=frame.ref))

    async def _watch(self, frame: protocol.Watch) -> None:
        # Routed first, so that nothing falls between the first snapshot and the next.
        self._services.hub.watch(self._outbox)
        site = await self._services.store.site()
        self._outbox.push(protocol.encode(views.snapshot(site, ref=frame.ref)))

    async def _unwatch(self, _: protocol.Unwatch) -> None:
        self._services.hub.unwatch(self._outbox)


def _close_code(error: RequestError) -> CloseCode:
    if isinstance(error, Unauthorized):
        return CloseCode.UNAUTHORIZED
    if isinstance(error, Conflict):
        return CloseCode.ROLE_CONFLICT
    return CloseCode.TRY_LATER


def _not_in_table(frame: protocol.ClientFrame, role: str) -> RequestError:
    kind = type(frame).__struct_config__.tag
    if isinstance(frame, protocol.Hello):
        return BadFrame("hello was said already", ref=frame.ref)
    ref = frame.id if isinstance(frame, protocol.Send) else frame.ref
    return Forbidden(f"not for a {role}: {kind}", ref=ref)


_EITHER_SIDE: dict[type[msgspec.Struct], Handler] = {
    protocol.Send: Session._send,
    protocol.ReadHistory: Session._read_history,
    protocol.SendTyping: Session._typing,
    protocol.MarkRead: Session._mark_read,
    protocol.Close: Session._close,
}
_TABLE: dict[protocol.Role, dict[type[msgspec.Struct], Handler]] = {
    "customer": {protocol.Request: Session._request, **_EITHER_SIDE},
    "agent": {protocol.SetStatus: Session._set_status, **_EITHER_SIDE},
    "supervisor": {protocol.Watch: Session._watch, protocol.Unwatch: Session._unwatch},
}
"""Which role may send which frame; whose chat it is, the store decides."""
