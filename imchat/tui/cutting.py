"""Cuts drawn text between cells, never inside a character that is made of several code points.

Rich 15.0 measures such characters whole and cuts by code points, so that a row that was cut at
one, as beside a question that lies over it, came out a cell too short or too long.
"""

from functools import lru_cache

from rich.segment import Segment

from imchat.tui.graphemes import graphemes


@lru_cache(16 * 1024)
def cut(segment: Segment, cell: int) -> tuple[Segment, Segment]:
    """What is before a cell and what is behind; what has a cell on both sides becomes spaces."""
    text, style, control = segment
    at = 0
    before, behind = text, ""
    for start, end, wide in graphemes(text):
        if at + wide > cell:
            inside = cell - at
            before = text[:start] + " " * inside
            behind = " " * (wide - inside) + text[end:] if inside else text[start:]
            break
        at += wide
    return Segment(before, style, control), Segment(behind, style, control)


def install() -> None:
    """Have Rich, and with it Textual, cut so."""
    Segment._split_cells = staticmethod(cut)  # type: ignore[assignment,method-assign]
