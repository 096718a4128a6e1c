"""What a connection may ask once it said who it is: a method a frame, one store call each."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from imchat import protocol, tokens
from imchat.errors import BadFrame, Forbidden, RequestError
from imchat.server import views
from imchat.server.hub import Outbox
from imchat.server.services import Services
from imchat.store import facts
from imchat.store.store import Post, Side, Staff, tail_of

MAX_UNACKED = 64
"""Messages of one connection under way; reading goes on when there are fewer."""

Work = Coroutine[Any, Any, None]
"""What is left to do of a frame, because it has to wait for something."""
Handler = Callable[..., Work | None]
"""A method of Handlers that takes the frame beside which it stands in the table."""


class Handlers:
    """Answers the frames of one connection, one after the other."""

    __slots__ = ("_fewer_unacked", "_outbox", "_services", "_unacked", "_who")

    def __init__(self, services: Services, outbox: Outbox, identity: tokens.Identity) -> None:
        self._services = services
        self._outbox = outbox
        self._who = identity
        self._unacked = 0
        self._fewer_unacked: asyncio.Event | None = None  # while somebody waits for it

    def handle(self, frame: protocol.ClientFrame) -> Work | None:
        """Answer a frame; a message is taken at once, others give what is to be awaited.

        Both raise the RequestError that it is refused with.
        """
        handler = _TABLE[self._who.role].get(type(frame))
        if handler is None:
            raise self._not_in_table(frame)
        return handler(self, frame)

    async def all_acked(self) -> None:
        """Wait until no message is under way."""
        await self._until_unacked_below(1)

    def _not_in_table(self, frame: protocol.ClientFrame) -> RequestError:
        if isinstance(frame, protocol.Hello):
            return BadFrame("hello was said already")
        return Forbidden(f"not for {self._asker}: {type(frame).__struct_config__.tag}")

    @property
    def _asker(self) -> str:
        return f"{'an' if self._who.role == 'agent' else 'a'} {self._who.role}"

    @property
    def _side(self) -> Side:
        assert self._who.role != "supervisor", "the table lets no supervisor here"
        return self._who.role

    @property
    def _staff(self) -> Staff:
        assert self._who.role != "customer", "the table lets no customer here"
        return self._who.role

    async def _until_unacked_below(self, limit: int) -> None:
        while self._unacked >= limit:
            self._fewer_unacked = asyncio.Event()
            await self._fewer_unacked.wait()

    async def _request(self, frame: protocol.Request) -> None:
        await self.all_acked()
        with self._outbox.answering() as answer:
            standing = await self._services.store.request(
                self._who.uid,
                name=self._who.shown_name,
                desk=frame.desk,
                topic=frame.topic,
                connection=self._outbox.id,
            )
            self._services.waiting.note(standing)
            answer(views.told(standing, ref=frame.ref))
            if isinstance(standing, facts.Assigned) and standing.topic is not None:
                answer(views.stored_message(standing.topic))

    async def _rate(self, frame: protocol.Rate) -> None:
        with self._outbox.answering() as answer:
            rated = await self._services.store.rate(
                frame.chat,
                uid=self._who.uid,
                score=frame.score,
                comment=frame.comment,
                connection=self._outbox.id,
            )
            answer(views.told(rated, ref=frame.ref))

    async def _set_status(self, frame: protocol.SetStatus) -> None:
        agent, me = frame.uid, self._who.uid
        if self._who.role == "agent" and agent in (None, me):
            agent = me
        elif self._who.role == "agent":
            raise Forbidden("not for an agent: the status of another")
        elif agent is None:
            raise BadFrame("a supervisor has no status; name the agent in `uid`")
        with self._outbox.answering() as answer:
            status = await self._services.store.status(
                agent, state=frame.state, connection=self._outbox.id, by=me
            )
            answer(views.told(status, ref=frame.ref))

    def _send(self, frame: protocol.Send) -> Work | None:
        if frame.sender is not None and frame.sender != self._who.uid:
            raise Forbidden("`from` is not you")
        if self._unacked >= MAX_UNACKED:
            return self._submit_later(frame)
        self._submit(frame)
        return None

    async def _submit_later(self, frame: protocol.Send) -> None:
        await self._until_unacked_below(MAX_UNACKED)
        self._submit(frame)

    def _submit(self, frame: protocol.Send) -> None:
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
        if self._fewer_unacked is not None:
            self._fewer_unacked.set()
        if isinstance(result, RequestError):
            self._services.metrics.frames_refused += 1
            self._outbox.push(views.error(result, ref=id))
        else:
            self._outbox.push(views.ack(id, result))

    async def _read_history(self, frame: protocol.ReadHistory) -> None:
        agent, peer = frame.between or (frame.agent, frame.peer)
        if (self._who.role == "supervisor") != (frame.between is not None):
            raise Forbidden(f"not for {self._asker}: a history of this kind")
        assert peer is not None, "a history is `with` somebody or `between` two"
        await self.all_acked()
        page = await self._services.store.history(
            self._who.uid,
            role=self._who.role,
            peer=peer,
            agent=agent,
            after=frame.after,
            before=frame.before,
            limit=frame.limit,
        )
        self._outbox.push(views.history(peer, page, between=frame.between, ref=frame.ref))

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
        await self.all_acked()
        with self._outbox.answering() as answer:
            closed = await self._services.store.close(
                frame.chat, uid=self._who.uid, role=self._who.role, connection=self._outbox.id
            )
            self._services.waiting.note(closed)
            answer(views.told(closed, ref=frame.ref))

    async def _transfer(self, frame: protocol.Transfer) -> None:
        await self.all_acked()
        with self._outbox.answering() as answer:
            transferred = await self._services.store.transfer(
                frame.chat,
                uid=self._who.uid,
                role=self._staff,
                connection=self._outbox.id,
                to=frame.to,
                desk=frame.desk,
                call=frame.ref,
            )
            answer(views.told(transferred, ref=frame.ref))

    async def _read_customer(self, frame: protocol.ReadCustomer) -> None:
        known = await self._services.store.customer(
            frame.uid, uid=self._who.uid, role=self._staff
        )
        self._outbox.push(views.customer(known, ref=frame.ref))

    async def _read_colleagues(self, frame: protocol.ReadColleagues) -> None:
        site = await self._services.colleagues.site()
        self._outbox.push(views.colleagues(site, ref=frame.ref))

    async def _add_note(self, frame: protocol.AddNote) -> None:
        known = await self._services.store.note(
            frame.uid,
            body=frame.body,
            uid=self._who.uid,
            role=self._staff,
            connection=self._outbox.id,
        )
        self._outbox.push(views.customer(known, ref=frame.ref))

    async def _watch(self, frame: protocol.Watch) -> None:
        snapshot = views.snapshot(await self._services.store.site())
        log = None if frame.log is None else await self._services.store.log(frame.log)
        self._outbox.push(protocol.encode(protocol.with_ref(snapshot, frame.ref)))
        if log is not None and log.events:
            self._outbox.push(views.log(log.events))
        self._services.watching.add(self._outbox, snapshot, heard_to=log.position if log else None)

    def _unwatch(self, _: protocol.Unwatch) -> None:
        self._services.watching.remove(self._outbox)

    async def _read_trends(self, frame: protocol.ReadTrends) -> None:
        self._outbox.push(views.trends(await self._services.store.trends(), ref=frame.ref))

    async def _read_report(self, frame: protocol.ReadReport) -> None:
        recent = await self._services.lately.recent()
        report = views.report(recent, days=frame.days, agent=frame.agent, ref=frame.ref)
        self._outbox.push(report)


_EITHER_SIDE: dict[type[msgspec.Struct], Handler] = {
    protocol.Send: Handlers._send,
    protocol.ReadHistory: Handlers._read_history,
    protocol.SendTyping: Handlers._typing,
    protocol.MarkRead: Handlers._mark_read,
    protocol.Close: Handlers._close,
}
_STAFF: dict[type[msgspec.Struct], Handler] = {
    protocol.SetStatus: Handlers._set_status,
    protocol.Transfer: Handlers._transfer,
    protocol.ReadCustomer: Handlers._read_customer,
    protocol.ReadColleagues: Handlers._read_colleagues,
    protocol.AddNote: Handlers._add_note,
}
_TABLE: dict[protocol.Role, dict[type[msgspec.Struct], Handler]] = {
    "customer": {
        protocol.Request: Handlers._request,
        protocol.Rate: Handlers._rate,
        **_EITHER_SIDE,
    },
    "agent": {**_STAFF, **_EITHER_SIDE},
    "supervisor": {
        **_STAFF,
        protocol.ReadHistory: Handlers._read_history,
        protocol.Close: Handlers._close,
        protocol.ReadTrends: Handlers._read_trends,
        protocol.ReadReport: Handlers._read_report,
        protocol.Watch: Handlers._watch,
        protocol.Unwatch: Handlers._unwatch,
    },
}
"""Which role may send which frame; whose chat it is, the store decides."""
