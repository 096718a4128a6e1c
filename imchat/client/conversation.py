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
    stand behind the stored ones until they are acked.
    """

    def __init__(self, me: Uid, peer: Uid, *, last_seq: int = 0) -> None:
        self.me = me
        self.peer = peer
        self.first_seq = last_seq + 1
        self.last_seq = last_seq
        self.has_earlier = last_seq > 0
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
    def gap(self) -> int | None:
        """The last seq before what is missing, or None when nothing is."""
        return self.last_seq if self._early else None

    def receive(self, message: StoredMessage) -> list[StoredMessage]:
        """Take one live message; gives those now in order, which may be none or several."""
        if message.seq <= self.last_seq:
            self._settle(message)
            return []
        self._early[message.seq] = message
        return self._release()

    def heal(self, messages: list[StoredMessage], *, to: int) -> list[StoredMessage]:
        """Take a page of the history after `last_seq` that holds all that lives up to `to`.

        Gives the messages now in order. What is missing up to `to` has expired and is
        passed over; what is missing behind it has yet to come.
        """
        for message in messages:
            if message.seq > self.last_seq:
                self._early[message.seq] = message
        released = self._release()
        while self.last_seq < to:
            self.last_seq = min(to, min(self._early, default=to + 1) - 1)
            released += self._release()
        return released

    def prepend(self, messages: list[StoredMessage], *, more: bool) -> int:
        """Take the page of the history before `first_seq`; gives how many lines came in front."""
        earlier = [m for m in messages if m.seq < self.first_seq]
        self._stored[:0] = [_line(message) for message in earlier]
        if earlier:
            self.first_seq = earlier[0].seq
        self.has_earlier = more
        return len(earlier)

    def compose(self, id: str, body: str) -> Line:
        """Note an own message that is on its way."""
        line = Line(id=id, sender=self.me, body=body, state="sending")
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
        line = self._outbox.pop(message.id, None) if message.sender == self.me else None
        if line is not None and message.seq >= self.first_seq:
            bisect.insort(self._stored, _line(message, line), key=lambda line: line.seq or 0)

    def _release(self) -> list[StoredMessage]:
        released: list[StoredMessage] = []
        while message := self._early.pop(self.last_seq + 1, None):
            self.last_seq = message.seq
            # The line that was being sent becomes the stored one, so a screen can follow it.
            own = self._outbox.pop(message.id, None) if message.sender == self.me else None
            self._stored.append(_line(message, own))
            released.append(message)
        return released


def _line(message: StoredMessage, line: Line | None = None) -> Line:
    if line is None:
        line = Line(id=message.id, sender=message.sender, body=message.body, state="sent")
    line.state, line.error = "sent", None
    line.seq, line.at, line.chat = message.seq, message.at, message.chat
    return line
