"""The measures of every agent, and of all of them on top."""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable

from imchat.ids import Uid
from imchat.tui.measured import (
    ALL,
    MEASURES,
    NAME,
    NONE,
    Line,
    Measure,
    Order,
    in_order,
    said,
)
from imchat.tui.widgets.painted import fitted
from imchat.tui.widgets.uid_table import UidTable

PADDING = 2
LEAST_NAME, MOST_NAME = 14, 30
LEAST = 7
SIGN = 2
"""Room for the sign of the order beside a head."""


class ReportsTable(UidTable[Line]):
    """Rows are kept by uid and changed in place; the cursor stays on its agent."""

    PREFIX = "reports-table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"reports-table--faint", "reports-table--all"}
    DEFAULT_CSS = """
    ReportsTable {
        border-subtitle-color: $text-muted;
        & > .datatable--fixed { background: $background; color: $foreground; }
        &:focus > .datatable--fixed { background-tint: transparent; }
        & > .reports-table--faint { color: $text-muted; }
        & > .reports-table--all { color: $text-primary; }
    }
    """

    class Looked(Message):
        """The cursor is on another row."""

    def __init__(self) -> None:
        super().__init__(fixed_rows=1)
        self._lines: list[Line] = []
        self._measures: list[Measure] = []
        self._order = Order()
        self._title = ""

    def show(self, lines: list[Line], measures: list[Measure], *, title: str) -> None:
        """Show these measures of these lines; `title` says of what time they are."""
        self._lines, self._measures, self._title = lines, measures, title
        self._apply()

    def next_order(self) -> None:
        """Sort by the next column."""
        names = list(self._widths)
        if names:
            at = names.index(self._order.column) if self._order.column in names else -1
            self._order = Order(names[(at + 1) % len(names)])
            self._sort()

    def reverse_order(self) -> None:
        """Sort the other way round."""
        self._order = self._order._replace(reverse=not self._order.reverse)
        self._sort()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked, a second time the other way round."""
        event.stop()
        column = event.column_key.value or NAME
        again = column == self._order.column
        self._order = Order(column, again and not self._order.reverse)
        self._sort()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say that another row is looked at."""
        event.stop()
        self.post_message(self.Looked())

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """There is nothing behind a row."""
        event.stop()

    # --- rows ----------------------------------------------------------------

    def _apply(self) -> None:
        at = self._uid_at_cursor()
        widths = self._fit(self.scrollable_content_region.width)
        self._set_rows({line.of: line for line in self._lines}, widths)
        self._sort(at)

    def _sort(self, at: Uid | None = None) -> None:
        """Put the rows in order; the cursor goes with the line `at`, else with its own."""
        at = self._uid_at_cursor() if at is None else at
        for key, column in self.columns.items():
            name = key.value or NAME
            sign = ("▴" if self._order.reverse else "▾") if name == self._order.column else ""
            head = f"{_head(name)} {sign}".strip()
            column.label = Text(head if name == NAME else head.rjust(column.width))
        places = {line.of: n for n, line in enumerate(in_order(self._lines, self._order))}
        if self.rows:
            self.sort(NAME, key=lambda cell: places[cell.uid])
        self._put_cursor(at)
        count = max(0, len(self._lines) - 1)
        agents = f"{count:,} agent{'s' * (count != 1)}"
        self.border_title = f"{self._title} · {agents} · by {_head(self._order.column)}"

    # --- cells ---------------------------------------------------------------

    def _fit(self, width: int) -> dict[str, int]:
        """The columns that there is room for, and how wide they are."""
        widths = {measure.name: self._width(measure) for measure in self._measures}
        room = width - LEAST_NAME - PADDING
        kept = set()
        for measure in sorted(self._measures, key=lambda measure: measure.rank or 0):
            room -= widths[measure.name] + PADDING
            if room < 0:
                break
            kept.add(measure.name)
        columns = {name: wide for name, wide in widths.items() if name in kept}
        rest = width - PADDING - sum(wide + PADDING for wide in columns.values())
        name_width = max(1, min(MOST_NAME, rest))
        spare = (rest - name_width) // max(1, len(columns))
        columns = {name: wide + min(4, max(0, spare)) for name, wide in columns.items()}
        return {NAME: name_width} | columns

    def _width(self, measure: Measure) -> int:
        values = [said(line.values.get(measure.name), measure.unit) for line in self._lines]
        return max(LEAST, len(measure.head) + SIGN, *map(len, values))

    def _text(self, row: Line, column: str) -> Text:
        width = self._widths[column]
        ink = self._ink("all") if row.of == ALL else Style()
        if column == NAME:
            return Text(fitted(row.name, width), ink)
        text = said(row.values.get(column), MEASURES[column].unit)
        return Text(text.rjust(width), self._ink("faint") if text == NONE else ink)


def _head(column: str) -> str:
    return column if column == NAME else MEASURES[column].head
