"""What a chat log can show: a client's own conversation, or one of two others."""

from collections.abc import Sequence
from typing import Protocol

from imchat.client import Line
from imchat.ids import Uid
from imchat.protocol import StoredMessage


class Talk(Protocol):
    """The messages between two, seen from the side of `me`; a `client.Conversation` is one."""

    me: Uid

    @property
    def read_by_peer(self) -> int | None:
        """Messages of `me` up to this seq were read; None where that is not known."""

    has_earlier: bool
    """Whether there is something before the first line."""

    @property
    def lines(self) -> list[Line]:
        """A new list of the same lines, oldest first, those being sent last."""

    @property
    def unread(self) -> int:
        """How many of the last messages of the other `me` has not read."""


class Overheard:
    """A conversation of two others, from a list of its messages in the order of `seq`.

    The list belongs to the caller and may grow at both ends; `me` is whose side it is shown
    from. Nothing in it counts as unread, nor is known what was read.
    """

    def __init__(
        self, messages: Sequence[StoredMessage], *, me: Uid, has_earlier: bool = False
    ) -> None:
        self.me = me
        self.read_by_peer: int | None = None
        self.has_earlier = has_earlier
        self.unread = 0
        self._messages = messages
        self._lines: list[Line] = []

    @property
    def lines(self) -> list[Line]:
        """A line for each message; only new messages get new ones."""
        messages, known = self._messages, self._lines
        if not messages or not known:
            self._lines = [_line(message) for message in messages]
            return list(self._lines)
        first, last = known[0].seq or 0, known[-1].seq or 0
        before, behind = 0, len(messages)
        while before < len(messages) and messages[before].seq < first:
            before += 1
        while behind > before and messages[behind - 1].seq > last:
            behind -= 1
        known[:0] = [_line(message) for message in messages[:before]]
        known.extend(_line(message) for message in messages[behind:])
        return list(known)


def _line(message: StoredMessage) -> Line:
    return Line(
        message.id, message.sender, message.body, "sent",
        seq=message.seq, at=message.at, chat=message.chat,
    )
