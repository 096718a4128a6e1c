"""Who waits, first the one that is served next."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType

from imchat.tui.desk_view import DeskView, Waiter
from imchat.tui.waits import Limits, clock
from imchat.tui.widgets.painted import Painted, Row, fitted


class QueueHead(Painted, can_focus=True):
    """A row for each of those whom the snapshot names; how many more wait stands below."""

    PREFIX = "queue-head"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue-head--name", "queue-head--faint", "queue-head--amber", "queue-head--red",
    }
    DEFAULT_CSS = """
    QueueHead {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        &:focus { border: round $primary; }
        & > .queue-head--name { color: $foreground; }
        & > .queue-head--faint { color: $text-muted; }
        & > .queue-head--amber { color: $text-warning; }
        & > .queue-head--red { color: $text-error; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", "Up", id="queue_up", show=False),
        Binding("down", "scroll_by(1)", "Down", id="queue_down", show=False),
        Binding("pageup", "scroll_by(-10)", "Page up", id="queue_page_up", show=False),
        Binding("pagedown", "scroll_by(10)", "Page down", id="queue_page_down", show=False),
        Binding("home", "scroll_by(-1000)", "First", id="queue_first", show=False),
        Binding("end", "scroll_by(1000)", "Last", id="queue_last", show=False),
    ]

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self.entitle("Next in the queue")
        self._view: DeskView | None = None
        self._desks_named = False
        self._top = 0

    def show(self, view: DeskView | None, *, name_desks: bool) -> None:
        """Show who waits, and at which desk if that is asked for."""
        self._view, self._desks_named = view, name_desks
        self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """The places from where it was scrolled to."""
        if self._view is None:
            return []
        head = self._view.head
        self._top = max(0, min(self._top, len(head) - height))
        below = self._view.waiting - self._top - height
        self.entitle(
            "Next in the queue" if self._top == 0 else f"In the queue from {self._top + 1}",
            f"+{below:,} more" if below > 0 else "",
        )
        if not head:
            return [[Segment(fitted("Nobody waits.", width), self.ink("faint"))]]
        shown = head[self._top : self._top + height]
        return [self._place(n, who, width) for n, who in enumerate(shown, start=self._top + 1)]

    def _place(self, number: int, who: Waiter, width: int) -> Row:
        waited = clock(who.waited_s)
        place = f"{number:>2} "
        room = width - cell_len(place) - len(waited) - 1
        desk = fitted(f" {who.desk}", min(16, room // 3)) if self._desks_named else ""
        return [
            Segment(place, self.ink("faint")),
            Segment(fitted(who.customer, room - cell_len(desk)), self.ink("name")),
            Segment(f"{desk} ", self.ink("faint")),
            Segment(waited, self.ink(self._limits.level(who.waited_s) or "faint")),
        ]

    def action_scroll_by(self, rows: int) -> None:
        """Show what stands so many rows further down."""
        self._top = max(0, self._top + rows)
        self.repaint()

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """Further down."""
        self.action_scroll_by(1)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """Further up."""
        self.action_scroll_by(-1)
