"""The tier buckets side by side, and the agents that move from one to the next."""

import time
from collections.abc import Container, Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer

from imchat.ids import Uid
from imchat.tui.desk_view import Agent, DeskView
from imchat.tui.tier_layout import GAP, HEADER, NOTHING, Card, Column, lay_out, next_card
from imchat.tui.widgets.flights import Flights
from imchat.tui.widgets.list_keys import LIST_KEYS
from imchat.tui.widgets.load_bar import is_full, load_bar
from imchat.tui.widgets.painted import Row, fitted, laid_over, listed, spread
from imchat.tui.widgets.painted_list import PaintedCursor

FRAMES_A_SECOND = 20
WIDE_NAME = 20
"""A card with room for more than two such names shows its customers beside the load."""
KEPT_CARDS = 4000


class TierBoard(PaintedCursor):
    """A column for each tier; the current one stands out, and so does who just moved."""

    PREFIX = "tier-board"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"tier-board--{name}"
        for name in (
            "name", "faint", "full", "current", "tint", "card", "moved", "alarm", "cursor",
        )
    }
    DEFAULT_CSS = """
    TierBoard {
        border: round $border-blurred;
        border-title-color: $text-muted;
        padding: 0 1;
        &:focus { border: round $primary; }
        & > .tier-board--name { color: $foreground; }
        & > .tier-board--faint { color: $text-muted; }
        & > .tier-board--full { color: $text-warning; }
        & > .tier-board--current { color: $text-primary; text-style: bold; }
        & > .tier-board--tint { background: $primary 10%; }
        & > .tier-board--card { background: $panel; }
        & > .tier-board--moved { color: $foreground; background: $primary 45%; text-style: bold; }
        & > .tier-board--alarm { color: $text-error; text-style: bold; }
        & > .tier-board--cursor { background: $primary 20%; }
        &.-full { border-title-color: $text-warning; }
    }
    """

    BINDING_GROUP_TITLE = "Tiers"
    BINDINGS: ClassVar[list[BindingType]] = [
        *LIST_KEYS,
        Binding("left", "across(-1)", "Column before", id="tiers_left", show=False),
        Binding("right", "across(1)", "Next column", id="tiers_right", show=False),
        Binding("enter", "choose", "Open", id="list_choose", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.entitle("Tiers")
        self._view: DeskView | None = None
        self._moved: Mapping[Uid, int] = {}
        self._missing = ""
        self._places = NOTHING
        self._size_of_places = (0, 0)
        self._flights = Flights()
        self._drawn: dict[tuple[object, ...], list[Row]] = {}
        self._frames: Timer | None = None
        self._cursor: Uid | None = None
        self._marked: Uid | None = None
        """Whose card is drawn as the one under the cursor."""

    @property
    def at_cursor(self) -> Agent | None:
        """Whose card is under the cursor; who moves to another column takes it along."""
        if self._cursor not in self._places.cards:
            self._cursor = next(iter(self._places.cards), None)
        return None if self._cursor is None else self._places.cards[self._cursor].agent

    def on_mount(self) -> None:
        """Cards fly from frame to frame."""
        self._frames = self.set_interval(1 / FRAMES_A_SECOND, self._frame, pause=True)

    def show(self, view: DeskView | None, moved: Mapping[Uid, int], *, missing: str) -> None:
        """Show a desk; `missing` is said where there is none, or nobody in it."""
        same_desk = self._view is not None and view is not None and self._view.desk == view.desk
        self._view, self._moved, self._missing = view, moved, missing
        before = self._places
        self._lay_out(*self.content_size)
        if same_desk and self.app.animation_level != "none":
            self._flights.begin(before, self._places, time.monotonic())
        if self._flights and self._frames is not None:
            self._frames.resume()
        self.set_class(view is not None and bool(view.tiers) and view.tier is None, "-full")
        self.entitle(_title(view))
        self.repaint()

    def _frame(self) -> None:
        self.repaint()
        if not self._flights and self._frames is not None:
            self._frames.pause()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the card; a double click asks for it."""
        at = event.get_content_offset(self)
        for uid, card in self._places.cards.items():
            if (
                at is not None
                and card.y <= at.y <= card.y + card.tall
                and card.x <= at.x < card.x + card.width
            ):
                if uid == self._cursor and event.chain > 1:
                    self.action_choose()
                self._cursor = uid
                self.repaint()

    def length(self) -> int:
        """Those that have a card."""
        return len(self._places.cards)

    def action_move(self, rows: int) -> None:
        """Move the cursor down its column, or up."""
        self._step(0, rows)

    def action_across(self, columns: int) -> None:
        """Move the cursor to the column beside."""
        self._step(columns, 0)

    def _step(self, across: int, down: int) -> None:
        if (agent := self.at_cursor) is not None:
            self._cursor = next_card(self._places, agent.uid, across, down)
            self.repaint()

    def notify_style_update(self) -> None:
        """Forget cards in the old colours."""
        self._drawn.clear()
        super().notify_style_update()

    def _lay_out(self, width: int, height: int) -> None:
        self._size_of_places = (width, height)
        self._places = lay_out(self._view, width, height) if self._view else NOTHING

    # --- rows ----------------------------------------------------------------

    def rows(self, width: int, height: int) -> list[Row]:
        """The columns side by side, and over them the cards that fly."""
        if (width, height) != self._size_of_places:  # colours may be new before the size is told
            self._flights = Flights()
            self._lay_out(width, height)
        places = self._places
        shown = self.at_cursor if self.has_focus else None
        self._marked = None if shown is None else shown.uid
        if not places.columns:
            return self._rows_of_nothing(width, height)
        flying = {
            card.agent.uid: card for card in self._flights.under_way(places, time.monotonic())
        }
        gap = Segment(" " * GAP, self.ink())
        columns = [self._column(column, height, flying.keys()) for column in places.columns]
        rows = [
            [cell for part in parts for cell in (gap, *part)][1:]
            for parts in zip(*columns, strict=True)
        ]
        for card in flying.values():
            for y, part in enumerate(self._card(card, self.ink()), start=card.y):
                if y < height:
                    rows[y] = laid_over(rows[y], part, card.x)
        return rows

    def _rows_of_nothing(self, width: int, height: int) -> list[Row]:
        lines = self._missing.splitlines()
        ink = self.ink("alarm" if self._view is not None and self._view.waiting else "faint")
        said = [[Segment(fitted(line, width).rstrip().center(width), ink)] for line in lines]
        return [*([] for _ in range((height - len(lines)) // 2)), *said][:height]

    def _column(self, column: Column, height: int, absent: Container[Uid]) -> list[Row]:
        base = self.ink("tint") if column.current else self.ink()
        rows = self._header(column, base) + [[] for _ in range(height - HEADER)]
        # How far each row is painted; measuring them would cost more than all the rest.
        ends = [column.width] * HEADER + [0] * (height - HEADER)
        if column.hidden:
            more = fitted(f"  +{column.hidden:,} more", column.lane)
            rows[HEADER].append(Segment(more, _on(base, self.ink("faint"))))
            ends[HEADER] = column.lane
        for card in column.cards:
            if card.agent.uid not in absent:
                for y, part in enumerate(self._card(card, base), start=card.y):
                    if card.x - column.x > ends[y]:
                        rows[y].append(Segment(" " * (card.x - column.x - ends[y]), base))
                    rows[y] += part
                    ends[y] = card.x - column.x + card.width
        for row, end in zip(rows, ends, strict=True):
            if end < column.width:
                row.append(Segment(" " * (column.width - end), base))
        return rows[:height]

    def _header(self, column: Column, base: Style) -> list[Row]:
        count = f"{len(column.agents):,}"
        mark = "▶" if column.current else " "
        # The longest that there is room for.
        title = next(
            (t for t in _names(column) if 2 + cell_len(t) + len(count) < column.width), ""
        )
        ink = self.ink("current" if column.current else "name" if column.agents else "faint")
        rule, rule_ink = ("━", ink) if column.current else ("─", self.ink("faint"))
        return [
            [Segment(spread(f"{mark} {title}", count, column.width), _on(base, ink))],
            [Segment(rule * column.width, _on(base, rule_ink))],
        ]

    # --- a card --------------------------------------------------------------

    def _card(self, card: Card, base: Style) -> list[Row]:
        agent, way = card.agent, self._moved.get(card.agent.uid, 0)
        marked = agent.uid == self._marked
        key = (
            agent.name, agent.uid, agent.load, agent.capacity, tuple(agent.customers),
            way, marked, card.width, card.tall, self._places.bar, base.bgcolor,
        )
        if key not in self._drawn:
            if len(self._drawn) >= KEPT_CARDS:
                self._drawn.clear()
            back = self.ink("cursor") if marked else self.ink("card") if card.tall else base
            self._drawn[key] = self._draw_card(card, way, back)
        return self._drawn[key]

    def _draw_card(self, card: Card, way: int, base: Style) -> list[Row]:
        """A row of the name and the load, beside or below it the customers."""
        agent, bar = card.agent, self._places.bar
        room = max(0, card.width - bar - 3)
        name_width = room if card.tall or room < 2 * WIDE_NAME else WIDE_NAME
        beside = listed(agent.customers, room - name_width)

        def ink(name: str) -> Style:
            return self.ink("moved") if way else _on(base, self.ink(name))

        mark = {1: "▸", -1: "◂"}.get(way, " ")
        name_ink = "full" if is_full(agent) and not bar else "name"
        load = fitted(load_bar(agent), min(bar, card.width - 3)) + " "
        row = [
            Segment(f"{mark}{fitted(agent.name or agent.uid, name_width)} ", ink(name_ink)),
            Segment(load, ink("full" if is_full(agent) else "faint")),
        ]
        if beside:
            row.append(Segment(beside, ink("faint")))
        if not card.tall:
            return [row]
        below = listed(agent.customers or ["no chat"], card.width - 2)
        return [row, [Segment(f" {below} ", ink("faint"))]]


def _names(column: Column) -> list[str]:
    """What a column may be called, from long to short."""
    first, last = column.tiers[0], column.tiers[-1]
    which = f"{first}" if first == last else f"{first}–{last}"
    full = bool(column.agents) and all(map(is_full, column.agents))
    return [*([f"tier {which} full"] if full else []), f"tier {which}", which]


def _title(view: DeskView | None) -> str:
    if view is None or not view.tiers:
        return "Tiers"
    online = [agent for tier in view.tiers for agent in tier]
    slots = sum(max(agent.capacity, agent.load) for agent in online)
    taken = f"{sum(agent.load for agent in online):,} of {slots:,} slots taken"
    if view.tier is None:
        return f"Tiers · every agent is full · {taken}"
    return f"Tiers · current tier {view.tier} · {taken}"


def _on(base: Style, ink: Style) -> Style:
    """An ink on another background than the widget's."""
    return ink + Style(bgcolor=base.bgcolor)
