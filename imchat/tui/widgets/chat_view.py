"""A conversation's rows on the screen, and where one is in them."""

from typing import Any, ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from imchat.client import Line
from imchat.tui.finding import Finder
from imchat.tui.layout import Layout
from imchat.tui.marking import Marking
from imchat.tui.widgets.chat_rows import ChatRows
from imchat.tui.widgets.inks import Inks
from imchat.tui.wrapping import wrap


class _Anchor(NamedTuple):
    """A row by its message: counted from the first row of the text, and what begins there."""

    line: Line
    row: int
    at: int | None


class ChatView(ScrollView):
    """Lays out what is near and draws what is seen; who reads stays at a message, or at the end.

    Draws also what is found and what is marked.
    """

    DEFAULT_CSS = """
    ChatView {
        background: $background;
        padding: 0 1;
        border: round $border-blurred;
        border-title-color: $text-warning;
        border-subtitle-color: $text-warning;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
        &:focus { border: round $primary; }
        & .chat-log--day { color: $text-muted; }
        & .chat-log--new { color: $text-warning; }
        & .chat-log--mine { color: $text-primary; text-style: bold; }
        & .chat-log--theirs { color: $text-accent; text-style: bold; }
        & .chat-log--faint { color: $text-muted; }
        & .chat-log--body { color: $foreground; }
        & .chat-log--failed { color: $text-error; }
        & .chat-log--link { color: $text-primary; text-style: underline; }
        & .chat-log--found { background: $warning 30%; }
        & .chat-log--here { background: $warning; color: $background; }
        & .chat-log--marked { background: $primary 40%; }
        & .chat-log--caret { background: $foreground; color: $background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chat-log--{component}"
        for component in (
            "day", "new", "mine", "theirs", "faint", "body", "failed", "link", "found", "here",
            "marked", "caret",
        )
    }

    class NeedsEarlier(Message, namespace="chat_log"):
        """The top is near and there is more before it."""

    def __init__(self) -> None:
        super().__init__()
        self._laid = Layout()
        self._finder = Finder()
        self._marking = Marking(self._laid)
        self._ink = Inks(self, "chat-log", self.refresh)
        self._rows = ChatRows(self._laid, self._finder, self._marking, self._ink)
        self._empty = ""
        self._follows = True
        """Whether one was at the end before the size changed, or something came."""

    # --- where one is --------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether the newest message is on the screen."""
        return self.scroll_offset.y >= self._laid.height - self._page

    @property
    def has_room(self) -> bool:
        """Whether all that is known fits on the screen."""
        return self._laid.height <= self._page

    @property
    def lines(self) -> list[Line]:
        """The messages that are shown, with those that one must scroll to."""
        return self._laid.lines

    def follow(self) -> None:
        """Go to the end, and stay there as more comes."""
        self._measure(len(self.lines) - 1)
        self.scroll_end(animate=False, immediate=True)
        self._follows = True

    @property
    def _page(self) -> int:
        return self.scrollable_content_region.height

    def _anchor(self) -> _Anchor | None:
        """What is on top of the screen."""
        if not self.lines:
            return None
        index, row = self._laid.at(self.scroll_offset.y)
        block = self._laid.block(index)
        row -= len(block.lead)
        at = block.rows[min(row, len(block.rows) - 1)][0] if row >= 0 else None
        return _Anchor(self.lines[index], row, at)

    def _return_to(self, anchor: _Anchor | None) -> None:
        """Have a row on top again, also when others came before it."""
        index = self._laid.index_of(anchor.line) if anchor is not None else None
        if anchor is None or index is None:
            self._measure(len(self.lines) - 1)
        else:
            # A message with another before it may be led by other rows than without.
            self._go(index, len(self._laid.block(index).lead) + anchor.row)

    def _return_to_text(self, anchor: _Anchor) -> None:
        """Have a text on top again that was wrapped anew."""
        index = self._laid.index_of(anchor.line)
        if index is None or anchor.at is None:
            self._return_to(anchor)
        else:
            self._go(index, self._laid.block(index).row_of(anchor.at))

    def _go(self, index: int, row: int) -> None:
        """Have a row of a message on top."""
        self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        y = max(0, self._laid.top(index) + row)
        if y != self.scroll_offset.y:
            self.scroll_to(y=y)

    def _measure(self, index: int) -> None:
        """Have exact heights around a message, with what is on top staying there."""
        if index < 0:
            self._set_height()
            return
        top, row = self._laid.at(self.scroll_offset.y)
        changed = self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        if changed:
            y = self._laid.top(top) + row
            if y != self.scroll_offset.y:
                self.scroll_to(y=y)

    def _set_height(self) -> None:
        size = Size(self.scrollable_content_region.width, self._laid.height)
        if size != self.virtual_size:
            # Nothing but the scrollbar depends on it, so the screen need not be laid out.
            self.set_reactive(ChatView.virtual_size, size)
            self._scroll_update(size)

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew, and stay where one was reading."""
        anchor = self._anchor()
        self._rows.width = self.scrollable_content_region.width
        self._laid.widen(self._rows.text_width)
        if self._follows or anchor is None:
            self.follow()
        else:
            self._return_to_text(anchor)
        self.refresh()

    def scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        **how: Any,  # noqa: ANN401 (Textual's own options)
    ) -> None:
        """At once, never by and by: rows that are laid out on the way would make it jump."""
        super().scroll_to(x, y, **{**how, "animate": False})

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes near, and ask for what came before when the top does."""
        super().watch_scroll_y(old_value, new_value)
        if not self.lines or not self._page:
            return
        self._measure(self._laid.at(round(new_value))[0])
        self._follows = self.at_end
        if new_value <= self._page and new_value < old_value:
            self.post_message(self.NeedsEarlier())

    def action_scroll_home(self) -> None:
        """The first key to the top loads what came before."""
        super().action_scroll_home()
        self.post_message(self.NeedsEarlier())

    def action_scroll_end(self) -> None:
        """Stay at the end from there on."""
        self.follow()

    # --- what is looked for --------------------------------------------------

    def look_for(self, query: str) -> None:
        """Show where a text stands, and go to its newest place; of an empty one nothing."""
        self._finder.look_for(query, self.lines)
        self.refresh()
        if query:
            self.step(-1)

    def step(self, step: int) -> bool:
        """Go to the next hit, up (-1) or down (1); gives whether there is one."""
        start = self._laid.at(self.scroll_offset.y + self._page - 1)[0] if self.lines else 0
        line = self._finder.step(step, self._laid.index_of, start)
        index = self._laid.index_of(line) if line is not None else None
        if line is None or index is None:
            return False
        self._show_hit(index, line)
        self.refresh()
        return True

    @property
    def found(self) -> tuple[int, int]:
        """Which of how many messages that were found one is at, the newest being 1."""
        return self._finder.number, len(self._finder.hits)

    def _show_hit(self, index: int, line: Line) -> None:
        self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        block = self._laid.block(index)
        at = self._finder.spans(line)[0][0]
        y = self._laid.top(index) + block.row_of(at)
        if not self.scroll_offset.y <= y < self.scroll_offset.y + self._page:
            self.scroll_to(y=y - self._page // 2)

    # --- drawing -------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row, layout = y + self.scroll_offset.y, self._laid
        if not self.lines:
            segments = self._words(y - self._page // 3)
        elif row >= layout.height:
            segments = []
        elif row < layout.head:
            segments = self._rows.head()
        else:
            segments = self._rows.row(*layout.at(row))
        # One strip and no more: this is what most of the drawing of a busy chat is made of.
        width = self._rows.width
        used = sum(segment.cell_length for segment in segments)
        if used > width:
            return Strip(segments, used).adjust_cell_length(width)
        if used < width:
            segments.append(Segment(" " * (width - used), self._ink()))
        return Strip(segments, width)

    def _words(self, number: int) -> list[Segment]:
        """A row of what is said where there is no message."""
        rows = wrap(self._empty, max(8, self._rows.width))
        if not 0 <= number < len(rows):
            return []
        start, end = rows[number]
        return self._rows.words(self._empty[start:end])

    def notify_style_update(self) -> None:
        """Wear the new colours."""
        super().notify_style_update()
        self._ink.look_again()
