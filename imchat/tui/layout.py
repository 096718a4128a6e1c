"""Where each message of a conversation stands, in rows; only what is looked at is wrapped.

A message that was never looked at has a height that is only estimated: opening twenty
thousand of them takes milliseconds. Around the place where one reads all heights are exact,
so that a page up is a page; who scrolls keeps to a message, not to a number of rows.
"""

import bisect
import time
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from textual.cache import LRUCache

from imchat.client import Line
from imchat.client.conversation import LineState
from imchat.tui.links import links_in
from imchat.tui.wrapping import Row, wrap

GROUP_MS = 5 * 60_000
"""Messages of one sender within this time stand under one name."""
LAID_OUT = 1024
"""Messages whose rows are kept."""

Lead = Literal["blank", "day", "new", "name"]


@dataclass(slots=True)
class Block:
    """A message as it is laid out: rows that lead it, those of its text, maybe an error."""

    lead: list[Lead]
    rows: list[Row]
    links: list[tuple[int, int]]
    failed: bool

    @property
    def height(self) -> int:
        """In rows."""
        return len(self.lead) + len(self.rows) + self.failed

    def row_of(self, at: int) -> int:
        """The row in which a character stands, or behind which it was left out."""
        return len(self.lead) + max(0, sum(start <= at for start, _ in self.rows) - 1)


