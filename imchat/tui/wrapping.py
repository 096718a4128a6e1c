"""Text cut into rows of so many cells, and cells into characters. Pure.

A row is a slice of the text, so that what is found, marked or clicked in it keeps its place
when the width changes. No row cuts a character that is made of several code points.
"""

from rich.cells import cell_len

from imchat.tui.graphemes import Grapheme, graphemes

Row = tuple[int, int]
"""Where a row begins and ends in its text; spaces at which it was broken are in none."""

TAB = "    "
"""How a tab is shown: it has the same width wherever it stands."""
_NEVER_FIRST = frozenset("、。，．：；！？）］｝〉》」』】〕”’…～ー")
_NEVER_LAST = frozenset("（［｛〈《「『【〔“‘")


def wrap(text: str, width: int) -> list[Row]:
    """The rows of a text in so many cells, at least 2; one for each empty line as well.

    Lines are broken at spaces, beside wide characters as in Chinese, or else anywhere.
    """
    rows: list[Row] = []
    start = 0
    for line in text.split("\n"):
        if line.isascii() and "\t" not in line:
            _wrap_plain(text, start, start + len(line), width, rows)
        else:
            _wrap_wide(line, start, width, rows)
        start += len(line) + 1
    return rows


def shown(text: str) -> str:
    """A part of a row as it is drawn."""
    return text.replace("\t", TAB)


def cells(text: str) -> int:
    """The width of a part of a row."""
    return cell_len(shown(text))


def index_at(text: str, cell: int) -> int:
    """The character of a row that covers a cell; the row's length beyond its end."""
    if cell < 0:
        return 0
    for start, _, width in characters(text):
        if cell < width:
            return start
        cell -= width
    return len(text)


def characters(text: str) -> list[Grapheme]:
    """The graphemes, with a tab as wide as it is shown."""
    if text.isascii() and "\t" not in text:
        return [(at, at + 1, 1) for at in range(len(text))]
    spans: list[Grapheme] = []
    start = 0
    # To whom measures characters a tab has no width, and belongs to the one before it.
    for part in text.split("\t"):
        if start:
            spans.append((start - 1, start, len(TAB)))
        spans += [(start + first, start + last, width) for first, last, width in graphemes(part)]
        start += len(part) + 1
    return spans


def _wrap_plain(text: str, start: int, end: int, width: int, rows: list[Row]) -> None:
    first = start
    while end - start > width:
        cut = text.rfind(" ", start + 1, start + width + 1)
        if cut < 0 or text[start:cut].isspace():
            cut = start + width
        rows.append((start, cut))
        start = cut
        while start < end and text[start] == " ":
            start += 1
    if start < end or start == first:
        rows.append((start, end))


def _wrap_wide(line: str, offset: int, width: int, rows: list[Row]) -> None:
    start = used = 0
    # The last place in the row where it may be broken, and the cells up to there.
    place = used_there = 0
    before, before_width = "", 0
    for at, end, wide in characters(line):
        here = line[at:end]
        if _may_break(before, before_width, here, wide):
            place, used_there = at, used
        # Spaces at the end of a row hang over; they are not drawn.
        if used + wide > width and here != " " and at > start:
            if place <= start:
                place, used_there = at, used
            rows.append(_trimmed(line, start, place, offset))
            start, used = place, used - used_there
        used += wide
        before, before_width = here, wide
    rows.append(_trimmed(line, start, len(line), offset))


def _may_break(before: str, before_width: int, here: str, wide: int) -> bool:
    if here == " ":
        return False
    if before == " ":
        return True
    between_wide = before_width == 2 or wide == 2
    return between_wide and here not in _NEVER_FIRST and before not in _NEVER_LAST


def _trimmed(line: str, start: int, end: int, offset: int) -> Row:
    return offset + start, offset + start + len(line[start:end].rstrip(" "))
