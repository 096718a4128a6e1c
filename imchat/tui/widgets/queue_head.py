"""Who waits, first the one that is served next."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment

from imchat.tui.desk_view import DeskView, Waiter
from imchat.tui.waits import Limits, clock
from imchat.tui.widgets.painted import Row, fitted
from imchat.tui.widgets.painted_list import PaintedList


class QueueHead(PaintedList):
    """A row for each of those whom the snapshot names; how many more wait stands below.

    The cursor stays on its customer while that waits.
    """

    PREFIX = "queue-head"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"queue-head--{name}" for name in ("name", "faint", "amber", "red", "cursor")
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
        & > .queue-head--cursor { background: $primary 20%; }
    }
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self.entitle("Next in the queue")
        self._view: DeskView | None = None
        self._desk_width = 0
        """What the longest desk's name takes, with a gap; 0 where none is named."""

    @property
    def at_cursor(self) -> Waiter | None:
        """Who stands under the cursor."""
        head = self._view.head if self._view else []
        return head[self.cursor] if self.cursor < len(head) else None

    def show(self, view: DeskView | None, *, name_desks: bool) -> None:
        """Show who waits, and at which desk if that is asked for."""
        # Who opens the list sees its head move up; who has gone down in it keeps the place.
        before = self.at_cursor if self.cursor else None
        self._view = view
        named = view.head if view is not None and name_desks else []
        self._desk_width = max((1 + cell_len(who.desk) for who in named), default=0)
        if before is not None and view is not None:
            places = (n for n, who in enumerate(view.head) if who.chat == before.chat)
            self.cursor = next(places, self.cursor)
        self.repaint()

    def length(self) -> int:
        """Those that the snapshot names."""
        return len(self._view.head) if self._view else 0

    def nothing(self, width: int) -> list[Row]:
        """Nobody, which is good."""
        if self._view is None:
            return []
        return [[Segment(fitted("Nobody waits.", width), self.ink("faint"))]]

    def rows(self, width: int, height: int) -> list[Row]:
        """The places around the cursor, and how many there are below."""
        rows = super().rows(width, height)
        below = (self._view.waiting if self._view else 0) - self._top - height
        self.entitle(
            "Next in the queue" if self._top == 0 else f"In the queue from {self._top + 1}",
            f"+{below:,} more" if below > 0 else "",
        )
        return rows

    def item(self, index: int, width: int) -> Row:
        """The place, the customer, maybe the desk, and how long it has waited."""
        assert self._view is not None
        who = self._view.head[index]
        waited = clock(who.waited_s)
        place = f"{index + 1:>2} "
        room = width - cell_len(place) - len(waited) - 1
        desk = fitted(f" {who.desk}", min(self._desk_width, 16, room // 2))
        return [
            Segment(place, self.ink("faint")),
            Segment(fitted(who.customer, room - cell_len(desk)), self.ink("name")),
            Segment(f"{desk} ", self.ink("faint")),
            Segment(waited, self.ink(self._limits.level(who.waited_s) or "faint")),
        ]
