"""Keeps a row in its columns on terminals that measure some characters otherwise than we do.

How wide an emoji of several code points is, or a character that is newer than the terminal, is
not agreed upon. Where one stands in what is written, its cells are cleared before, and what comes
behind is put where it belongs: at most that one character looks wrong. Pure.
"""

import re

from rich.cells import cell_len

from imchat.tui.graphemes import graphemes

_CERTAIN = (
    "\x00-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff"  # Latin, Greek, Cyrillic
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u21ff\u2500-\u259f\u25a0\u25b2-\u25cf"
    "\u2605\u2606\u2713\u270e\u2800-\u28ff\ufffd"  # signs that screens are made of
    "\u2e80-\u303e\u3041-\u3096\u309b-\u33bf\u3400-\u4dbf\u4e00-\ua48c\uac00-\ud7a3\uf900-\ufaff"
    "\uff01-\uffe6\U00020000-\U0003fffd"  # wide by East Asian Width, everywhere
)
"""What all terminals measure alike."""
_UNCERTAIN = re.compile(f"[^{_CERTAIN}]|\xad")
_PIECES = re.compile(
    "\x1b\\[(?P<row>\\d+);(?P<column>\\d+)H"
    "|\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]P^_X].*?(?:\x07|\x1b\\\\)|\x1b[^\\[\\]P^_X]"
    "|(?P<control>[\x00-\x1f])"
    "|(?P<text>[^\x00-\x1f]+)",
    re.DOTALL,
)


def anchored(written: str) -> str:
    """What goes to the terminal, a whole update, with all in its columns.

    Text whose row and column were not said before in the same update is left alone.
    """
    if written.isascii() or not _UNCERTAIN.search(written):
        return written
    out: list[str] = []
    row = column = 0
    for piece in _PIECES.finditer(written):
        text = piece["text"]
        if text is not None and row and _UNCERTAIN.search(text):
            column = _put(out, text, row, column)
            continue
        out.append(piece[0])
        if text is not None:
            column += cell_len(text)
        elif piece["row"] is not None:
            row, column = int(piece["row"]), int(piece["column"])
        elif piece["control"] is not None:
            row = 0  # a line end, or what else moves the cursor
    return "".join(out)


def _put(out: list[str], text: str, row: int, column: int) -> int:
    """Write the text at a place; gives the column behind it."""
    for start, end, width in graphemes(text):
        character = text[start:end]
        if _UNCERTAIN.search(character):
            place = f"\x1b[{row};{column}H"
            out.append(f"{place}{' ' * width}{place}{character}\x1b[{row};{column + width}H")
        else:
            out.append(character)
        column += width
    return column
