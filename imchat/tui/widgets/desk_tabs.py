"""The desks in a row: all of them, then each with how many wait at it."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message

from imchat import protocol
from imchat.ids import Desk
from imchat.tui.waits import Limits
from imchat.tui.widgets.painted import Painted, Row, fitted


class DeskTabs(Painted):
    """The chosen desk stands out; those before and after it are kept in sight."""

    PREFIX = "desk-tabs"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"desk-tabs--{name}" for name in ("chosen", "name", "faint", "amber", "red")
    }
    DEFAULT_CSS = """
    DeskTabs {
        height: 1;
        padding: 0 1;
        & > .desk-tabs--chosen { color: $background; background: $primary; text-style: bold; }
        & > .desk-tabs--name { color: $foreground; }
        & > .desk-tabs--faint { color: $text-muted; }
        & > .desk-tabs--amber { color: $text-warning; }
        & > .desk-tabs--red { color: $text-error; text-style: bold; }
    }
    """

    class Picked(Message):
        """A desk was clicked; None is all of them."""

        def __init__(self, desk: Desk | None) -> None:
            super().__init__()
            self.desk = desk

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._desks: dict[str, protocol.DeskSnapshot] = {}
        self._chosen: Desk | None = None
        self._ends: list[tuple[int, Desk | None]] = []

    def show(self, desks: dict[str, protocol.DeskSnapshot], chosen: Desk | None) -> None:
        """Show these desks."""
        self._desks, self._chosen = desks, chosen
        self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """One row, from so far on that the chosen desk and the next are in it."""
        names: list[Desk | None] = [None, *map(Desk, self._desks)]
        tabs = [self._tab(name) for name in names]
        at = names.index(self._chosen) if self._chosen in names else 0
        first = 0
        while first < at and sum(map(cell_len, tabs[first : at + 2])) > width:
            first += 1
        row: Row = []
        self._ends, used = [], 0
        for name, tab in list(zip(names, tabs, strict=True))[first:]:
            room = min(cell_len(tab), width - used)
            if room <= 0:
                break
            row.append(Segment(fitted(tab, room), self.ink(self._look(name))))
            used += room
            self._ends.append((used, name))
        row.append(Segment(" " * (width - used), self.ink()))
        return [row]

    def _tab(self, name: Desk | None) -> str:
        waiting = (
            sum(desk.waiting for desk in self._desks.values())
            if name is None
            else self._desks[name].waiting
        )
        return f" {name or 'all desks'}{f' {waiting:,}' if waiting else ''} "

    def _look(self, name: Desk | None) -> str:
        if name == self._chosen:
            return "chosen"
        if name is None or not self._desks[name].waiting:
            return "faint"
        return self._limits.level(self._desks[name].oldest_wait_s) or "name"

    def on_click(self, event: events.Click) -> None:
        """Show the desk that was clicked."""
        offset = event.get_content_offset(self)
        for end, name in self._ends:
            if offset is not None and offset.x < end:
                self.post_message(self.Picked(name))
                return
