"""What lies over the edges of others is whole, and what it hides comes back whole."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widgets import Static

from imchat.tui import cutting, overlaying
from tests.support import eventually

cutting.install()
overlaying.install()

WORDS = "王小明你好👍🏽a世界"
BEHIND = "安妮在这里" * 12


class Overlaid(App[None]):
    """Two texts side by side, and a note over the edge between them."""

    CSS = """
    Screen { layers: below above; }
    #left { width: 1fr; } #right { width: 1fr; }
    #note { layer: above; width: auto; height: 1; background: red; }
    """

    def compose(self) -> ComposeResult:
        """The note is last."""
        with Horizontal():
            yield Static(BEHIND, id="left", markup=False)
            yield Static(BEHIND, id="right", markup=False)
        yield Static(WORDS, id="note", markup=False)


async def test_a_note_over_an_edge_is_whole_wherever_it_is() -> None:
    """In the whole picture and in what is drawn anew, cell by cell across the edge."""
    app = Overlaid()
    async with app.run_test(size=(61, 6)) as pilot:
        note = app.query_one("#note")
        for x in range(8, 45):
            note.styles.offset = (x, 0)
            await pilot.pause()
            await eventually(lambda x=x: note.region.x == x, "it is there")  # type: ignore[misc]
            compositor = app.screen._compositor
            strips = compositor.render_strips()
            assert WORDS in strips[0].text
            assert [strip.cell_length for strip in strips] == [61] * 6
            compositor._dirty_regions.add(note.region)
            drawn = compositor.render_partial_update()
            assert drawn is not None
            text = drawn.render_segments(Console(width=61))
            assert WORDS in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(1, 30)), min_size=1, max_size=5))
def test_every_cell_is_drawn_once(spans: list[tuple[int, int]]) -> None:
    """By the frontmost that has it, whatever lies over what."""
    strips = [(x, min(30, x + wide)) for x, wide in spans]
    cuts = sorted({0, 30, *(edge for strip in strips for edge in strip)})
    line: dict[int, object] = dict.fromkeys(cuts[:-1])
    for number, (first, last) in enumerate([*strips, (0, 30)]):
        strip = Strip([Segment(chr(65 + number) * (last - first))])
        overlaying._lay(strip, first, line, [cut for cut in cuts if first <= cut <= last])  # type: ignore[arg-type]
    drawn = "".join(piece.text for piece in line.values() if piece is not overlaying._TAKEN)  # type: ignore[attr-defined]
    wanted = "".join(
        next(chr(65 + n) for n, (a, b) in enumerate([*strips, (0, 30)]) if a <= cell < b)
        for cell in range(30)
    )
    assert drawn == wanted


def test_what_is_too_short_leaves_no_hole() -> None:
    """A widget that was made wider and has not drawn itself anew: the row is as wide as ever."""
    line: dict[int, Strip | None] = dict.fromkeys([0, 4])
    overlaying._lay(Strip([Segment("abc")]), 0, line, [0, 4, 10])
    pieces = [piece for piece in line.values() if piece is not None]
    assert sum(piece.cell_length for piece in pieces) == 10
    assert "".join(piece.text for piece in pieces) == "abc       "
