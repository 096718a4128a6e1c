"""What a list of chats says about one of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from imchat import protocol
from imchat.client import Conversation, Line
from imchat.tui.caseload import Past

PREVIEW = 500
"""Characters that are enough for any list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat as the list shows it.

    `slot` is None when it ended, `how` then says how, and `ended_s` how long ago;
    `waiting_s` is None when no answer is due.
    """

    chat: protocol.Chat
    slot: int | None = None
    last: str = ""
    unread: int = 0
    waiting_s: int | None = None
    unsent: int = 0
    has_draft: bool = False
    how: str = ""
    ended_s: int = 0

    @classmethod
    def open(
        cls,
        slot: int,
        chat: protocol.Chat,
        conversation: Conversation,
        now_ms: int,
        *,
        has_draft: bool,
    ) -> "Entry":
        """How an open chat stands now."""
        lines = conversation.lines
        since = _unanswered_since(chat, lines)
        return cls(
            chat=chat,
            slot=slot,
            last=_last(chat, lines),
            unread=conversation.unread,
            waiting_s=None if since is None else max(0, (now_ms - since) // 1000),
            unsent=len(conversation.failed),
            has_draft=has_draft,
        )

    @classmethod
    def past(cls, past: Past, now_ms: int, *, has_draft: bool) -> "Entry":
        """A chat that ended; time is told in minutes, so that the list stands still."""
        ago_s = max(0, now_ms - past.at) // 60_000 * 60
        return cls(chat=past.chat, has_draft=has_draft, how=past.how, ended_s=ago_s)


def _last(chat: protocol.Chat, lines: Sequence[Line]) -> str:
    """What was said last, unless that is the topic, which is shown anyway."""
    if not lines or (lines[-1].sender == chat.customer and lines[-1].body == chat.topic):
        return ""
    said = " ".join(lines[-1].body[:PREVIEW].split())
    if lines[-1].state == "failed":
        return f"not sent: {said}"
    return said if lines[-1].sender == chat.customer else f"you: {said}"


def _unanswered_since(chat: protocol.Chat, lines: Sequence[Line]) -> int | None:
    """When the customer began to wait for an answer, ms; None when it is the customer's turn."""
    since = None
    for line in reversed(lines):
        if line.at is not None and line.at < (chat.assigned_at or 0):
            break
        if line.sender != chat.customer and line.state != "failed":
            return since
        if line.sender == chat.customer:
            since = line.at
    return chat.assigned_at
