"""The keys that move the cursor in every list, table and board alike."""

from textual.binding import Binding, BindingType
from textual.widget import Widget

FAR = 1_000_000

LIST_KEYS: list[BindingType] = [
    Binding("up", "move(-1)", "Up", id="list_up", show=False),
    Binding("down", "move(1)", "Down", id="list_down", show=False),
    Binding("pageup", "page(-1)", "Page up", id="list_page_up", show=False),
    Binding("pagedown", "page(1)", "Page down", id="list_page_down", show=False),
    Binding("home", f"move({-FAR})", "First", id="list_first", show=False),
    Binding("end", f"move({FAR})", "Last", id="list_last", show=False),
]
"""For widgets that are `Listed`."""


class Listed:
    """What LIST_KEYS do in a widget: `action_move()` says how its cursor goes down, or up."""

    def action_move(self, rows: int) -> None:
        """Move the cursor, as far as there are rows. For the widgets to write."""
        raise NotImplementedError

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is seen, less a row by which one knows where one was."""
        assert isinstance(self, Widget)
        self.action_move(pages * max(1, self.content_size.height - 1))
