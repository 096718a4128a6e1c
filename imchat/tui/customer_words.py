"""What an agent is told of a customer, in words: who it is, notes, and earlier chats. Pure."""

import time
from collections.abc import Callable
from functools import lru_cache

from imchat import protocol
from imchat.ids import Uid
from imchat.tui.theme import MUTED
from imchat.tui.waits import clock
from imchat.tui.wrapping import wrap

EARLIER_SHOWN = 10
TOPIC_ROWS = 2
INDENT = 2
ENDED_HOW = {
    "agent": "closed",
    "customer": "left",
    "supervisor": "closed above",
    "disconnected": "lost",
    "left_queue": "left",
}
"""How a chat ended, by its reason, where there is little room."""

Part = tuple[str, str] | str
"""Words, and how they look."""


def who(chat: protocol.Chat, now_ms: int, given_by: str = "") -> list[Part]:
    """The customer of a chat, how long it waited, how long it is here, and who gave it away."""
    rows = [("uid", chat.customer), ("desk", chat.desk)]
    if chat.assigned_at is not None:
        # A server that does not tell may be an older one; there a transfer counts as a wait.
        waited_ms = chat.assigned_at - chat.opened_at if chat.wait_ms is None else chat.wait_ms
        waited_s = max(0, waited_ms) // 1000
        rows.append(("waited", clock(waited_s) if waited_s else "not at all"))
        if chat.state != "closed":
            rows.append(("here for", clock(max(0, now_ms - chat.assigned_at) // 1000)))
    if given_by:
        rows.append(("given by", given_by))
    parts: list[Part] = [(chat.customer_name, "bold $text-accent")]
    for name, value in rows:
        parts += [(f"\n{name:<9}", MUTED), value]
    if chat.topic:
        parts += [("\ntopic\n", MUTED), " ".join(chat.topic.split())]
    return parts


def notes(known: protocol.Customer, me: Uid, name_of: Callable[[Uid], str]) -> list[Part]:
    """What agents noted, oldest first."""
    parts: list[Part] = [("Notes", "bold"), ("  private", MUTED)]
    for note in known.notes:
        by = "you" if note.by == me else name_of(note.by)
        parts += [(f"\n{_day(note.at)} {by}", MUTED), f"\n{note.body}"]
    if not known.notes:
        parts.append(("\nnone", MUTED))
    return parts


def earlier(known: protocol.Customer, me: Uid, width: int) -> list[Part]:
    """The chats with this agent in full colour, those with others too; in so many cells."""
    parts: list[Part] = [("Earlier chats", "bold")]
    for chat in known.chats[:EARLIER_SHOWN]:
        mine = chat.agent == me
        agent = "you" if mine else chat.agent_name or chat.agent or "nobody"
        stars = f" {'★' * chat.score}{'☆' * (5 - chat.score)}" if chat.score else ""
        parts += [
            (f"\n{_day(chat.opened_at)} ", MUTED),
            (agent, "$text-primary" if mine else MUTED), (stars, "$text-warning"),
        ]
        for row in [*_ending(chat), *_topic_rows(chat.topic, width - INDENT)]:
            parts.append((f"\n{' ' * INDENT}{row}", "" if mine else MUTED))
    if not known.chats:
        parts.append(("\nnone", MUTED))
    elif len(known.chats) > EARLIER_SHOWN:
        parts.append((f"\n… and {len(known.chats) - EARLIER_SHOWN} more", MUTED))
    return parts


def _ending(chat: protocol.Chat) -> list[str]:
    """How long it was and how it ended; nothing, if the server does not tell."""
    if chat.closed_at is None or chat.reason is None:
        return []
    since = chat.opened_at if chat.assigned_at is None else chat.assigned_at
    length = _length(max(0, chat.closed_at - since) // 1000)
    waited = "waited " if chat.assigned_at is None else ""
    return [f"{waited}{length}, {ENDED_HOW[chat.reason]}"]


def _length(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


@lru_cache(4 * EARLIER_SHOWN)
def _topic_rows(topic: str | None, width: int) -> list[str]:
    # It is drawn again and again, and a topic may be as long as a message.
    topic = " ".join((topic or "").split()) or "no topic"
    rows = wrap(topic, width)
    shown = [topic[start:end] for start, end in rows[:TOPIC_ROWS]]
    if len(rows) > TOPIC_ROWS:
        start = rows[TOPIC_ROWS - 1][0]
        end = wrap(topic[start:], width - 1)[0][1]
        shown[-1] = f"{topic[start : start + end]}…"
    return shown


def _day(at_ms: int) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(at_ms / 1000))
