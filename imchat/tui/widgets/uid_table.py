"""A table whose rows are kept by uid and changed in place; the cursor stays on its uid."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.strip import Strip
from textual.widgets import DataTable

from imchat.ids import Uid
from imchat.tui.widgets.inks import Inks
from imchat.tui.widgets.list_keys import LIST_KEYS, Listed
from imchat.tui.widgets.painted import fitted

R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell that knows whose it is, since rows are sorted by more than they show."""

    uid: Uid
    text: Text

    def __rich__(self) -> Text:
        return self.text


class UidTable(Listed, DataTable[Cell], Generic[R]):
    """What rows there are, and in which columns, say the tables in `_apply`."""

    PREFIX = ""
    """Before `--` in the names of the table's own component classes."""
    DEFAULT_CSS = """
    UidTable {
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $text-muted;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
        & > .datatable--header { background: $background; color: $text-muted; text-style: none; }
        & > .datatable--cursor, & > .datatable--fixed-cursor {
            background: $panel; color: $foreground; text-style: none;
        }
        &:focus {
            border: round $primary;
            background-tint: transparent;
            & > .datatable--header { background-tint: transparent; }
            & > .datatable--cursor, & > .datatable--fixed-cursor {
                background: $primary 20%; color: $foreground; text-style: none;
            }
        }
    }
    """

    BINDING_GROUP_TITLE = "Lists"
    BINDINGS: ClassVar[list[BindingType]] = LIST_KEYS

    def __init__(self, *, fixed_rows: int = 0) -> None:
        super().__init__(
            cursor_type="row", cursor_foreground_priority="renderable", fixed_rows=fixed_rows
        )
        self._shown: dict[Uid, R] = {}
        self._widths: dict[str, int] = {}
        self._inks = Inks(self, self.PREFIX, self._remake)

    @property
    def at_cursor(self) -> R | None:
        """What stands under the cursor."""
        uid = self._uid_at_cursor()
        return None if uid is None else self._shown.get(uid)

    def on_resize(self) -> None:
        """Columns fit the width."""
        self._apply()

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.move_cursor(row=max(0, min(self.cursor_row + rows, self.row_count - 1)))

    async def _on_click(self, event: events.Click) -> None:
        """Move the cursor; a double click asks for the row.

        Textual asks for it at the first click where the cursor is already, and the second one
        would fall on what that has opened.
        """
        event.prevent_default()
        with self.prevent(DataTable.RowSelected):
            await super()._on_click(event)
        if event.chain > 1 and event.style.meta.get("row") == self.cursor_row:
            self.action_select_cursor()

    def notify_style_update(self) -> None:
        """Cells are made anew in the new colours."""
        super().notify_style_update()
        self._inks.look_again()

    def _remake(self) -> None:
        self._widths = {}
        self._apply()

    def _apply(self) -> object:
        """Make the table what is wanted. For the tables to write."""
        raise NotImplementedError

    def _nothing(self) -> str:
        """Why there are no rows; empty when that needs no words. For the tables to add."""
        return ""

    def render_line(self, y: int) -> Strip:
        """A row of the screen; under the headings of an empty table, why it is empty."""
        if y != self.header_height or self._shown or not (why := self._nothing()):
            return super().render_line(y)
        width = self.scrollable_content_region.width
        words = fitted(why, width - 2 * self.cell_padding)
        faint = self.rich_style + self._inks("faint")
        line = Strip([Segment(" " * self.cell_padding + words, faint)])
        return line.adjust_cell_length(width, self.rich_style)

    def _text(self, row: R, column: str) -> Text:
        """What a cell shows. For the tables to write."""
        raise NotImplementedError

    def _set_rows(self, rows: dict[Uid, R], widths: dict[str, int]) -> None:
        """Have these rows, in columns of these widths; only what differs is changed."""
        if widths != self._widths:
            self._rebuild(widths)
        for uid in self._shown.keys() - rows.keys():
            self.remove_row(uid)
        for uid, row in rows.items():
            if uid not in self._shown:
                self.add_row(*self._cells(uid, row), key=uid)
            elif row != self._shown[uid]:
                for column, cell in zip(self._widths, self._cells(uid, row), strict=True):
                    self.update_cell(uid, column, cell)
        self._shown = rows

    def _rebuild(self, widths: dict[str, int]) -> None:
        self.clear(columns=True)
        self._shown, self._widths = {}, widths
        for column, width in widths.items():
            self.add_column(Text(column), width=width, key=column)

    def _cells(self, uid: Uid, row: R) -> list[Cell]:
        return [Cell(uid, self._text(row, column)) for column in self._widths]

    def _uid_at_cursor(self) -> Uid | None:
        if not self.columns or not self.is_valid_row_index(self.cursor_row):
            return None
        return self.get_row_at(self.cursor_row)[0].uid

    def _put_cursor(self, at: Uid | None) -> None:
        """Have the cursor on this row, if it is there, without scrolling to it."""
        if at in self._shown and self.get_row_index(at) != self.cursor_row:
            self.move_cursor(row=self.get_row_index(at), scroll=False)

    def _ink(self, component: str) -> Style:
        return _text_alone(self._inks(component))


@lru_cache(64)
def _text_alone(ink: Style) -> Style:
    """Only the colour of the text: what is behind it is the row's."""
    return Style(color=ink.color)
