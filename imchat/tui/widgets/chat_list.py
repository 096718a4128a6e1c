"""An agent's chats: who waits for an answer, how long, and what was said last."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from imchat import protocol
from imchat.client import Conversation, Line
from imchat.ids import ChatId
from imchat.tui.waits import Limits, clock


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat as the list shows it; `waiting_s` is None when no answer is due."""

    chat: protocol.Chat
    last: str
    unread: int
    waiting_s: int | None

    @classmethod
    def of(cls, chat: protocol.Chat, conversation: Conversation, now_ms: int) -> "Entry":
        """How a chat stands now."""
        lines = conversation.lines
        since = _unanswered_since(chat, lines)
        return cls(
            chat=chat,
            last=lines[-1].body if lines else chat.topic or "",
            unread=conversation.unread,
            waiting_s=None if since is None else max(0, (now_ms - since) // 1000),
        )


def _unanswered_since(chat: protocol.Chat, lines: Sequence[Line]) -> int | None:
    """When the customer began to wait for an answer, ms; None when it is the customer's turn."""
    if chat.state == "closed":
        return None
    since = None
    for line in reversed(lines):
        if line.at is not None and line.at < (chat.assigned_at or 0):
            break
        if line.sender != chat.customer and line.state != "failed":
            return since
        if line.sender == chat.customer:
            since = line.at
    return chat.assigned_at


_STYLES = {"": "$text-muted", "amber": "$text-warning", "red": "bold $text-error"}


class ChatList(OptionList):
    """Open chats in the order in which they came, below them those closed last."""

    DEFAULT_CSS = """
    ChatList {
        width: 30;
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $text-muted;
        background: $background;
        padding: 0;
        scrollbar-size-vertical: 1;
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted { background: $primary 20%; text-style: none; }
        &:focus { border: round $primary; background-tint: transparent; }
    }
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(markup=False)
        self._limits = limits
        self._entries: list[Entry] = []

    def show(self, entries: Sequence[Entry], *, selected: ChatId | None) -> None:
        """Show these chats; only what changed is drawn again."""
        ids = [entry.chat.chat for entry in entries]
        if ids != [entry.chat.chat for entry in self._entries]:
            self.clear_options()
            self.add_options(Option(self._row(entry), id=entry.chat.chat) for entry in entries)
        else:
            for entry, before in zip(entries, self._entries, strict=True):
                if entry != before:
                    self.replace_option_prompt(entry.chat.chat, self._row(entry))
        self._entries = list(entries)
        at = ids.index(selected) if selected in ids else None
        if self.highlighted != at:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = at

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        for entry in self._entries:
            self.replace_option_prompt(entry.chat.chat, self._row(entry))

    def _row(self, entry: Entry) -> Content:
        width = max(12, self.scrollable_content_region.width - 2)
        closed = entry.chat.state == "closed"
        signs = self._signs(entry)
        name = Content(entry.chat.customer_name).truncate(
            width - signs.cell_length - 1, ellipsis=True
        )
        gap = " " * (width - name.cell_length - signs.cell_length)
        last = Content(" ".join(entry.last.split())).truncate(width, ellipsis=True)
        return Content.assemble(
            name.stylize("$text-muted" if closed else "bold"), gap, signs, "\n",
            last.stylize("$text-muted" if entry.unread == 0 else "$foreground"),
        )

    def _signs(self, entry: Entry) -> Content:
        if entry.chat.state == "closed":
            return Content.styled("closed", "$text-muted")
        parts = []
        if entry.unread:
            parts.append(Content.styled(f" {entry.unread} ", "bold $background on $primary"))
        if entry.waiting_s is not None:
            style = _STYLES[self._limits.level(entry.waiting_s)]
            parts.append(Content.styled(clock(entry.waiting_s), style))
        return Content(" ").join(parts)