class Layout:
    """The heights of all lines, their sums, and the blocks looked at last.

    `head` rows stand before the first line; `new` is the line that a rule stands before.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.head = 0
        self.new: Line | None = None
        self._width = 8
        self._heights: list[int] = []
        self._exact = bytearray()
        self._tops = [0]
        self._summed = 0
        """So many of the tops are right, besides the first."""
        self._settled = 0
        """So many of the first lines are stored, and change no more."""
        self._moving: list[tuple[Line, LineState]] = []
        self._blocks: LRUCache[Line, Block] = LRUCache(LAID_OUT)

    # --- what is there -------------------------------------------------------

    def update(self, lines: list[Line]) -> bool:
        """Take the lines as they are now; gives whether something is to be drawn anew."""
        place = self._place_of_first(lines)
        if place is None:
            changed = bool(self.lines or lines)
            self._begin(lines)
            return changed
        if place:
            self._insert(lines[:place])
        return self._follow_end(lines) or bool(place)

    def widen(self, width: int) -> bool:
        """Wrap for so many cells from now on; gives whether that is another width."""
        if width == self._width:
            return False
        self._width = width
        self._begin(self.lines)
        return True

    def set_new(self, line: Line | None) -> None:
        """Have the rule of what is new before this line, and nowhere else."""
        if line is not self.new:
            before, self.new = self.new, line
            for changed in (before, line):
                if changed is not None:
                    self._forget(changed)

    def index_of(self, line: Line) -> int | None:
        """Where a line stands; None when it is not there (any more)."""
        if line.seq is not None:
            index = bisect.bisect_left(
                self.lines, line.seq, hi=self._settled, key=lambda known: known.seq or 0
            )
            if index < self._settled and self.lines[index] is line:
                return index
        for index in range(self._settled, len(self.lines)):
            if self.lines[index] is line:
                return index
        return None

    def _place_of_first(self, lines: list[Line]) -> int | None:
        """Where what was the first line stands now; None when nothing is as it was."""
        if not self.lines or not lines:
            return None
        first = self.lines[0]
        if lines[0] is first:
            return 0
        for place, line in enumerate(lines):
            if line is first:
                return place
        return None

    def _begin(self, lines: list[Line]) -> None:
        self.lines = lines
        self._heights = [self._estimate(line) for line in lines]
        self._exact = bytearray(len(lines))
        self._tops = [0] * (len(lines) + 1)
        self._summed = 0
        self._blocks.clear()
        self._note_settled()

    def _insert(self, lines: list[Line]) -> None:
        """Put lines in front; what was the first is led differently now."""
        self._blocks.discard(self.lines[0])
        self._exact[0] = 0
        self.lines = lines + self.lines
        self._heights[:0] = [self._estimate(line) for line in lines]
        self._exact[:0] = bytes(len(lines))
        self._tops[:0] = [0] * len(lines)
        self._summed = 0
        self._settled += len(lines)

    def _follow_end(self, lines: list[Line]) -> bool:
        keep = min(self._settled, len(lines))
        while keep and lines[keep - 1] is not self.lines[keep - 1]:
            keep -= 1
        moving = [(line, line.state) for line in lines[keep:]]
        if keep == self._settled and moving == self._moving:
            return False
        for line in self.lines[keep:]:
            self._blocks.discard(line)
        self.lines = lines
        self._heights[keep:] = [self._estimate(line) for line in lines[keep:]]
        self._exact[keep:] = bytes(len(lines) - keep)
        self._tops[keep + 1 :] = [0] * (len(lines) - keep)
        self._summed = min(self._summed, keep)
        self._note_settled()
        return True

    def _note_settled(self) -> None:
        settled = len(self.lines)
        while settled and self.lines[settled - 1].seq is None:
            settled -= 1
        self._settled = settled
        self._moving = [(line, line.state) for line in self.lines[settled:]]

    def _forget(self, line: Line) -> None:
        self._blocks.discard(line)
        index = self.index_of(line)
        if index is not None:
            self._exact[index] = 0

    # --- where it stands -----------------------------------------------------

    @property
    def height(self) -> int:
        """Of everything, in rows."""
        return self.top(len(self.lines))

    def top(self, index: int) -> int:
        """The first row of a line; of the one behind the last, the end."""
        if self._summed < index:
            start = self._summed
            sums = accumulate(self._heights[start:], initial=self._tops[start])
            self._tops[start:] = sums
            self._summed = len(self.lines)
        return self.head + self._tops[index]

    def at(self, row: int) -> tuple[int, int]:
        """The line that a row belongs to, and which of its rows that is."""
        self.top(len(self.lines))
        index = bisect.bisect_right(self._tops, row - self.head) - 1
        index = max(0, min(index, len(self.lines) - 1))
        return index, row - self.top(index)

    def measure(self, index: int, above: int, below: int) -> bool:
        """Have exact heights from a line on for so many rows; gives whether one was another."""
        changed = False
        at, rows = index, 0
        while at < len(self.lines) and rows < below:
            changed |= self._measure(at)
            rows += self._heights[at]
            at += 1
        at, rows = index - 1, 0
        while at >= 0 and rows < above:
            changed |= self._measure(at)
            rows += self._heights[at]
            at -= 1
        return changed

    def block(self, index: int) -> Block:
        """The rows of a line."""
        line = self.lines[index]
        block = self._blocks.get(line)
        if block is None:
            block = Block(
                self._lead(index),
                wrap(line.body, self._width),
                links_in(line.body),
                line.state == "failed",
            )
            self._blocks[line] = block
        return block

    def _measure(self, index: int) -> bool:
        if self._exact[index]:
            return False
        self._exact[index] = 1
        height = self.block(index).height
        if height == self._heights[index]:
            return False
        self._heights[index] = height
        self._summed = min(self._summed, index)
        return True

    def _estimate(self, line: Line) -> int:
        return 2 + len(line.body) // self._width

    def _lead(self, index: int) -> list[Lead]:
        line = self.lines[index]
        before = self.lines[index - 1] if index else None
        lead: list[Lead] = []
        if before is not None and not same_day(before, line):
            lead = ["day", "name"]
        elif before is None:
            lead = ["day", "name"] if line.at else ["name"]
        elif line is self.new or not _together(before, line):
            lead = ["name"]
        if line is self.new:
            lead.insert(-1, "new")
        if lead and before is not None:
            lead.insert(0, "blank")
        return lead


def same_day(before: Line, line: Line) -> bool:
    """Whether two lines are of one day here; what is not stored yet is of the day before it."""
    if before.at is None or line.at is None:
        return True
    return time.localtime(before.at / 1000)[:3] == time.localtime(line.at / 1000)[:3]


def _together(before: Line, line: Line) -> bool:
    if before.sender != line.sender:
        return False
    return line.at is None or before.at is None or line.at - before.at < GROUP_MS
