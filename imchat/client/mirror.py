"""The chats and conversations of a client's uid, kept as the server has them."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from imchat import protocol
from imchat.client.conversation import Conversation
from imchat.client.events import ClosedMeanwhile, Events
from imchat.client.text import clean
from imchat.errors import RequestError
from imchat.ids import ChatId, Uid

log = logging.getLogger(__name__)

HEAL_PAGE = 500
CLOSED_KEPT = 256
"""Closed chats that are remembered, longer than any push can be late."""
TOLD = "told"
"""The ref of what is told and not asked. Its refusal is dropped: it passes, or is told again."""


class ReadHistory(Protocol):
    """Asks for a page of a conversation."""

    def __call__(
        self, peer: Uid, *, after: int | None = ..., before: int | None = ..., limit: int = ...
    ) -> Awaitable[protocol.History]: ...


class Mirror:
    """Learns from every frame; heals gaps in tasks of its own until `stop`.

    `history` reads, `tell` sends what needs no answer, and `events` takes the messages
    as they come in order.
    """

    def __init__(
        self,
        uid: Callable[[], Uid],
        *,
        history: ReadHistory,
        tell: Callable[[protocol.Frame], None],
        events: Events,
    ) -> None:
        self.chats: dict[ChatId, protocol.Chat] = {}
        self.conversations: dict[Uid, Conversation] = {}
        self._uid = uid
        self._history = history
        self._tell = tell
        self._events = events
        self._has_listened = False
        """Whether what was said before is news, because it was missed, or only old."""
        self._over: deque[ChatId] = deque(maxlen=CLOSED_KEPT)
        """Chats that are closed."""
        self._left: deque[ChatId] = deque(maxlen=CLOSED_KEPT)
        """Chats that went to another agent, and may come back."""
        self._forgotten: dict[Uid, int] = {}
        """Up to where those conversations were heard that were forgotten last."""
        self._healing: dict[Uid, asyncio.Task[None]] = {}

    def conversation(self, peer: Uid) -> Conversation:
        """The conversation with `peer`, new if there was none."""
        if peer not in self.conversations:
            self.conversations[peer] = Conversation(self._uid(), peer, last_seq=None)
        return self.conversations[peer]

    async def load_earlier(self, peer: Uid, limit: int) -> int:
        """Put a page of the history in front; gives how many lines that was."""
        conversation = self.conversation(peer)
        while True:
            before = conversation.first_seq if conversation.begun else None
            page = await self._history(peer, before=before, limit=limit)
            if not conversation.begun:
                self._deliver(conversation.begin(page.last_seq))
            elif before is None or before < conversation.first_seq:
                continue  # it began (anew) meanwhile; the page may leave a hole
            return conversation.prepend(page.messages, more=page.more)

    def mark_read(self, to: Uid, seq: int) -> None:
        """Tell `to` what was read, if that is news."""
        conversation = self.conversation(to)
        seq = min(seq, conversation.last_seq)
        if seq > conversation.read_by_me:
            conversation.read_by_me = seq
            self._tell(protocol.MarkRead(to=to, seq=seq, ref=TOLD))

    def forget(self, peer: Uid) -> None:
        """Drop a conversation; the next chat with `peer` begins it anew."""
        forgotten = self.conversations.pop(peer, None)
        if forgotten is not None and forgotten.begun:
            self._forgotten.pop(peer, None)
            self._forgotten[peer] = forgotten.last_seq
            if len(self._forgotten) > CLOSED_KEPT:
                del self._forgotten[next(iter(self._forgotten))]
        if healing := self._healing.get(peer):
            healing.cancel()

    def stop(self) -> None:
        """Heal no more."""
        for task in self._healing.values():
            task.cancel()

    async def stopped(self) -> None:
        """Wait until what was stopped has ended."""
        await asyncio.gather(*self._healing.values(), return_exceptions=True)

    # --- what the server sends -----------------------------------------------

    def welcomed(self, welcome: protocol.Welcome) -> None:
        """Learn how things stand after a connection was lost, or at first."""
        before, self.chats = self.chats, {chat.chat: chat for chat in welcome.chats}
        for chat in welcome.chats:
            self._know(chat, as_of_now=True)
        closed: dict[ChatId, protocol.Chat] = {}
        for end in welcome.ended:
            id = end.chat.chat
            heard = id in self._over or id in self._left
            if id in self._over and end.peer not in self.conversations:
                continue  # it was heard to its end, and forgotten
            # What left may have come back meanwhile, and left again.
            known = self._forgotten.get(end.peer, 0) if id in self._left else 0
            self._begin(end.peer, max(end.after, known))
            self._heal(end.peer)
            if end.chat.state == "closed":
                closed[id] = end.chat
                if not heard:
                    before.setdefault(id, end.chat)
        for chat in before.values():
            now = self.chats.get(chat.chat)
            if now is None:
                is_over = chat.chat in closed or chat.customer == self._uid()
                (self._over if is_over else self._left).append(chat.chat)
                self._events.put(ClosedMeanwhile(closed.get(chat.chat, chat)))
            if chat.agent is not None and (now is None or now.agent != chat.agent):
                self._heal(self._peer(chat))
        self._has_listened = True

    def _begin(self, peer: Uid, after: int) -> None:
        """Take all behind `after` for news: it was said while nobody listened here."""
        conversation = self.conversation(peer)
        if not conversation.begun:
            self._deliver(conversation.begin(after))

    def learn(self, frame: protocol.ServerFrame) -> None:
        """Take a frame that was pushed, or answers a request."""
        match frame:
            case protocol.Message(sender=sender, to=to):
                peer = to if sender == self._uid() else sender
                self._receive(peer, frame)
            case protocol.Assigned(chat=chat) | protocol.Waiting(chat=chat):
                self.chats[chat.chat] = chat
                self._know(chat)
            case protocol.Transferred(chat=chat):
                self._move(chat)
            case protocol.Closed(chat=chat):
                self.chats.pop(chat.chat, None)
                self._over.append(chat.chat)
            case protocol.Read(sender=sender, to=to, seq=seq) if sender == self._uid():
                conversation = self.conversation(to)
                conversation.read_by_me = max(conversation.read_by_me, seq)
            case protocol.Read(sender=sender, seq=seq):
                conversation = self.conversation(sender)
                conversation.read_by_peer = max(conversation.read_by_peer, seq)
            case _:
                pass

    def is_outdated(self, frame: protocol.ServerFrame) -> bool:
        """Whether it tells of an open chat that is closed by now.

        A reply may overtake a push that is older, and a closed chat never opens again.
        """
        match frame:
            case (
                protocol.Assigned(chat=chat)
                | protocol.Waiting(chat=chat)
                | protocol.Transferred(chat=chat)
            ):
                return chat.chat in self._over
        return False

    def _move(self, chat: protocol.Chat) -> None:
        """Learn who has the chat now: this uid, another than before, or nobody yet."""
        if self._uid() in (chat.customer, chat.agent):
            self.chats[chat.chat] = chat
            self._know(chat)
        elif self.chats.pop(chat.chat, None) is not None:
            self._left.append(chat.chat)

    def acked(self, sent: protocol.Send, ack: protocol.Ack) -> None:
        """Learn that an own message is stored."""
        message = protocol.StoredMessage(
            chat=ack.chat, seq=ack.seq, id=ack.id, sender=self._uid(), to=sent.to,
            body=clean(sent.body), at=ack.at,
        )
        self._receive(sent.to, message)

    def _receive(self, peer: Uid, message: protocol.StoredMessage) -> None:
        conversation = self.conversation(peer)
        if conversation.contradicts(message):
            self._deliver(conversation.begin(message.seq - 1))
        self._deliver(conversation.receive(message))
        self._heal_gap(peer)

    def _deliver(self, messages: list[protocol.StoredMessage]) -> None:
        for message in messages:
            self._events.put(
                message
                if isinstance(message, protocol.Message)
                else protocol.Message(**{f: getattr(message, f) for f in message.__struct_fields__})
            )

    def _know(self, chat: protocol.Chat, *, as_of_now: bool = False) -> None:
        """Begin the chat's conversation where it stands, or catch up with it.

        `as_of_now` says that the store told it after all that was heard before.
        """
        if chat.agent is None:
            return
        peer = self._peer(chat)
        conversation = self.conversation(peer)
        # Numbers go back when a store lost its last second, or all had expired.
        went_back = conversation.last_seq > chat.last_seq and (
            as_of_now or conversation.last_chat != chat.chat
        )
        if not conversation.begun and chat.after_seq is not None and self._has_listened:
            self._begin(peer, chat.after_seq)
        elif went_back or not conversation.begun:
            self._deliver(conversation.begin(chat.last_seq))
        self._know_read(chat, conversation, as_of_now=as_of_now)
        if conversation.last_seq < chat.last_seq:
            self._heal(peer)

    def _know_read(
        self, chat: protocol.Chat, conversation: Conversation, *, as_of_now: bool
    ) -> None:
        mine, theirs = chat.read_by_customer, chat.read_by_agent
        if self._uid() != chat.customer:
            mine, theirs = theirs, mine
        if as_of_now and conversation.read_by_me > mine:  # it was read while there was no telling
            mine = conversation.read_by_me
            self._tell(protocol.MarkRead(to=conversation.peer, seq=mine, ref=TOLD))
        conversation.read_by_me = max(conversation.read_by_me, mine)
        conversation.read_by_peer = max(conversation.read_by_peer, theirs)

    def _peer(self, chat: protocol.Chat) -> Uid:
        assert chat.agent is not None
        return chat.agent if chat.customer == self._uid() else chat.customer

    # --- gaps ----------------------------------------------------------------

    def _heal_gap(self, peer: Uid) -> None:
        if self.conversation(peer).gap is not None:
            self._heal(peer)

    def _heal(self, peer: Uid) -> None:
        if peer not in self._healing:
            self._healing[peer] = asyncio.create_task(self._catch_up(self.conversation(peer)))

    async def _catch_up(self, conversation: Conversation) -> None:
        try:
            if not conversation.begun:
                await self._begin_late(conversation)
            while await self._read_on(conversation):
                pass
        except RequestError as error:
            log.warning("the history was refused: %s", error)
        finally:
            del self._healing[conversation.peer]

    async def _begin_late(self, conversation: Conversation) -> None:
        # Where its chat began may be told just behind its first message, but hardly
        # behind this reply.
        await self._history(conversation.peer, limit=1)
        if not conversation.begun and conversation.gap is not None:
            self._deliver(conversation.begin(conversation.gap))

    async def _read_on(self, conversation: Conversation) -> bool:
        """Ask for what is missing; gives whether asking again may bring more."""
        known = conversation.last_seq
        page = await self._history(conversation.peer, after=known, limit=HEAL_PAGE)
        more = page.more and bool(page.messages)
        to = page.messages[-1].seq if more else page.last_seq
        self._deliver(conversation.heal(page.messages, to=to))
        return more or (conversation.gap is not None and conversation.last_seq > known)
