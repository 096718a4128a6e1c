"""The characters of a text as one sees them, each of one or more code points. Pure."""

from rich.cells import split_graphemes

Grapheme = tuple[int, int, int]
"""Where one begins and ends in its text, and its cells."""

_JOINER = "\u200d"


def graphemes(text: str) -> list[Grapheme]:
    """All of them, in their order; together they have the cells that Rich's `cell_len` says.

    Behind a joiner that joins nothing, as where a text was broken inside a character,
    `cell_len` counts no cell for the next code point, but `split_graphemes` does.
    """
    start = 0
    while text.startswith(_JOINER, start):
        start = min(start + 2, len(text))
    found, _ = split_graphemes(text[start:])
    broken = [(0, start, 0)] if start else []
    return broken + [(start + first, start + last, width) for first, last, width in found]
