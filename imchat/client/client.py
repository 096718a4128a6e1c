"""The client: requests as awaitables, what happens as an async iterator."""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

from imchat import protocol
from imchat.client.connection import Connection, Lost, backoff
from imchat.client.conversation import Conversation
from imchat.client.text import clean
from imchat.errors import REQUEST_ERRORS, RateLimited, RequestError, Unavailable
from imchat.ids import DEFAULT_DESK, ChatId, Desk, Uid

STABLE_S = 10.0
"""A connection that lasted this long starts the backoff anew."""
RETRY_UNAVAILABLE_S = 0.5
HEAL_PAGE = 500

_Reply = TypeVar("_Reply")


@dataclass(frozen=True, slots=True)
class Connected:
    """The server welcomed this client, for the first time or again."""

    welcome: protocol.Welcome


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is lost; it is tried again in `retry_in_s` seconds."""

    reason: str
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class ClosedMeanwhile:
    """A chat that was open is no longer, and its `closed` was missed."""

    chat: protocol.Chat


Event = (
    Connected | Disconnected | ClosedMeanwhile | protocol.Assigned | protocol.Waiting
    | protocol.Closed | protocol.Status | protocol.Message | protocol.Typing | protocol.Read
    | protocol.Snapshot | protocol.Error
)


@dataclass(slots=True, eq=False)
class _Call:
    frame: protocol.Frame
    future: "asyncio.Future[protocol.ServerFrame]"
    sent: bool = False


class Client:
    """One uid's connection to an imchat server, kept open and kept true.

        async with Client("ws://127.0.0.1:8765/ws", token) as client:
            await client.request(topic="Where is my parcel?")
            async for event in client:
                match event:
                    case protocol.Message(sender=agent):
                        await client.send(agent, "Thank you!")

    `token` is a JWT, or a function that makes one for each connection. What was
    asked and not answered when a connection is lost is asked again on the next, a
    message under its own id, so it is stored once. Events of one conversation come
    in the order of `seq`, each message once; every text in them is cleaned.

    `in_flight` messages of a conversation may be unacked at a time. With more than
    one, a message that the server refuses for now may be stored after later ones.
    """

    def __init__(self, url: str, token: str | Callable[[], str], *, in_flight: int = 1) -> None:
        self.url = url
        self.state: Literal["connecting", "online", "closed"] = "connecting"
        self.chats: dict[ChatId, protocol.Chat] = {}
        """The open chats of this uid, as last heard."""
        self.conversations: dict[Uid, Conversation] = {}
        """By the other's uid."""
        self._token = token if callable(token) else lambda: token
        self._in_flight = in_flight
        self._welcome: asyncio.Future[protocol.Welcome] | None = None
        self._connection: Connection | None = None
        self._calls: dict[str, _Call] = {}
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._failure: Exception | None = None
        self._watching = False
        self._paused: asyncio.TimerHandle | None = None
        self._healing: dict[Uid, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._welcome = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name=f"imchat client of {self.url}")
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._healing.values(), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._paused:
            self._paused.cancel()
        self._fail(Unavailable("the client is closed"))

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._iterate()

    async def ready(self) -> protocol.Welcome:
        """Wait for the first welcome. Raises Unauthorized, Conflict or SetupError."""
        assert self._welcome is not None, "use the client with `async with`"
        return await asyncio.shield(self._welcome)

    @property
    def uid(self) -> Uid:
        """This client's uid, once it was welcomed."""
        assert self._welcome is not None, "use the client with `async with`"
        return self._welcome.result().uid

    # --- requests: each raises a RequestError when the server refuses it ----

    async def request(
        self, *, desk: Desk = DEFAULT_DESK, topic: str | None = None
    ) -> protocol.Assigned | protocol.Waiting:
        """Ask for an agent; a customer that has a chat gets that one."""
        reply = await self._ask(protocol.Request(desk=desk, topic=topic))
        assert isinstance(reply, protocol.Assigned | protocol.Waiting)
        return reply

    async def set_status(self, state: Literal["online", "away"]) -> protocol.Status:
        """Take new chats, or keep to those at hand."""
        return await self._expect(protocol.Status, protocol.SetStatus(state=state))

    async def close(self, chat: ChatId) -> protocol.Closed:
        """Close a chat, or leave the queue."""
        return await self._expect(protocol.Closed, protocol.Close(chat=chat))

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
        return await self._expect(protocol.History, frame)

    async def load_earlier(self, peer: Uid, *, limit: int = 50) -> int:
        """Put the page before what `conversation(peer)` has in front; gives its length."""
        conversation = self.conversation(peer)
        page = await self.history(peer, before=conversation.first_seq, limit=limit)
        return conversation.prepend(page.messages, more=page.more)

    def send(self, to: Uid, body: str, *, id: str | None = None) -> "asyncio.Future[protocol.Ack]":
        """Post a message; the future is done when it is stored.

        It stands in `conversation(to)` at once. It is sent again until it is acked
        or refused, whether or not anybody waits for the future.
        """
        id = id or secrets.token_hex(8)
        self.conversation(to).compose(id, clean(body))
        stored: asyncio.Future[protocol.Ack] = asyncio.get_running_loop().create_future()
        replied = self._call(id, protocol.Send(id=id, to=to, body=body))
        replied.add_done_callback(lambda done: self._stored(to, id, done, stored))
        return stored

    def typing(self, to: Uid) -> None:
        """Show the other that something is being written."""
        self._tell(protocol.SendTyping(to=to))

    def mark_read(self, to: Uid, seq: int) -> None:
        """Tell the other that all up to `seq` was seen."""
        conversation = self.conversation(to)
        if seq > conversation.read_by_me:
            conversation.read_by_me = seq
            self._tell(protocol.MarkRead(to=to, seq=seq))

    def watch(self) -> None:
        """Ask for snapshots, now and after each reconnect."""
        self._watching = True
        self._tell(protocol.Watch())

    def unwatch(self) -> None:
        """Ask for no more snapshots."""
        self._watching = False
        self._tell(protocol.Unwatch())

    def conversation(self, peer: Uid) -> Conversation:
        """The conversation with `peer`, begun if there was none."""
        if peer not in self.conversations:
            self.conversations[peer] = Conversation(self.uid, peer)
        return self.conversations[peer]

    # --- calls and their replies --------------------------------------------

    async def _expect(self, kind: type[_Reply], frame: protocol.Frame) -> _Reply:
        reply = await self._ask(frame)
        assert isinstance(reply, kind), reply
        return reply

    async def _ask(self, frame: protocol.Frame) -> protocol.ServerFrame:
        ref = secrets.token_hex(6)
        try:
            return await self._call(ref, protocol.with_ref(frame, ref))
        finally:
            self._calls.pop(ref, None)

    def _call(self, ref: str, frame: protocol.Frame) -> "asyncio.Future[protocol.ServerFrame]":
        if self._failure is not None:
            raise self._failure
        call = _Call(frame, asyncio.get_running_loop().create_future())
        self._calls[ref] = call
        self._pump()
        return call.future

    def _tell(self, frame: protocol.Frame) -> None:
        if self._connection is not None:
            self._connection.send(protocol.encode(frame))

    def _pump(self) -> None:
        """Send what may be sent: everything in order, messages within their window."""
        if self._connection is None or self._paused is not None:
            return
        in_flight: Counter[Uid] = Counter()
        for call in self._calls.values():
            if isinstance(call.frame, protocol.Send):
                in_flight[call.frame.to] += 1
                if in_flight[call.frame.to] > self._in_flight:
                    continue
            if not call.sent:
                call.sent = True
                self._connection.send(protocol.encode(call.frame))

    def _resolve(self, ref: str | None, reply: protocol.ServerFrame) -> None:
        call = self._calls.pop(ref, None) if ref is not None else None
        if call is not None:
            if not call.future.done():
                call.future.set_result(reply)
            self._pump()

    def _refuse(self, error: protocol.Error) -> None:
        call = self._calls.get(error.ref) if error.ref is not None else None
        if call is None:
            self._emit(error)
        elif error.code == RateLimited.code:
            self._retry(call, (error.retry_after_ms or 1000) / 1000)
        elif error.code == Unavailable.code:
            self._retry(call, RETRY_UNAVAILABLE_S)
        else:
            kind = REQUEST_ERRORS.get(error.code, RequestError)
            del self._calls[error.ref or ""]
            if not call.future.done():
                call.future.set_exception(kind(error.message, ref=error.ref))
            self._pump()

    def _retry(self, call: _Call, delay_s: float) -> None:
        call.sent = False
        if self._paused is None:
            self._paused = asyncio.get_running_loop().call_later(delay_s, self._unpause)

    def _unpause(self) -> None:
        self._paused = None
        self._pump()

    def _stored(
        self,
        to: Uid,
        id: str,
        replied: "asyncio.Future[protocol.ServerFrame]",
        stored: "asyncio.Future[protocol.Ack]",
    ) -> None:
        error = replied.exception()
        if error is not None:
            self.conversation(to).fail(id, str(error))
        if stored.done():
            return
        if error is not None:
            stored.set_exception(error)
            # Who did not keep the future sees the failure on the line instead.
            stored.exception()
        else:
            ack = replied.result()
            assert isinstance(ack, protocol.Ack)
            stored.set_result(ack)

    # --- the connection -----------------------------------------------------

    async def _run(self) -> None:
        delays = backoff()
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                try:
                    await self._serve(await Connection.open(self.url, self._token))
                except Lost as error:
                    if loop.time() - began > STABLE_S:
                        delays = backoff()
                    delay = next(delays)
                    self._emit(Disconnected(clean(str(error)), delay))
                    await asyncio.sleep(delay)
        except Exception as error:  # noqa: BLE001 (handed on to whoever waits or iterates)
            self._fail(error)

    async def _serve(self, connection: Connection) -> None:
        self._connection = connection
        writer = asyncio.create_task(connection.write())
        try:
            self._welcomed(connection.welcome)
            async for frame in connection.read():
                self._received(frame)
        finally:
            self._connection = None
            self.state = "connecting"
            for call in self._calls.values():
                call.sent = False
            writer.cancel()
            await connection.close()

    def _welcomed(self, welcome: protocol.Welcome) -> None:
        assert self._welcome is not None
        if not self._welcome.done():
            self._welcome.set_result(welcome)
        self.state = "online"
        before, self.chats = self.chats, {chat.chat: chat for chat in welcome.chats}
        self._emit(Connected(welcome))
        for chat in welcome.chats:
            self._know(chat)
        for chat in before.values():
            if chat.chat not in self.chats:
                self._emit(ClosedMeanwhile(chat))
                if chat.agent is not None:
                    self._heal(self._peer(chat))
        if self._paused:
            self._paused.cancel()
            self._paused = None
        if self._watching:
            self._tell(protocol.Watch())
        self._pump()

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self.state = "closed"
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(error)
            self._welcome.exception()  # `ready()` and the iterator raise it as well
        for call in self._calls.values():
            if not call.future.done():
                call.future.set_exception(error)
                call.future.exception()
        self._calls.clear()
        self._wake.set()

    # --- what the server sends ----------------------------------------------

    def _received(self, frame: protocol.ServerFrame) -> None:
        match frame:
            case protocol.Ack(id=id):
                self._acked(frame)
                self._resolve(id, frame)
            case protocol.Message():
                peer = frame.to if frame.sender == self.uid else frame.sender
                self._deliver(self.conversation(peer).receive(frame))
                self._heal(peer, only_gaps=True)
            case protocol.Error():
                self._refuse(frame)
            case protocol.History(ref=ref):
                self._resolve(ref, frame)
            case protocol.Assigned(chat=chat, ref=ref) | protocol.Waiting(chat=chat, ref=ref):
                self.chats[chat.chat] = chat
                self._know(chat)
                self._emit(frame)
                self._resolve(ref, frame)
            case protocol.Closed(chat=chat, ref=ref):
                self.chats.pop(chat.chat, None)
                self._emit(frame)
                self._resolve(ref, frame)
            case protocol.Read(sender=sender, to=to, seq=seq):
                self._read(sender, to, seq)
                self._emit(frame)
            case protocol.Status(ref=ref):
                self._emit(frame)
                self._resolve(ref, frame)
            case protocol.Snapshot() if self._events and isinstance(
                self._events[-1], protocol.Snapshot
            ):
                self._events[-1] = frame  # nobody needs the one before
            case protocol.Typing() | protocol.Snapshot():
                self._emit(frame)
            case protocol.Welcome():
                pass  # only hello is answered so, and it was

    def _acked(self, ack: protocol.Ack) -> None:
        call = self._calls.get(ack.id)
        if call is None or not isinstance(call.frame, protocol.Send):
            return
        sent = call.frame
        message = protocol.StoredMessage(
            chat=ack.chat, seq=ack.seq, id=ack.id, sender=self.uid, to=sent.to,
            body=clean(sent.body), at=ack.at,
        )
        released = self.conversation(sent.to).receive(message)
        self._deliver([m for m in released if m is not message])
        self._heal(sent.to, only_gaps=True)

    def _deliver(self, messages: list[protocol.StoredMessage]) -> None:
        for message in messages:
            self._emit(
                message
                if isinstance(message, protocol.Message)
                else protocol.Message(**{f: getattr(message, f) for f in message.__struct_fields__})
            )

    def _know(self, chat: protocol.Chat) -> None:
        """Begin the chat's conversation where it stands, or catch up with it."""
        if chat.agent is None:
            return
        peer = self._peer(chat)
        if peer not in self.conversations:
            self.conversations[peer] = Conversation(self.uid, peer, last_seq=chat.last_seq)
        conversation = self.conversations[peer]
        is_customer = self.uid == chat.customer
        mine, theirs = chat.read_by_customer, chat.read_by_agent
        if not is_customer:
            mine, theirs = theirs, mine
        conversation.read_by_me = max(conversation.read_by_me, mine)
        conversation.read_by_peer = max(conversation.read_by_peer, theirs)
        if conversation.last_seq < chat.last_seq:
            self._heal(peer)

    def _read(self, sender: Uid, to: Uid, seq: int) -> None:
        if sender == self.uid:
            conversation = self.conversation(to)
            conversation.read_by_me = max(conversation.read_by_me, seq)
        else:
            conversation = self.conversation(sender)
            conversation.read_by_peer = max(conversation.read_by_peer, seq)

    def _peer(self, chat: protocol.Chat) -> Uid:
        assert chat.agent is not None
        return chat.agent if chat.customer == self.uid else chat.customer

    def _heal(self, peer: Uid, *, only_gaps: bool = False) -> None:
        if peer in self._healing or (only_gaps and self.conversation(peer).gap is None):
            return
        task = asyncio.create_task(self._catch_up(self.conversation(peer)))
        self._healing[peer] = task
        task.add_done_callback(lambda _: self._healing.pop(peer, None))

    async def _catch_up(self, conversation: Conversation) -> None:
        while True:
            try:
                page = await self.history(
                    conversation.peer, after=conversation.last_seq, limit=HEAL_PAGE
                )
            except RequestError:
                return  # the client was closed: a conversation of one's own is never refused
            to = page.messages[-1].seq if page.more else page.last_seq
            self._deliver(conversation.heal(page.messages, to=to))
            if not page.more and conversation.gap is None:
                return

    # --- events -------------------------------------------------------------

    def _emit(self, event: Event) -> None:
        self._events.append(event)
        self._wake.set()

    async def _iterate(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._failure is not None:
                raise self._failure
            self._wake.clear()
            await self._wake.wait()
