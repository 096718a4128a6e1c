"""The client: requests as awaitables, what happens as an async iterator."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Literal, Self, TypeVar

from imchat import protocol, tokens
from imchat.client.calls import Calls
from imchat.client.connection import Connection, keep
from imchat.client.conversation import Conversation
from imchat.client.events import Connected, Disconnected, Event, Events
from imchat.client.mirror import TOLD, Mirror
from imchat.client.standing import Standing
from imchat.client.text import clean, clean_line
from imchat.errors import RequestError, SetupError, Unavailable
from imchat.ids import DEFAULT_DESK, ChatId, Desk, Uid

log = logging.getLogger(__name__)

OVERLAP_MS = 60_000
"""Longer than anything that was told here can be out of order."""

_Reply = TypeVar("_Reply", bound=protocol.Frame)


class Client:
    """One uid's connection to an imchat server, kept open and kept true.

        async with Client("ws://127.0.0.1:8765/ws", token) as client:
            await client.request(topic="Where is my parcel?")
            async for event in client:
                match event:
                    case protocol.Message(sender=sender) if sender != client.uid:
                        await client.send(sender, "Thank you!")

    `token` is a JWT, or a function that makes one for each connection. What was
    asked and not answered when a connection is lost is asked again on the next, a
    message under its own id, so it is stored once. Events of one conversation come
    in the order of `seq`, each message once, those sent from here not at all; every
    text in them is cleaned.

    `in_flight` messages of a conversation may be unacked at a time. With more than
    one, a message that the server refuses for now may be stored after later ones.
    """

    def __init__(self, url: str, token: str | Callable[[], str], *, in_flight: int = 1) -> None:
        self.url = url
        self.state: Literal["connecting", "online", "closed"] = "connecting"
        self._token = token if callable(token) else lambda: token
        self._uid: Uid | None = None
        self._welcome: asyncio.Future[protocol.Welcome] | None = None
        self._connection: Connection | None = None
        self._calls = Calls(in_flight)
        self._events = Events()
        self._heard_at: int | None = None
        """The newest of the server's times that was heard, ms."""
        self._failure: Exception | None = None
        self._standing = Standing(self._calls, self._tell)
        self._mirror = Mirror(
            lambda: self.uid, history=self.history, tell=self._tell, events=self._events
        )
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a client is entered once")
        self._welcome = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name=f"imchat client of {self.url}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        try:
            await asyncio.gather(self._task, return_exceptions=True)
        finally:
            self._fail(Unavailable("the client is closed"))
            await self._mirror.stopped()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """What happened next. Raises what the client ended with, after all that was before it."""
        return await self._events.take()

    async def ready(self) -> protocol.Welcome:
        """Wait for the first welcome. Raises Unauthorized, Conflict or SetupError."""
        assert self._welcome is not None, "use the client with `async with`"
        return await asyncio.shield(self._welcome)

    @property
    def uid(self) -> Uid:
        """This client's uid: the server's word, before it the token's.

        Raises Unauthorized when there is no welcome yet and the token names nobody.
        """
        if self._uid is None:
            self._uid = tokens.uid_in(self._token())
        return self._uid

    @property
    def chats(self) -> dict[ChatId, protocol.Chat]:
        """The open chats of this uid, as last heard."""
        return self._mirror.chats

    @property
    def conversations(self) -> dict[Uid, Conversation]:
        """Those that this client knows of, by the other's uid."""
        return self._mirror.conversations

    # --- requests: each raises a RequestError when the server refuses it ----

    async def request(
        self, *, desk: Desk = DEFAULT_DESK, topic: str | None = None
    ) -> protocol.Assigned | protocol.Waiting:
        """Ask for an agent; a customer that has a chat gets that one."""
        kinds = (protocol.Assigned, protocol.Waiting)
        reply = await self._ask(protocol.Request(desk=desk, topic=topic), kinds)
        assert isinstance(reply, kinds)
        return reply

    async def rate(self, chat: ChatId, score: int, comment: str = "") -> protocol.Rated:
        """Say of a closed chat, once, how it was: 1 to 5."""
        return await self._ask(
            protocol.Rate(chat=chat, score=score, comment=comment), protocol.Rated
        )

    async def set_status(
        self, state: Literal["online", "away"], *, uid: Uid | None = None
    ) -> protocol.Status:
        """Take new chats, or keep to those at hand; a supervisor says so for an agent `uid`.

        Who was away when the connection was lost, and for so long that the server
        forgot it, is set away again.
        """
        return await self._ask(protocol.SetStatus(state=state, uid=uid), protocol.Status)

    async def transfer(
        self, chat: ChatId, *, to: Uid | None = None, desk: Desk | None = None
    ) -> protocol.Transferred:
        """Give a chat to an agent with a free slot, or to a desk ahead of its newcomers."""
        return await self._ask(
            protocol.Transfer(chat=chat, to=to, desk=desk), protocol.Transferred
        )

    async def close(self, chat: ChatId) -> protocol.Closed:
        """Close a chat, or leave the queue; a supervisor closes any."""
        return await self._ask(protocol.Close(chat=chat), protocol.Closed)

    async def history(
        self,
        peer: Uid,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
        agent: Uid | None = None,
    ) -> protocol.History:
        """A page of a conversation, oldest first; exclusive of `after` and `before`."""
        frame = protocol.ReadHistory(
            peer=peer, after=after, before=before, limit=limit, agent=agent
        )
        return await self._ask(frame, protocol.History)

    async def transcript(
        self,
        between: tuple[Uid, Uid],
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> protocol.History:
        """A page of a conversation of two others, as `history()`; for a supervisor."""
        frame = protocol.ReadHistory(between=between, after=after, before=before, limit=limit)
        return await self._ask(frame, protocol.History)

    async def customer(self, uid: Uid) -> protocol.Customer:
        """What is known of a customer: chats that ended, and notes."""
        return await self._ask(protocol.ReadCustomer(uid=uid), protocol.Customer)

    async def colleagues(self) -> protocol.Colleagues:
        """Who is there to take a chat over; for agents and supervisors."""
        return await self._ask(protocol.ReadColleagues(), protocol.Colleagues)

    async def add_note(self, uid: Uid, body: str) -> protocol.Customer:
        """Note something about a customer, who never sees it; gives all that is known."""
        return await self._ask(protocol.AddNote(uid=uid, body=body), protocol.Customer)

    async def trends(self) -> protocol.Trends:
        """The last hour and today; for a supervisor."""
        return await self._ask(protocol.ReadTrends(), protocol.Trends)

    async def report(
        self, *, days: Literal[1, 7] = 1, agent: Uid | None = None
    ) -> protocol.Report:
        """Measures of today or of the last 7 days, by agent or of one; for a supervisor."""
        return await self._ask(protocol.ReadReport(days=days, agent=agent), protocol.Report)

    async def load_earlier(self, peer: Uid, *, limit: int = 50) -> int:
        """Put the page before what `conversation(peer)` has in front; gives its length."""
        return await self._mirror.load_earlier(peer, limit)

    def send(self, to: Uid, body: str, *, id: str | None = None) -> "asyncio.Future[protocol.Ack]":
        """Post a message; the future is done when it is stored, or failed with a RequestError.

        It stands in `conversation(to)` at once. It is sent again until it is acked
        or refused, whether or not anybody waits for the future. One that was refused may
        be sent again under its id. Raises ValueError when `id` is under way or has
        characters that are cleaned away, or when `body` has halves of surrogate pairs.
        """
        id = id or secrets.token_hex(8)
        if id != clean_line(id):
            raise ValueError(f"{id!r} is no id; use printable characters")
        conversation = self.conversation(to)
        stored = self._post(protocol.Send(id=id, to=to, body=body))
        conversation.compose(id, clean(body))
        if stored.done():
            conversation.fail(id, str(stored.exception()))
        return stored

    def typing(self, to: Uid) -> None:
        """Show the other that something is being written."""
        self._tell(protocol.SendTyping(to=to, ref=TOLD))

    def mark_read(self, to: Uid, seq: int) -> None:
        """Tell the other that all up to `seq` was seen, after a reconnect if need be."""
        self._mirror.mark_read(to, seq)

    def watch(self, *, log: int | None = None) -> None:
        """Ask for snapshots, now and after each reconnect.

        With `log`, also for what happens, beginning with the last so many events.
        """
        self._standing.watch(log=log)

    def unwatch(self) -> None:
        """Ask for no more snapshots."""
        self._standing.unwatch()

    def conversation(self, peer: Uid) -> Conversation:
        """The conversation with `peer`, new if there was none."""
        return self._mirror.conversation(peer)

    def forget(self, peer: Uid) -> None:
        """Drop what is known of a conversation whose chat is closed; the server keeps it.

        For who serves thousands: else their messages are kept as long as the client lives.
        """
        self._mirror.forget(peer)

    # --- calls ---------------------------------------------------------------

    async def _ask(
        self, frame: protocol.Frame, reply: type[_Reply] | tuple[type[_Reply], ...]
    ) -> _Reply:
        self._check()
        ref = secrets.token_hex(6)
        try:
            return await self._calls.start(ref, protocol.with_ref(frame, ref), reply)
        finally:
            self._calls.drop(ref)

    def _post(self, frame: protocol.Send) -> "asyncio.Future[protocol.Ack]":
        self._check()
        try:
            return self._calls.start(frame.id, frame, protocol.Ack)
        except RequestError as error:
            refused: asyncio.Future[protocol.Ack] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            refused.exception()  # who did not keep the future sees it on the line
            return refused

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    def _tell(self, frame: protocol.Frame) -> None:
        if self._connection is not None:
            self._connection.send(protocol.encode(frame))

    def _refused(self, error: protocol.Error) -> None:
        call = self._calls.refuse(error)
        if call is not None and isinstance(call.frame, protocol.Send):
            self.conversation(call.frame.to).fail(call.ref, error.message)
        if error.ref is None or (call is not None and self._standing.is_watch(call.ref)):
            self._events.put(error)  # else somebody waits, or did and was cancelled

    # --- the connection -----------------------------------------------------

    async def _run(self) -> None:
        try:
            await keep(self._open, serve=self._serve, lost=self._lost)
        except Exception as error:  # handed on to whoever waits or iterates
            if not isinstance(error, RequestError | SetupError):
                log.exception("the client ends")
            self._fail(error)

    async def _open(self) -> Connection:
        since = None if self._heard_at is None else self._heard_at - OVERLAP_MS
        return await Connection.open(self.url, self._token, since=since)

    async def _serve(self, connection: Connection) -> None:
        async with connection.writing():
            self._connection = connection
            try:
                self._welcomed(connection.welcome)
                while True:
                    self._received(await connection.read())
            finally:
                self._connection = None
                self.state = "connecting"
                self._calls.offline()

    def _lost(self, reason: str, retry_in_s: float) -> None:
        self._events.put(Disconnected(reason, retry_in_s))

    def _welcomed(self, welcome: protocol.Welcome) -> None:
        assert self._welcome is not None
        assert self._connection is not None
        if self._uid not in {None, welcome.uid}:
            raise SetupError(f"the token was for {self._uid!r} and is now for {welcome.uid!r}")
        self._uid = welcome.uid
        self._heard_at = welcome.at
        if not self._welcome.done():
            self._welcome.set_result(welcome)
        self.state = "online"
        self._events.put(Connected(welcome))
        self._calls.online(self._connection.send)
        self._mirror.welcomed(welcome)
        self._standing.resume(welcome)

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self.state = "closed"
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(error)
            self._welcome.exception()  # `ready()` and the iterator raise it as well
        self._mirror.stop()
        for call in self._calls.fail(self._failure):
            if isinstance(call.frame, protocol.Send):
                self.conversation(call.frame.to).fail(call.ref, str(error))
        self._events.end(self._failure)

    # --- what the server sends ----------------------------------------------

    def _received(self, frame: protocol.ServerFrame) -> None:
        match frame:
            case protocol.Ack():
                sent = self._calls.message(frame.id)
                self._heard_at = frame.at
                if sent is not None:
                    self._mirror.acked(sent, frame)
                    self._calls.resolve(frame.id, frame)
            case protocol.Message():
                self._heard_at = frame.at
                self._mirror.learn(frame)  # and tells it when all before it is known
            case protocol.Error():
                self._refused(frame)
            case (
                protocol.History() | protocol.Customer() | protocol.Colleagues()
                | protocol.Trends() | protocol.Report()
            ):
                self._calls.resolve(frame.ref, frame)
            case protocol.Welcome():
                pass  # only hello is answered so, and it was
            case _:
                if isinstance(frame, protocol.Status) and frame.uid == self.uid:
                    self._standing.heard(frame)
                if not self._mirror.is_outdated(frame):
                    self._events.put(frame)
                    self._mirror.learn(frame)
                self._calls.resolve(frame.ref, frame)
