"""How the rows of a conversation are drawn."""

import itertools
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from imchat.client import Line
from imchat.ids import Uid
from imchat.tui.finding import Finder
from imchat.tui.layout import Block, Layout, Lead
from imchat.tui.marking import Marking
from imchat.tui.talk import Talk
from imchat.tui.widgets.painted import Row, fitted
from imchat.tui.wrapping import characters, shown

INDENT = 2
MARKS = 3
CLOCK = 6
WIDE = 60
"""From so many cells on there is room for a clock beside a message."""
TEXT_MAX = 110
"""Longer rows are hard to read."""

Ink = Callable[[str], Style]


class ChatRows:
    """Draws a conversation's rows in so many cells, from the layout and what is marked in it.

    `ink` gives the style of a component of the chat log.
    """

    def __init__(self, layout: Layout, finder: Finder, marking: Marking, ink: Ink) -> None:
        self.talk: Talk | None = None
        self.name_of: Callable[[Uid], str] = str
        self.width = 0
        self._laid, self._finder, self._marking, self._ink = layout, finder, marking, ink

    @property
    def text_width(self) -> int:
        """The cells that a row of text may have."""
        return max(8, min(TEXT_MAX, self.width - INDENT - self._beside))

    @property
    def _beside(self) -> int:
        return MARKS + (CLOCK if self.width >= WIDE else 0)

    def row(self, index: int, row: int) -> Row:
        """A row of a message."""
        block = self._laid.block(index)
        line = self._laid.lines[index]
        if row < len(block.lead):
            return self._lead(block.lead[row], line)
        row -= len(block.lead)
        if row < len(block.rows):
            return self._text(index, line, block, row)
        error = " ".join(f"not sent: {line.error or ''}".split())
        return [self._segment(" " * INDENT + fitted(error, self.text_width).rstrip(), "failed")]

    def head(self) -> Row:
        """What stands before the first message."""
        return [self._segment("↑ earlier messages".center(self.width), "faint")]

    def words(self, text: str) -> Row:
        """Words where there is no message, or none any more."""
        room = fitted(text, self.width).rstrip()
        return [self._segment(" " * ((self.width - cell_len(room)) // 2) + room, "faint")]

    def _segment(self, text: str, component: str) -> Segment:
        return Segment(text, self._ink(component))

    def _lead(self, lead: Lead, line: Line) -> Row:
        match lead:
            case "blank":
                return []
            case "day":
                return [self._segment(_day(line).center(self.width, "─"), "day")]
            case "new":
                return [self._segment(" new ".center(self.width, "─"), "new")]
            case "name":
                assert self.talk is not None
                mine = line.sender == self.talk.me
                name = fitted(self.name_of(line.sender), max(8, self.width - 10)).rstrip()
                clock = _clock(line) or ("not sent" if line.state == "failed" else "sending…")
                return [
                    self._segment(name, "mine" if mine else "theirs"),
                    self._segment(f"  {clock}", "faint"),
                ]

    def _text(self, index: int, line: Line, block: Block, row: int) -> Row:
        start, end = block.rows[row]
        base = self._ink("failed" if block.failed else "body")
        segments = [Segment(" " * INDENT, base)]
        segments += styled(line.body, start, end, base, self._layers(index, line, block))
        if start == end and self._marking.caret_in(index) == (start, end):
            segments.append(Segment(" ", self._ink("caret")))
        beside = self._signs(index, line, block) if row == len(block.rows) - 1 else ""
        if beside:
            used = sum(segment.cell_length for segment in segments)
            gap = INDENT + self.text_width + self._beside - 1 - used - cell_len(beside)
            segments.append(self._segment(" " * gap + beside, "faint"))
        return segments

    def _layers(
        self, index: int, line: Line, block: Block
    ) -> list[tuple[tuple[int, int], Style]]:
        """Parts of a message that look different, the later above the earlier."""
        layers = [(link, self._ink("link")) for link in block.links]
        found = self._ink("here" if line is self._finder.here else "found")
        layers += [(span, found) for span in self._finder.spans(line)]
        if marked := self._marking.span_in(index):
            layers.append((marked, self._ink("marked")))
        if caret := self._marking.caret_in(index):
            layers.append((caret, self._ink("caret")))
        return layers

    def _signs(self, index: int, line: Line, block: Block) -> str:
        """The clock, where it is another than the one above, and what became of an own message.

        … being sent, ✓ stored, ✓✓ read; nothing beside the other's messages.
        """
        clock = ""
        if self.width >= WIDE and index and "name" not in block.lead:
            above = self._laid.lines[index - 1]
            clock = _clock(line) if _clock(line) != _clock(above) else ""
        # The room of a mark is kept where there is none, so that clocks stand in a column.
        return f"{clock} {self._mark(line):<2}" if clock or self._mine(line) else ""

    def _mine(self, line: Line) -> bool:
        return self.talk is not None and line.sender == self.talk.me

    def _mark(self, line: Line) -> str:
        assert self.talk is not None
        if not self._mine(line) or line.state == "failed":
            return ""
        if line.seq is None:
            return "…"
        if self.talk.read_by_peer is None:
            return ""
        return "✓✓" if line.seq <= self.talk.read_by_peer else "✓"


def styled(
    text: str, start: int, end: int, base: Style,
    layers: Iterable[tuple[tuple[int, int], Style]],
) -> Row:
    """A slice of the text, each part in the style of all the layers that it lies in."""
    inside = [
        (*_whole(text, max(start, first), min(end, last), row=(start, end)), style)
        for (first, last), style in layers
        if first < end and last > start
    ]
    if not inside:
        return [Segment(shown(text[start:end]), base)]
    cuts = sorted({start, end, *(at for first, last, _ in inside for at in (first, last))})
    row = []
    for first, last in itertools.pairwise(cuts):
        style = base
        for from_, to, more in inside:
            if from_ <= first and last <= to:
                style += more
        row.append(Segment(shown(text[first:last]), style))
    return row


def _whole(text: str, first: int, last: int, *, row: tuple[int, int]) -> tuple[int, int]:
    """The span with every character whole, so that its parts have the cells of the row."""
    start, end = row
    if text[start:end].isascii():
        return first, last
    edges = [start, *(start + edge for _, edge, _ in characters(text[start:end]))]
    return edges[bisect_right(edges, first) - 1], edges[bisect_left(edges, last)]


def _day(line: Line) -> str:
    return time.strftime(" %A, %d %B %Y ", time.localtime((line.at or 0) / 1000))


def _clock(line: Line) -> str:
    return time.strftime("%H:%M", time.localtime(line.at / 1000)) if line.at else ""
