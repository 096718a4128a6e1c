"""A widget that paints its rows itself and draws again only those that changed."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Row = list[Segment]


class Painted(Widget):
    """For what changes many times a second: `rows()` says how it looks, `repaint()` shows it."""

    PREFIX = ""
    """Before `--` in the names of the widget's component classes."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._inks: dict[str, Style] = {}

    def rows(self, width: int, height: int) -> list[Row]:
        """How it looks in so many cells. For the widgets to write."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw the rows that differ from what is on the screen."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return
        before, self._rows = self._rows, self.rows(width, height)
        changed = [
            Region(0, y, width, 1)
            for y in range(height)
            if self._row(y) != (before[y] if y < len(before) else [])
        ]
        if changed:
            self.refresh(*changed)

    def ink(self, component: str = "") -> Style:
        """The style of a component on the widget's own background, or of the widget itself."""
        if component not in self._inks:
            self._inks[component] = (
                self.get_component_rich_style(f"{self.PREFIX}--{component}")
                if component
                else self.rich_style
            )
        return self._inks[component]

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Set what the border says; only a change is drawn."""
        if (self.border_title, self.border_subtitle) != (title, subtitle):
            self.border_title, self.border_subtitle = title, subtitle

    def render_line(self, y: int) -> Strip:
        """A row as it was painted last."""
        return Strip(self._row(y)).adjust_cell_length(self.content_size.width, self.ink())

    def on_resize(self) -> None:
        """Fit the new size."""
        self.repaint()

    def notify_style_update(self) -> None:
        """Wear the new colours."""
        super().notify_style_update()
        self._inks.clear()
        if self.is_mounted:
            self.repaint()

    def _row(self, y: int) -> Row:
        return self._rows[y] if y < len(self._rows) else []


def fitted(text: str, width: int) -> str:
    """`text` in exactly so many cells, with … where it was cut."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return set_cell_size(text, width)


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at the two ends of so many cells; `left` gives way."""
    return fitted(fitted(left, max(0, width - cell_len(right) - 1)) + " " + right, width)
