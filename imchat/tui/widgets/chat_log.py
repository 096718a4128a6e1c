"""A conversation on the screen: only what is seen is laid out and drawn.

Each message is a block of rows. The blocks' heights are added up once, so that the
block of any row is found by bisection; wrapped text is kept for the blocks drawn last.
"""

import bisect
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from imchat.client import Conversation, Line
from imchat.client.conversation import LineState
from imchat.ids import Uid

GROUP_MS = 5 * 60_000
"""Messages of one sender within this time stand under one name."""
INDENT = 2
MARKS_WIDTH = 3
WRAPPED_KEPT = 500


Lead = Literal["blank", "day", "name"]


@dataclass(slots=True)
class _Block:
    """A message as it is laid out: rows that lead it, its text, maybe an error."""

    line: Line
    state: LineState
    lead: list[Lead]
    height: int


class ChatLog(ScrollView, can_focus=True):
    """Shows one conversation; stays at its end while it is there."""

    DEFAULT_CSS = """
    ChatLog {
        background: $background;
        padding: 0 1;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-warning;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
        & .chat-log--day { color: $text-muted; }
        & .chat-log--mine { color: $text-primary; text-style: bold; }
        & .chat-log--theirs { color: $text-accent; text-style: bold; }
        & .chat-log--faint { color: $text-muted; }
        & .chat-log--body { color: $foreground; }
        & .chat-log--failed { color: $text-error; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chat-log--day", "chat-log--mine", "chat-log--theirs", "chat-log--faint",
        "chat-log--body", "chat-log--failed",
    }

    class NeedsEarlier(Message):
        """The top is near and there is more before it."""

    def __init__(self) -> None:
        super().__init__()
        self._conversation: Conversation | None = None
        self._name_of: Callable[[Uid], str] = str
        self._blocks: list[_Block] = []
        self._tops: list[int] = []
        self._end = 0
        self._wrapped: LRUCache[tuple[int, Line], list[str]] = LRUCache(WRAPPED_KEPT)
        self._empty = ""
        self._seen = 0

    @property
    def at_end(self) -> bool:
        """Whether the newest message is on the screen."""
        return self.scroll_offset.y >= self._end - self.scrollable_content_region.height

    @property
    def has_room(self) -> bool:
        """Whether all that is known fits on the screen."""
        return self._end <= self.scrollable_content_region.height

    def follow(self) -> None:
        """Go to the end, and stay there as more comes."""
        self.scroll_end(animate=False, immediate=True)

    def show(
        self, conversation: Conversation | None, name_of: Callable[[Uid], str], *, empty: str
    ) -> None:
        """Show a conversation as it is now, or the `empty` words where there is nothing."""
        if conversation is not self._conversation:
            self._blocks, self._conversation = [], conversation
            self._wrapped.clear()
            self._measure()  # or the next drawing looks for blocks that are gone
            self._seen = 0
        follow = self.at_end or not self._blocks
        from_end = self._end - self.scroll_offset.y
        self._name_of, self._empty = name_of, empty
        lines = conversation.lines if conversation else []
        prepended = bool(self._blocks and lines and self._blocks[0].line is not lines[0])
        self._lay_out(lines)
        if follow:
            self.follow()
            self._seen = len(lines)
        elif prepended:
            self.scroll_to(y=self._end - from_end, animate=False)
        self._show_new(len(lines) - self._seen)
        self.refresh()

    def _show_new(self, count: int) -> None:
        text = f"↓ {count} new" if count > 0 and not self.at_end else ""
        if self.border_subtitle != text:
            self.border_subtitle = text

    # --- layout --------------------------------------------------------------

    def _lay_out(self, lines: list[Line]) -> None:
        """Lay out the lines that changed, which are the last ones, or all if the first did."""
        keep = min(len(self._blocks), len(lines))
        if keep and self._blocks[0].line is not lines[0]:
            keep = 0
        while keep and not self._is_laid_out(keep - 1, lines[keep - 1]):
            keep -= 1
        if keep == len(lines) == len(self._blocks):
            return
        del self._blocks[keep:]
        for line in lines[keep:]:
            self._blocks.append(self._block(line))
        self._measure()

    def _is_laid_out(self, index: int, line: Line) -> bool:
        block = self._blocks[index]
        return block.line is line and block.state == line.state

    def _block(self, line: Line) -> _Block:
        before = self._blocks[-1].line if self._blocks else None
        lead: list[Lead] = []
        if before is None or not _together(before, line):
            lead.append("name")
        if _day(line) and (before is None or _day(before) != _day(line)):
            lead = ["day", "name"]
        if lead and before is not None:
            lead.insert(0, "blank")
        height = len(lead) + len(self._rows(line)) + (line.state == "failed")
        return _Block(line, line.state, lead, height)

    def _measure(self) -> None:
        heights = [block.height for block in self._blocks]
        self._tops = [0, *accumulate(heights)]
        self._end = self._tops.pop()
        self.virtual_size = Size(self.scrollable_content_region.width, self._end)

    @property
    def _text_width(self) -> int:
        return max(8, self.scrollable_content_region.width - INDENT - MARKS_WIDTH)

    def _rows(self, line: Line) -> list[str]:
        width = self._text_width
        if cell_len(line.body) <= width and "\n" not in line.body and "\t" not in line.body:
            return [line.body]
        key = (width, line)
        rows = self._wrapped.get(key)
        if rows is None:
            rows = [row.plain for row in Content(line.body).wrap(width)]
            self._wrapped[key] = rows
        return rows

    def on_resize(self, _: events.Resize) -> None:
        """Wrap everything anew, and stay where one was reading."""
        follow = self.at_end or not self._blocks
        lines = [block.line for block in self._blocks]
        self._blocks = []
        self._wrapped.clear()
        self._lay_out(lines)
        if follow:
            self.follow()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what came before when the top is near."""
        super().watch_scroll_y(old_value, new_value)
        if self.at_end and self._conversation:
            self._seen = len(self._blocks)
            self._show_new(0)
        if new_value <= 2 and new_value < old_value:
            self.post_message(self.NeedsEarlier())

    def action_scroll_home(self) -> None:
        """The first key to the top loads what came before."""
        super().action_scroll_home()
        self.post_message(self.NeedsEarlier())

    # --- drawing -------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if row >= self._end:
            segments = self._empty_row(y, width)
        else:
            index = bisect.bisect_right(self._tops, row) - 1
            segments = self._block_row(self._blocks[index], row - self._tops[index], width)
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _empty_row(self, y: int, width: int) -> list[Segment]:
        if self._blocks or y != self.size.height // 3:
            return []
        text = Content(self._empty).truncate(width, ellipsis=True)
        return [self._segment(" " * ((width - text.cell_length) // 2) + text.plain, "faint")]

    def _segment(self, text: str, component: str) -> Segment:
        return Segment(text, self.get_component_rich_style(f"chat-log--{component}"))

    def _block_row(self, block: _Block, row: int, width: int) -> list[Segment]:
        if row >= len(block.lead):
            return self._text_row(block, row - len(block.lead), width)
        match block.lead[row]:
            case "blank":
                return []
            case "day":
                return [self._segment(_day(block.line).center(width, "─"), "day")]
            case "name":
                return self._name_row(block.line)

    def _name_row(self, line: Line) -> list[Segment]:
        assert self._conversation is not None
        mine = line.sender == self._conversation.me
        name = "You" if mine else self._name_of(line.sender)
        return [
            self._segment(name, "mine" if mine else "theirs"),
            self._segment(f"  {_clock(line)}", "faint"),
        ]

    def _text_row(self, block: _Block, row: int, width: int) -> list[Segment]:
        rows = self._rows(block.line)
        if row >= len(rows):
            return [self._segment(f"  not sent: {block.line.error or ''}"[:width], "failed")]
        style = "failed" if block.state == "failed" else "body"
        segments = [self._segment(" " * INDENT + rows[row], style)]
        mark = self._mark(block.line) if row == len(rows) - 1 else ""
        if mark:
            gap = width - INDENT - cell_len(rows[row]) - cell_len(mark) - 1
            segments.append(self._segment(" " * gap + mark, "faint"))
        return segments

    def _mark(self, line: Line) -> str:
        """… being sent, ✓ stored, ✓✓ read; nothing beside the other's messages."""
        assert self._conversation is not None
        if line.sender != self._conversation.me or line.state == "failed":
            return ""
        if line.seq is None:
            return "…"
        return "✓✓" if line.seq <= self._conversation.read_by_peer else "✓"


def _day(line: Line) -> str:
    return time.strftime(" %A, %d %B %Y ", time.localtime(line.at / 1000)) if line.at else ""


def _clock(line: Line) -> str:
    return time.strftime("%H:%M", time.localtime(line.at / 1000)) if line.at else "sending…"


def _together(before: Line, line: Line) -> bool:
    if before.sender != line.sender:
        return False
    return line.at is None or before.at is None or line.at - before.at < GROUP_MS
