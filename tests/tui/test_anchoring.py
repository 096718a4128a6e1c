"""What is drawn keeps its columns, however a terminal measures what is not agreed on."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from imchat.client.text import clean_line
from imchat.tui.anchoring import anchored
from imchat.tui.cutting import cut, install
from imchat.tui.graphemes import graphemes
from tests.tui.hostile import PLAIN, UNSEEN, WIDE, texts

DISPUTED = ["❤️", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "1️⃣", "🇩🇪", "☎️", "🫨"]
CERTAIN = ["a", "|", "你", "é", "│", "●", "…", "。", " "]


class Terminal:
    """A grid of cells, which measures characters by `measure`."""

    def __init__(self, measure: Callable[[str], int]) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self._measure = measure
        self._row = self._column = 1

    def take(self, written: str) -> None:
        """Obey and show what is written: places and styles, and text."""
        for piece in re.finditer(r"\x1b\[(\d+);(\d+)H|\x1b\[[0-9;]*m|([^\x1b]+)", written):
            if piece[1] is not None:
                self._row, self._column = int(piece[1]), int(piece[2])
            elif piece[3] is not None:
                for start, end, _ in graphemes(piece[3]):
                    self._show(piece[3][start:end])

    def _show(self, character: str) -> None:
        width = self._measure(character)
        for cell in range(self._column, self._column + width):
            self.cells[self._row, cell] = character if cell == self._column else ""
        self._column += width


def ours(character: str) -> int:
    """As Rich measures."""
    return cell_len(character)


@given(
    row=st.lists(st.sampled_from(DISPUTED + CERTAIN), min_size=1, max_size=20),
    wrong=st.lists(st.integers(0, 8), min_size=20, max_size=20),
    styled=st.booleans(),
)
def test_what_is_certain_stands_in_its_columns(
    row: list[str], wrong: list[int], styled: bool
) -> None:
    """Whatever the terminal makes of the others, also where the style changes between."""
    widths = {character: wrong[n] for n, character in enumerate(DISPUTED)}
    terminal = Terminal(lambda character: widths.get(character, ours(character)))
    between = "\x1b[0m\x1b[38;2;1;2;3m" if styled else ""
    terminal.take(anchored("\x1b[3;5H" + between.join([*row, "!"])))
    column = 5
    for character in [*row, "!"]:
        if character not in widths:
            assert terminal.cells[3, column] == character
        column += ours(character)


@given(text=texts())
def test_who_measures_alike_sees_the_same(text: str) -> None:
    """Nothing but places is added, and nothing is lost."""
    written = f"\x1b[2;1H{clean_line(text)}\x1b[0m end"
    plain, kept = Terminal(ours), Terminal(ours)
    plain.take(written)
    kept.take(anchored(written))
    assert kept.cells == plain.cells


@pytest.mark.parametrize("text", ["plain", "naïve 你好。", "╭─ ● ■■■ ✓✓ … ─╮", "Ωмега"])
def test_where_nothing_is_disputed_nothing_is_added(text: str) -> None:
    """Most of what is written."""
    written = f"\x1b[1;1H{text}\x1b[0m"
    assert anchored(written) is written


def test_what_is_not_known_to_stand_anywhere_is_left_alone() -> None:
    """Before the first place in an update, and behind a line end."""
    for written in ("❤️ first", "\x1b[1;1Hx\n❤️", "\x1b]9;❤️ news\x07"):
        assert anchored(written) == written


BROKEN = st.builds(
    lambda pieces, at: clean_line("".join(pieces))[at:],
    st.lists(st.sampled_from(WIDE + PLAIN + UNSEEN), max_size=6), st.integers(0, 6),
)
"""Texts that may begin inside a character, as where a line was broken there."""


@given(text=st.one_of(BROKEN, texts().map(clean_line)))
def test_characters_are_as_wide_as_their_text(text: str) -> None:
    """All together, and none is left out."""
    found = graphemes(text)
    assert sum(width for *_, width in found) == cell_len(text)
    assert "".join(text[start:end] for start, end, _ in found) == text


# --- cuts ------------------------------------------------------------------------


@given(text=BROKEN, at=st.integers(0, 40))
def test_a_cut_is_as_long_as_it_should_be(text: str, at: int) -> None:
    """On both sides, whatever stands there; and a character is whole or is not there."""
    left, right = cut(Segment(text), at)
    width = cell_len(text)
    assert cell_len(left.text) == min(at, width)
    assert cell_len(left.text) + cell_len(right.text) == width
    whole = {text[start:end] for start, end, _ in graphemes(text)} | {" "}
    for part in (left.text, right.text):
        assert {part[start:end] for start, end, _ in graphemes(part)} <= whole


@pytest.mark.parametrize("text", WIDE)
def test_textual_cuts_so(text: str) -> None:
    """A row of the screen, a part of which another widget hides."""
    install()
    strip = Strip([Segment(f"ab{text}cd")])
    for start in range(strip.cell_length):
        for end in range(start, strip.cell_length + 1):
            assert cell_len(strip.crop(start, end).text) == end - start
