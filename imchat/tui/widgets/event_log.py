"""What happens at the site, a line an event, as it happens."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.timer import Timer

from imchat import protocol
from imchat.ids import Desk, Uid
from imchat.tui.happenings import UNHEARD, Tone, in_words
from imchat.tui.widgets.painted import Row, fitted
from imchat.tui.widgets.painted_list import PaintedList

KEPT = 2_000
DRAWN_EVERY_S = 0.25
"""Each new line moves all that are seen, so they are gathered."""

Place = tuple[int, int]
"""Of an event in the order of all."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is shown."""

    event: protocol.Happening
    clock: str
    tone: Tone
    words: str


class EventLog(PaintedList):
    """The newest at the end, where the cursor stays until it is moved up or the log paused."""

    PREFIX = "event-log"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"event-log--{name}"
        for name in ("time", "plain", "good", "warn", "bad", "faint", "cursor")
    }
    DEFAULT_CSS = """
    EventLog {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-warning;
        padding: 0 1;
        &:focus { border: round $primary; }
        & > .event-log--time { color: $text-muted; }
        & > .event-log--plain { color: $foreground; }
        & > .event-log--good { color: $text-success; }
        & > .event-log--warn { color: $text-warning; }
        & > .event-log--bad { color: $text-error; }
        & > .event-log--faint { color: $text-muted; }
        & > .event-log--cursor { background: $primary 20%; }
    }
    """
    BINDING_GROUP_TITLE = "Events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", id="pause_log"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kept: deque[Told] = deque(maxlen=KEPT)
        self._held: list[Told] = []
        self._shown: list[Told] = []
        self._desk: Desk | None = None
        self._name_desks = False
        self._filter = ""
        self._names: Mapping[Uid, str] = {}
        self._heard_to: Place = (0, 0)
        self._follows = True
        self._soon: Timer | None = None
        self.paused = False
        self._title()

    @property
    def at_cursor(self) -> protocol.Happening | None:
        """The event under the cursor."""
        return self._shown[self.cursor].event if self.cursor < len(self._shown) else None

    # --- what there is -------------------------------------------------------

    def add(
        self, events: list[protocol.Happening], names: Mapping[Uid, str], *, cut: bool = False
    ) -> None:
        """Add what happened, oldest first; what was known of it is there once all the same.

        `names` are those of agents; `cut` says that what came before is left out.
        """
        self._names = dict(self._names) | dict(names)
        first = _place(events[0])
        if first <= self._heard_to:
            self._forget_from(first)
        elif cut and self._heard_to > (0, 0):
            hole = protocol.Happening(id=events[0].id, at=events[0].at, what=UNHEARD)
            events = [hole, *events]
        self._heard_to = _place(events[-1])
        told = [entry for event in events if (entry := self._told(event)) is not None]
        if self.paused:
            self._held = [*self._held, *told][-KEPT:]
        else:
            self._keep(told)
        if self._soon is None and self.is_mounted:
            self._soon = self.set_timer(DRAWN_EVERY_S, self._show)

    def _show(self) -> None:
        self._soon = None
        self._title()
        self.repaint()

    def _forget_from(self, first: Place) -> None:
        before = (told for told in self._kept if _place(told.event) < first)
        self._kept = deque(before, maxlen=KEPT)
        self._held = [told for told in self._held if _place(told.event) < first]
        self._choose()

    def look_at(self, desk: Desk | None, *, name_desks: bool) -> None:
        """Show only a desk's events and those of no desk; name desks if that is asked for."""
        if (desk, name_desks) != (self._desk, self._name_desks):
            self._desk, self._name_desks = desk, name_desks
            said = [(told, self._told(told.event)) for told in self._kept]
            self._kept = deque((new or old for old, new in said), maxlen=KEPT)
            self._choose()
            self._title()
            self.repaint()

    def narrow(self, text: str) -> None:
        """Show only those events with this text in their words."""
        if text != self._filter:
            self._filter = text
            self._choose()
            self._title()
            self.repaint()

    @property
    def filter(self) -> str:
        """The text that is looked for."""
        return self._filter

    def _told(self, event: protocol.Happening) -> Told | None:
        said = in_words(
            event, lambda uid: self._names.get(uid) or uid, name_desks=self._name_desks
        )
        if said is None:
            return None
        clock = time.strftime("%H:%M:%S", time.localtime(event.at / 1000))
        return Told(event, clock, *said)

    def _keep(self, told: list[Told]) -> None:
        dropped = max(0, len(self._kept) + len(told) - KEPT)
        gone = sum(self._is_wanted(t) for t in islice(self._kept, dropped))
        self._kept.extend(told)
        self._shown = [*self._shown[gone:], *filter(self._is_wanted, told)]
        self._shown = self._shown[-KEPT:]
        self.cursor = max(0, len(self._shown) - 1 if self._follows else self.cursor - gone)
        self._top = max(0, self._top - gone)

    def _choose(self) -> None:
        at = self.at_cursor
        self._shown = [told for told in self._kept if self._is_wanted(told)]
        places = (n for n, told in enumerate(self._shown) if told.event is at)
        self.cursor = max(0, len(self._shown) - 1)
        if not self._follows:
            self.cursor = next(places, self.cursor)

    def _is_wanted(self, told: Told) -> bool:
        desks = told.event.desk.split(",")
        if self._desk is not None and told.event.desk and self._desk not in desks:
            return False
        return self._filter.casefold() in told.words.casefold()

    # --- how it looks --------------------------------------------------------

    def length(self) -> int:
        """Those that are wanted."""
        return len(self._shown)

    def item(self, index: int, width: int) -> Row:
        """When, and what."""
        told = self._shown[index]
        clock = f"{told.clock} " if width >= 40 else f"{told.clock[:5]} "
        return [
            Segment(clock, self.ink("time")),
            Segment(fitted(told.words, width - len(clock)), self.ink(told.tone)),
        ]

    def nothing(self, width: int) -> list[Row]:
        """Why nothing is shown."""
        why = "Nothing of that happened." if self._filter else "No events yet."
        return [[Segment(fitted(why, width), self.ink("faint"))]]

    def _title(self) -> None:
        parts = ["Events"]
        if self._filter:
            parts.append(f"“{self._filter}”: {len(self._shown):,} of {len(self._kept):,}")
        note = ""
        if self.paused:
            note = f"paused, {len(self._held):,} new" if self._held else "paused"
        elif not self._follows:
            height = self.content_size.height
            self._keep_in_sight(height)
            below = len(self._shown) - self._top - height
            note = f"↓ {below:,} newer" if below > 0 else ""
        self.entitle(" · ".join(parts), note)

    def on_resize(self) -> None:
        """Other events are in sight; Textual calls this besides the one of all painted."""
        self._title()

    # --- what is done --------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move; at the end, follow what comes."""
        super().action_move(rows)
        self._follows = self.cursor >= self.length() - 1
        self._title()

    def action_pause(self) -> None:
        """Hold back what comes, or show all that was held back."""
        self.paused = not self.paused
        if not self.paused:
            self._keep(self._held)
            self._held = []
        self._title()
        self.repaint()


def _place(event: protocol.Happening) -> Place:
    ms, _, number = event.id.partition("-")
    return int(ms), int(number)
