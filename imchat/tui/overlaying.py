"""Draws what lies over others in one piece, cut only where something else lies over it.

Textual 8.2 cuts a row of each widget wherever any widget begins or ends, also one that is hidden
there. A wide character at such a place has no half to show on either side: of a note over the edge
of the conversation one character of a Chinese name was missing.
"""

from collections.abc import Callable, Mapping, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

_TAKEN = Strip([], 0)
"""Stands at a cut that the piece before goes over."""

_Line = dict[int, Strip | None]


def _render(
    self: Compositor, crop: Region, is_rendered_line: Callable[[int], bool]
) -> Sequence[Mapping[int, Strip | None]]:
    """The pieces of every row by where they begin, drawn from the front to the back."""
    cuts = self.cuts
    lines: list[_Line] = [dict.fromkeys(of_line[:-1]) for of_line in cuts]
    for region, clip, strips in self._get_renders(crop):
        drawn = region.intersection(clip)
        first, last = drawn.column_span
        for y, strip in zip(drawn.line_range, strips, strict=False):
            if is_rendered_line(y):
                within = [cut for cut in cuts[y] if first <= cut <= last]
                _lay(strip, drawn.x, lines[y], within)
    return [{x: piece for x, piece in line.items() if piece is not _TAKEN} for line in lines]


def _lay(strip: Strip, x: int, line: _Line, cuts: Sequence[int]) -> None:
    """Put what is seen of a strip that begins at `x` where nothing lies over it."""
    begins: int | None = None
    for cut in cuts[:-1]:
        if line[cut] is None:
            line[cut] = _TAKEN
            begins = cut if begins is None else begins
        elif begins is not None:
            line[begins] = _piece(strip, begins - x, cut - x)
            begins = None
    if begins is not None:
        line[begins] = _piece(strip, begins - x, cuts[-1] - x)


def _piece(strip: Strip, first: int, last: int) -> Strip:
    """Exactly these cells: one whose widget does not know its new size yet may be shorter."""
    return strip.crop(first, last).adjust_cell_length(last - first)


def _render_partial(self: Compositor) -> ChopsUpdate | None:
    """What has changed; a piece may be longer than what has."""
    screen = self.size.region
    changed = self._dirty_regions.copy()
    self._dirty_regions.clear()
    if not changed:
        return None
    spans = list(self._regions_to_spans(changed))
    crop = Region.from_union(changed).intersection(screen)
    lines = self._render_chops(crop, {y for y, _, _ in spans}.__contains__)
    ends = [[*list(line)[1:], self.size.width] for line in lines]
    return ChopsUpdate(lines, spans, ends)


def install() -> None:
    """Have Textual do so."""
    Compositor._render_chops = _render  # type: ignore[assignment,method-assign]
    Compositor.render_partial_update = _render_partial  # type: ignore[method-assign]
