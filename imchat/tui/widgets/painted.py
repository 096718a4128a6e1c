"""A widget that paints its rows itself and draws again only those that changed."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from imchat.tui.widgets.inks import Inks

Row = list[Segment]


class Painted(Widget):
    """For what changes many times a second: `rows()` says how it looks, `repaint()` shows it."""

    PREFIX = ""
    """Before `--` in the names of the widget's component classes."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._width = 0
        self.ink = Inks(self, self.PREFIX, self._wear)

    def rows(self, width: int, height: int) -> list[Row]:
        """How it looks: rows of exactly so many cells, or empty ones. For the widgets to write."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw the rows that differ from what is on the screen."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return
        before, self._rows, self._width = self._rows, self.rows(width, height), width
        changed = [
            Region(0, y, width, 1)
            for y in range(height)
            if self._row(y) != (before[y] if y < len(before) else [])
        ]
        if changed:
            self.refresh(*changed)

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Set what the border says; only a change is drawn."""
        if (self.border_title, self.border_subtitle) != (title, subtitle):
            self.border_title, self.border_subtitle = title, subtitle

    def render_line(self, y: int) -> Strip:
        """A row as it was painted last."""
        width = self.content_size.width
        row = self._row(y)
        if not row:
            return Strip.blank(width, self.ink())
        strip = Strip(row, self._width)
        return strip if width == self._width else strip.adjust_cell_length(width, self.ink())

    def on_resize(self) -> None:
        """Fit the new size."""
        self.repaint()

    def notify_style_update(self) -> None:
        """Wear the new colours."""
        super().notify_style_update()
        self.ink.look_again()

    def _wear(self) -> None:
        self.repaint()
        self.refresh()  # rows with nothing in them are in the new colours as well

    def _row(self, y: int) -> Row:
        return self._rows[y] if y < len(self._rows) else []


def fitted(text: str, width: int) -> str:
    """`text` in exactly so many cells, with … where it was cut."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return set_cell_size(text, width)


def listed(names: Sequence[str], width: int) -> str:
    """The names, as many as there is room for in so many cells, and how many more there are."""
    for shown in range(len(names), 0, -1):
        more = f" +{len(names) - shown}" if shown < len(names) else ""
        text = ", ".join(names[:shown]) + more
        if cell_len(text) <= width or shown == 1:
            return fitted(text, width)
    return " " * max(0, width)


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at the two ends of so many cells; `left` gives way."""
    return fitted(fitted(left, max(0, width - cell_len(right) - 1)) + " " + right, width)


def laid_over(row: Row, part: Row, x: int) -> Row:
    """A row with a part of it hidden by another, from cell `x` on."""
    below, above = Strip(row), Strip(part)
    end = x + above.cell_length
    return [*below.crop(0, x), *above, *below.crop(end, max(end, below.cell_length))]
