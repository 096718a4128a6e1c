"""What a client knows of one conversation: order, gaps, and what is not yet acked. No I/O."""

import bisect
from dataclasses import dataclass
from typing import Literal

from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage

LineState = Literal["sending", "sent", "failed"]


@dataclass(slots=True, eq=False)
class Line:
    """One message as a screen shows it; `seq`, `at` (ms) and `chat` are None until it is stored."""

    id: str
    sender: Uid
    body: str
    state: LineState
    seq: int | None = None
    at: int | None = None
    chat: ChatId | None = None
    error: str | None = None


class Conversation:
    """The messages between `me` and `peer`, in the order of `seq`, each once.

    Live messages are released only when all before them are known; what arrives
    early is held and `gap` says after which seq to ask the history. Own messages
    stand behind the stored ones until they are acked. With `last_seq` None it is not
    known yet where the conversation stands, and everything is held until `begin`.
    """

    def __init__(self, me: Uid, peer: Uid, *, last_seq: int | None = 0) -> None:
        self.me = me
        self.peer = peer
        self.begun = last_seq is not None
        self.first_seq = (last_seq or 0) + 1
        self.last_seq = last_seq or 0
        self.has_earlier = last_seq != 0
        self.read_by_peer = 0
        self.read_by_me = 0
        self._stored: list[Line] = []
        self._outbox: dict[str, Line] = {}
        self._early: dict[int, StoredMessage] = {}

    @property
    def lines(self) -> list[Line]:
        """Stored messages by `seq`, then those still being sent, oldest first."""
        return [*self._stored, *self._outbox.values()]

    @property
    def unread(self) -> int:
        """How many of the peer's known messages are newer than what was marked read."""
        count = 0
        for line in reversed(self._stored):
            if line.seq is None or line.seq <= self.read_by_me:
                break
            count += line.sender == self.peer
        return count

    @property
    def failed(self) -> list[Line]:
        """Own messages that were refused for good, oldest first."""
        return [line for line in self._outbox.values() if line.state == "failed"]

    @property
    def gap(self) -> int | None:
        """The last seq before what is missing, or None when nothing is."""
        if not self._early:
            return None
        return self.last_seq if self.begun else min(self._early) - 1

    @property
    def last_chat(self) -> ChatId | None:
        """The chat of the newest stored message that is known."""
        return self._stored[-1].chat if self._stored else None

    def begin(self, last_seq: int) -> list[StoredMessage]:
        """Start behind `last_seq`, the conversation's own; what is before it is its history.

        Gives the held messages that are now in order. A conversation that has begun
        starts anew, with nothing but what is being sent.
        """
        if self.begun:
            self._stored.clear()
            self._early.clear()
            self.read_by_peer = self.read_by_me = 0
        self.begun = True
        self.first_seq, self.last_seq = last_seq + 1, last_seq
        self.has_earlier = last_seq > 0
        self._early = {seq: held for seq, held in self._early.items() if seq > last_seq}
        return self._release()

    def receive(self, message: StoredMessage) -> list[StoredMessage]:
        """Take one live message or ack.

        Gives the messages now in order, which may be none or several; those that were
        sent from here (`compose`) are not among them.
        """
        if message.seq <= self.last_seq:
            self._settle(message)
            return []
        self._early[message.seq] = message
        return self._release() if self.begun else []

    def contradicts(self, message: StoredMessage) -> bool:
        """Whether another message is known under its seq: the server's store has lost that one."""
        if message.seq > self.last_seq:
            return False
        place = bisect.bisect_left(self._stored, message.seq, key=lambda known: known.seq or 0)
        known = self._stored[place] if place < len(self._stored) else None
        return known is not None and known.seq == message.seq and known.id != message.id

    def heal(self, messages: list[StoredMessage], *, to: int) -> list[StoredMessage]:
        """Take a page of the history after `last_seq` that holds all that lives up to `to`.

        Gives the messages now in order, as `receive` does. What is missing up to `to` has
        expired and is passed over; what is missing behind it has yet to come.
        """
        for message in messages:
            if message.seq > self.last_seq:
                self._early[message.seq] = message
            else:
                self._settle(message)
        released = self._release()
        while self.last_seq < to:
            self.last_seq = min(to, min(self._early, default=to + 1) - 1)
            released += self._release()
        return released

    def prepend(self, messages: list[StoredMessage], *, more: bool) -> int:
        """Take the page of the history before `first_seq`; gives how many lines came in front."""
        if messages and messages[0].seq > self.first_seq:
            return 0  # a page that was overtaken by a longer one
        earlier = [m for m in messages if m.seq < self.first_seq]
        self._stored[:0] = [_line(message, self._sent_from_here(message)) for message in earlier]
        if earlier:
            self.first_seq = earlier[0].seq
        self.has_earlier = more
        return len(earlier)

    def compose(self, id: str, body: str) -> Line:
        """Note an own message that is on its way, or is again after it failed."""
        line = self._outbox.pop(id, None) or Line(id, self.me, body, "sending")
        line.body, line.state, line.error = body, "sending", None
        self._outbox[id] = line
        return line

    def fail(self, id: str, error: str) -> None:
        """Note that an own message was refused for good; it stays on the screen as such."""
        if line := self._outbox.get(id):
            line.state = "failed"
            line.error = error

    def discard(self, id: str) -> None:
        """Forget an own message that failed."""
        self._outbox.pop(id, None)

    def _settle(self, message: StoredMessage) -> None:
        """An own message turns out to be stored where the conversation has passed already."""
        line = self._sent_from_here(message)
        if line is None or message.seq < self.first_seq:
            return
        place = bisect.bisect_left(self._stored, message.seq, key=lambda known: known.seq or 0)
        if place == len(self._stored) or self._stored[place].seq != message.seq:
            self._stored.insert(place, _line(message, line))

    def _release(self) -> list[StoredMessage]:
        released: list[StoredMessage] = []
        while message := self._early.pop(self.last_seq + 1, None):
            self.last_seq = message.seq
            own = self._sent_from_here(message)
            self._stored.append(_line(message, own))
            if own is None:
                released.append(message)
        return released

    def _sent_from_here(self, message: StoredMessage) -> Line | None:
        # The line that was being sent becomes the stored one, so a screen can follow it.
        return self._outbox.pop(message.id, None) if message.sender == self.me else None


def _line(message: StoredMessage, line: Line | None = None) -> Line:
    if line is None:
        line = Line(message.id, message.sender, message.body, "sent")
    line.state, line.error = "sent", None
    line.seq, line.at, line.chat = message.seq, message.at, message.chat
    return line
