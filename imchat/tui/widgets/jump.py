"""Goes to a chat by its slot's number or by a few letters."""

from collections.abc import Sequence

from textual.content import Content

from imchat.ids import ChatId
from imchat.tui import fuzzy
from imchat.tui.chat_entry import Entry
from imchat.tui.theme import MUTED, URGENCY
from imchat.tui.waits import Limits, clock
from imchat.tui.widgets.picker import Choice, Picker


class Jump(Picker[ChatId]):
    """Gives the chat to go to; a number is a slot's.

    It needs Enter like all else: an Enter too many would send what is written in that chat.
    """

    ASKS = "Go to"
    HINT_IN = "a slot's number, or letters of a name, uid or topic"

    def __init__(self, entries: Sequence[Entry], limits: Limits) -> None:
        super().__init__()
        self._entries = entries
        self._limits = limits

    def choices(self, query: str) -> Sequence[Choice[ChatId]]:
        """The chats that answer to it."""
        found = fuzzy.best(query, self._entries, _texts)
        slots = [e for e in self._entries if query and str(e.slot or "").startswith(query)]
        slots.sort(key=lambda entry: entry.slot or 0)
        found = [*slots, *(entry for entry in found if entry not in slots)]
        return [Choice(entry.chat.chat, _line(entry, self._limits)) for entry in found]


def _texts(entry: Entry) -> list[str]:
    return [entry.chat.customer_name, entry.chat.customer, entry.chat.topic or ""]


def _line(entry: Entry, limits: Limits) -> Content:
    chat = entry.chat
    topic = " ".join((chat.topic or "").split())
    slot = "" if entry.slot is None else str(entry.slot)
    parts: list[tuple[str, str]] = [
        (f"{slot:<3}", "$text-primary"), (chat.customer_name, "bold" if slot else ""),
    ]
    if entry.unread:
        parts.append((f"  {entry.unread} unread", "$text-primary"))
    if entry.waiting_s is not None:
        urgency = URGENCY[limits.level(entry.waiting_s)]
        parts.append((f"  waits {clock(entry.waiting_s)}", urgency))
    return Content.assemble(*parts, (f"  {entry.how or topic}", MUTED))
