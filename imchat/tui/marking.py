"""What is marked in a conversation, to be copied, and the caret that marks it. Pure."""

import re
from typing import Literal

from imchat.client import Line
from imchat.tui.layout import Layout
from imchat.tui.wrapping import cells, characters, index_at

Point = tuple[Line, int]
"""A character of a line's text."""
Place = tuple[int, int]
"""The same by the line's index, so that places have an order."""
Move = Literal["left", "right", "up", "down", "word_left", "word_right", "home", "end"]

_WORD = re.compile(r"\w+|[^\w\s]+")


class Marking:
    """From `anchor` to `caret`, both with the characters under them; without an anchor nothing.

    Kept by the lines themselves, so that it stays what it is when others come before them.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.anchor: Point | None = None
        self.caret: Point | None = None

    def clear(self) -> None:
        """Mark nothing; there is no caret any more."""
        self.anchor = self.caret = None

    def mark(self, line: Line, start: int, end: int) -> None:
        """Mark a part of a line, up to but without `end`."""
        self.anchor, self.caret = (line, start), (line, max(start, end - 1))

    def mark_word(self, line: Line, at: int) -> None:
        """Mark the word at a character, or what else stands there together."""
        for word in _WORD.finditer(line.body):
            if word.start() <= at < word.end():
                self.mark(line, *word.span())

    @property
    def extent(self) -> tuple[Place, Place] | None:
        """The first place and the one behind the last, or None when nothing is marked."""
        anchor, caret = self._place(self.anchor), self._place(self.caret)
        if anchor is None or caret is None:
            return None
        first, (index, at) = min(anchor, caret), max(anchor, caret)
        return first, (index, self._behind(index, at))

    def span_in(self, index: int) -> tuple[int, int] | None:
        """What is marked of a line's text."""
        extent = self.extent
        if extent is None or not extent[0][0] <= index <= extent[1][0]:
            return None
        (first, start), (last, end) = extent
        body = self._layout.lines[index].body
        return start if index == first else 0, end if index == last else len(body)

    def caret_in(self, index: int) -> tuple[int, int] | None:
        """The character under the caret, where it is in this line."""
        place = self._place(self.caret)
        if place is None or place[0] != index:
            return None
        return place[1], self._behind(*place)

    @property
    def text(self) -> str:
        """What is marked, the messages with a line break between them."""
        extent = self.extent
        if extent is None:
            return ""
        (first, _), (last, _) = extent
        spans = [(index, self.span_in(index)) for index in range(first, last + 1)]
        lines = self._layout.lines
        return "\n".join(lines[index].body[slice(*span)] for index, span in spans if span)

    # --- the caret -----------------------------------------------------------

    def move(self, how: Move) -> None:
        """Move the caret."""
        place = self._place(self.caret)
        if place is None:
            return
        index, at = place
        match how:
            case "left" | "right":
                index, at = self._beside(index, at, how)
            case "word_left" | "word_right":
                index, at = self._word(index, at, how)
            case "home" | "end":
                start, end = self._row(index, at)
                at = start if how == "home" else self._last(index, start, end)
            case "up" | "down":
                index, at = self._row_beside(index, at, -1 if how == "up" else 1)
        self.caret = self._layout.lines[index], at

    def _place(self, point: Point | None) -> Place | None:
        if point is None:
            return None
        index = self._layout.index_of(point[0])
        return None if index is None else (index, point[1])

    def _behind(self, index: int, at: int) -> int:
        """Where the character at a place ends."""
        body = self._layout.lines[index].body
        # What belongs together is short; a window saves going through a long text.
        for start, end, _ in characters(body[max(0, at - 32) : at + 32]):
            if start + max(0, at - 32) <= at < end + max(0, at - 32):
                return end + max(0, at - 32)
        return len(body)

    def _beside(self, index: int, at: int, how: Literal["left", "right"]) -> Place:
        lines = self._layout.lines
        starts = [start for start, _, _ in characters(lines[index].body)]
        if how == "left":
            before = [start for start in starts if start < at]
            if before:
                return index, before[-1]
            return (index - 1, self._end(index - 1)) if index else (index, at)
        behind = self._behind(index, at)
        if behind < len(lines[index].body):
            return index, behind
        return (index + 1, 0) if index + 1 < len(lines) else (index, at)

    def _word(self, index: int, at: int, how: Literal["word_left", "word_right"]) -> Place:
        lines = self._layout.lines
        starts = [word.start() for word in _WORD.finditer(lines[index].body)]
        if how == "word_left":
            before = [start for start in starts if start < at]
            if before:
                return index, before[-1]
            return (index - 1, self._end(index - 1)) if index else (index, 0)
        behind = [start for start in starts if start > at]
        if behind:
            return index, behind[0]
        return (index + 1, 0) if index + 1 < len(lines) else (index, self._end(index))

    def _row_beside(self, index: int, at: int, step: Literal[-1, 1]) -> Place:
        layout = self._layout
        start, _ = self._row(index, at)
        column = cells(layout.lines[index].body[start:at])
        rows = layout.block(index).rows
        number = next(n for n, row in enumerate(rows) if row[0] == start) + step
        if not 0 <= number < len(rows):
            if not 0 <= index + step < len(layout.lines):
                return index, at
            index += step
            rows = layout.block(index).rows
            number = 0 if step > 0 else len(rows) - 1
        start, end = rows[number]
        body = layout.lines[index].body
        return index, min(start + index_at(body[start:end], column), self._last(index, start, end))

    def _row(self, index: int, at: int) -> tuple[int, int]:
        """The row that a character stands in, or behind which it was broken off."""
        rows = self._layout.block(index).rows
        return next((row for row in reversed(rows) if row[0] <= at), rows[0])

    def _last(self, index: int, start: int, end: int) -> int:
        """The last character of a row."""
        spans = characters(self._layout.lines[index].body[start:end])
        return start + spans[-1][0] if spans else start

    def _end(self, index: int) -> int:
        start, end = self._layout.block(index).rows[-1]
        return self._last(index, start, end)
