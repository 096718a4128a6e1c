"""A painted list with a cursor: rows that change often, read and chosen by key and mouse."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from imchat.tui.widgets.list_keys import LIST_KEYS, Listed
from imchat.tui.widgets.painted import Painted, Row

WHEEL = 2


class PaintedCursor(Listed, Painted, can_focus=True):
    """Painted, with a cursor that is seen where the keys are; `length()` says among how many."""

    class Chosen(Message):
        """What is under the cursor was asked for, by Enter or by a double click."""

    def length(self) -> int:
        """Among how many the cursor moves. For the widgets to write."""
        raise NotImplementedError

    def action_choose(self) -> None:
        """Ask for what is under the cursor."""
        if self.length():
            self.post_message(self.Chosen())

    def on_focus(self) -> None:
        """Show the cursor."""
        self.repaint()

    def on_blur(self) -> None:
        """Hide it."""
        self.repaint()


class PaintedList(PaintedCursor):
    """`length()` and `item()` say what there is; the list keeps the cursor in sight."""

    BINDING_GROUP_TITLE = "Lists"
    BINDINGS: ClassVar[list[BindingType]] = [
        *LIST_KEYS,
        Binding("enter", "choose", "Open", id="list_choose", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.cursor = 0
        self._top = 0

    def item(self, index: int, width: int) -> Row:
        """A row of exactly so many cells. For the lists to write."""
        raise NotImplementedError

    def nothing(self, width: int) -> list[Row]:
        """What is shown where there are no rows."""
        return [[Segment(" " * width, self.ink())]]

    def rows(self, width: int, height: int) -> list[Row]:
        """The rows around the cursor."""
        length = self.length()
        self._keep_in_sight(height)
        if not length:
            return self.nothing(width)
        last = min(length, self._top + height)
        return [self._item(index, width) for index in range(self._top, last)]

    def _keep_in_sight(self, height: int) -> None:
        length = self.length()
        self.cursor = max(0, min(self.cursor, length - 1))
        self._top = max(min(self._top, self.cursor, length - height), self.cursor - height + 1, 0)

    def _item(self, index: int, width: int) -> Row:
        row = self.item(index, width)
        if index != self.cursor or not self.has_focus:
            return row
        back = Style(bgcolor=self.ink("cursor").bgcolor)
        return [Segment(part.text, (part.style or Style()) + back) for part in row]

    # --- what is done --------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + rows, self.length() - 1))
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor; a double click asks for the row."""
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= self._top + offset.y < self.length():
            return
        again = self.cursor == self._top + offset.y and event.chain > 1
        self.action_move(self._top + offset.y - self.cursor)
        if again:
            self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Further down."""
        event.stop()
        self.action_move(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Further up."""
        event.stop()
        self.action_move(-WHEEL)
