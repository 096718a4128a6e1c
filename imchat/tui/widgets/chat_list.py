"""An agent's chats: who waits for an answer, how long, and what was said last."""

from collections.abc import Sequence

from textual.content import Content
from textual.timer import Timer
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from imchat.ids import ChatId
from imchat.tui.chat_entry import Entry
from imchat.tui.theme import FAINT, MUTED, URGENCY
from imchat.tui.waits import Limits, clock
from imchat.tui.widgets.options import Options

TALL, LOW = 3, 2
"""Rows of an open chat, where there is room for all and where there is not."""
FADED_S = 5 * 60
CHANGES_A_SECOND = 4
"""Of the rows. Nobody reads faster, and all the list is drawn for the least of them."""




class ChatList(Options):
    """Open chats by slot, below them those that ended last; `limits` colour the waits."""

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
        & > .option-list--option-disabled { color: $text-muted; }
        & > .option-list--option-hover { background: $panel; }
        & > .option-list--option-highlighted {
            background: $primary 20%; color: $foreground; text-style: none;
        }
        &:focus { border: round $primary; background-tint: transparent; }
        &:focus > .option-list--option-highlighted {
            background: $primary 30%; color: $foreground; text-style: none;
        }
    }
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(markup=False)
        self._limits = limits
        self._entries: list[Entry] = []
        self._shape: tuple[object, ...] = ()
        self._drawn: list[Entry] = []
        self._resting: Timer | None = None

    def show(self, entries: Sequence[Entry], *, selected: ChatId | None) -> None:
        """Show these chats, the open ones first; only what changed is drawn again."""
        self._entries = list(entries)
        shape = (self._rows, self._width, *((entry.chat.chat, entry.slot) for entry in entries))
        if shape != self._shape:
            self._shape = shape
            self._fill()
        elif self._entries != self._drawn and self._resting is None:
            self._catch_up()
            self._resting = self.set_timer(1 / CHANGES_A_SECOND, self._rested)
        self._select(selected)

    def _rested(self) -> None:
        self._resting = None
        if self._shape[2:] == tuple((entry.chat.chat, entry.slot) for entry in self._entries):
            self._catch_up()

    def _catch_up(self) -> None:
        for entry, old in zip(self._entries, self._drawn, strict=True):
            if entry != old:
                self.replace_option_prompt(entry.chat.chat, self._row(entry))
        self._drawn = self._entries
        self._say_how_many()

    def _fill(self) -> None:
        self._drawn = self._entries
        self._say_how_many()
        options: list[Option] = []
        for entry in self._entries:
            if entry.slot is None and not any(option.disabled for option in options):
                options.append(Option(self._divider, disabled=True))
            options.append(Option(self._row(entry), id=entry.chat.chat))
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options(options)

    def _select(self, selected: ChatId | None) -> None:
        known = selected is not None and any(e.chat.chat == selected for e in self._entries)
        at = self.get_option_index(selected) if known and selected is not None else None
        if self.highlighted != at:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = at

    def _say_how_many(self) -> None:
        count = sum(entry.slot is not None for entry in self._entries)
        unread = sum(entry.unread for entry in self._entries)
        title = f"{count} chat{'' if count == 1 else 's'}" if count else "no chat"
        title += f" · {unread} unread" if unread else ""
        if self.border_title != title:
            self.border_title = title

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        if self._entries and self._shape[:2] != (self._rows, self._width):
            highlighted = self.highlighted
            self._shape = (self._rows, self._width, *self._shape[2:])
            self._fill()
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = highlighted

    # --- a row ---------------------------------------------------------------

    @property
    def _width(self) -> int:
        return max(12, self.scrollable_content_region.width - 2)

    @property
    def _rows(self) -> int:
        open_ones = sum(entry.slot is not None for entry in self._entries)
        others = len(self._entries) - open_ones
        room = self.scrollable_content_region.height - bool(others) - min(others, 2)
        return TALL if open_ones * TALL <= room else LOW

    @property
    def _divider(self) -> Content:
        return Content.styled(" recent ".center(self._width, "─"), FAINT)

    def _row(self, entry: Entry) -> Content:
        return self._past_row(entry) if entry.slot is None else self._open_row(entry)

    def _open_row(self, entry: Entry) -> Content:
        topic = Content(" ".join((entry.chat.topic or "").split()))
        last = Content(entry.last).stylize("$foreground" if entry.unread else MUTED)
        rows = [topic.stylize(MUTED), last] if topic else [last]
        if self._rows == LOW:
            rows = [last if entry.last else topic.stylize(MUTED)]
        width = self._width - 2
        parts = [part for row in rows for part in ("\n  ", row.truncate(width, ellipsis=True))]
        return Content.assemble(self._head(entry), *parts)

    def _head(self, entry: Entry) -> Content:
        slot, signs = f"{entry.slot} ", self._signs(entry)
        room = self._width - len(slot) - signs.cell_length
        name = Content(entry.chat.customer_name).truncate(room - 1, ellipsis=True)
        gap = " " * max(1, room - name.cell_length)
        return Content.assemble((slot, "$text-primary"), name.stylize("bold"), gap, signs)

    def _signs(self, entry: Entry) -> Content:
        parts = []
        if entry.unsent:
            parts.append(Content.styled("!", "bold $text-error"))
        if entry.has_draft:
            parts.append(Content.styled("✎", "$text-warning"))
        if entry.unread:
            parts.append(Content.styled(f" {entry.unread} ", "bold $background on $primary"))
        if entry.waiting_s is not None:
            urgency = URGENCY[self._limits.level(entry.waiting_s)]
            parts.append(Content.styled(clock(entry.waiting_s), urgency))
        return Content(" ").join(parts)

    def _past_row(self, entry: Entry) -> Content:
        faint = MUTED if entry.ended_s < FADED_S else FAINT
        draft = Content.styled("✎ ", "$text-warning") if entry.has_draft else Content("")
        how = Content(f"{entry.how} {_ago(entry.ended_s)}").truncate(self._width // 2 + 4)
        signs = draft + how.stylize(faint)
        room = self._width - signs.cell_length - 1
        name = Content(entry.chat.customer_name).truncate(room, ellipsis=True)
        gap = " " * max(1, self._width - name.cell_length - signs.cell_length)
        return Content.assemble(name.stylize(faint), gap, signs)


def _ago(seconds: int) -> str:
    minutes = seconds // 60
    if minutes < 1:
        return "now"
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"
