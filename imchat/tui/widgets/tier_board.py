"""The tier buckets side by side, and the agents that move from one to the next."""

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from imchat.ids import Uid
from imchat.tui.desk_view import Agent, DeskView
from imchat.tui.widgets.load_bar import bar_width, is_full, load_bar
from imchat.tui.widgets.painted import Painted, Row, fitted, spread

MIN_COLUMN = 12
GAP = 1
HEADER = 2
MIN_NAME = 11
WIDE_NAME = 20
ROOMY_CARD = 3
"""Rows of a card with its customers below it, and of the space to the next."""
KEPT_CARDS = 4000


class TierBoard(Painted):
    """A column for each tier, the oldest arrival on top; the current tier stands out.

    Where a column has no room for all, its latest arrivals are shown, since they are
    the ones that just moved.
    """

    PREFIX = "tier-board"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"tier-board--{name}"
        for name in ("name", "faint", "full", "current", "tint", "card", "moved", "alarm")
    }
    DEFAULT_CSS = """
    TierBoard {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        & > .tier-board--name { color: $foreground; }
        & > .tier-board--faint { color: $text-muted; }
        & > .tier-board--full { color: $text-warning; }
        & > .tier-board--current { color: $text-primary; text-style: bold; }
        & > .tier-board--tint { background: $primary 10%; }
        & > .tier-board--card { background: $panel; }
        & > .tier-board--moved { color: $foreground; background: $primary 45%; text-style: bold; }
        & > .tier-board--alarm { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view: DeskView | None = None
        self._moved: Mapping[Uid, int] = {}
        self._missing = ""
        self._bar = 0
        self._cards: dict[tuple[object, ...], list[Row]] = {}

    def show(self, view: DeskView | None, moved: Mapping[Uid, int], *, missing: str) -> None:
        """Show a desk; `missing` is said where there is none, or nobody in it."""
        self._view, self._moved, self._missing = view, moved, missing
        title = "Tiers"
        if view is not None and view.tiers:
            current = "every agent is full" if view.tier is None else f"current tier {view.tier}"
            title = f"Tiers · {current}"
        self.entitle(title)
        self.repaint()

    def notify_style_update(self) -> None:
        """Forget cards in the old colours."""
        self._cards.clear()
        super().notify_style_update()

    def rows(self, width: int, height: int) -> list[Row]:
        """The columns joined."""
        if self._view is None or not self._view.tiers:
            return self._rows_of_nothing(width, height)
        self._bar = bar_width([agent for bucket in self._view.tiers for agent in bucket])
        spans = columns(len(self._view.tiers), self._view.tier, width)
        edges = [round(n * (width + GAP) / len(spans)) for n in range(len(spans) + 1)]
        gap = Segment(" " * GAP, self.ink())
        joined: list[Row] = [[] for _ in range(height)]
        for span, left, right in zip(spans, edges, edges[1:], strict=False):
            column = self._column(self._view, span, right - left - GAP, height)
            for row, part in zip(joined, column, strict=True):
                row.extend(part)
                row.append(gap)
        return [row[:-1] for row in joined]

    def _rows_of_nothing(self, width: int, height: int) -> list[Row]:
        lines = self._missing.splitlines()
        top = max(0, (height - len(lines)) // 2)
        style = self.ink("alarm" if self._view is not None and self._view.waiting else "faint")
        said = [[Segment(fitted(line, len(line)).center(width)[:width], style)] for line in lines]
        return [*([] for _ in range(top)), *said][:height]

    # --- a column ------------------------------------------------------------

    def _column(self, view: DeskView, span: range, width: int, height: int) -> list[Row]:
        agents = [agent for tier in span for agent in view.tiers[tier]]
        current = view.tier is not None and view.tier in span
        base = self.ink("tint") if current else self.ink()
        cards = self._cards_of(view, agents, width, height - HEADER, base)
        blank = [Segment(" " * width, base)]
        rows = [*self._header(span, agents, width, base, current=current), *cards]
        return (rows + [blank] * (height - len(rows)))[:height]

    def _header(
        self, span: range, agents: list[Agent], width: int, base: Style, *, current: bool
    ) -> list[Row]:
        name = f"tier {span[0]}" if len(span) == 1 else f"tiers {span[0]}–{span[-1]}"
        full = bool(agents) and all(map(is_full, agents))
        title = spread(
            f"{'▶' if current else ' '} {name}{' full' if full else ''}", f"{len(agents)} ", width
        )
        ink = self.ink("current" if current else "name" if agents else "faint")
        rule, rule_ink = ("━", ink) if current else ("─", self.ink("faint"))
        return [
            [Segment(title, _on(base, ink))],
            [Segment(rule * width, _on(base, rule_ink))],
        ]

    def _cards_of(
        self, view: DeskView, agents: list[Agent], width: int, height: int, base: Style
    ) -> list[Row]:
        """Cards from top to bottom, in as many lanes as all online agents would need."""
        if height <= 0:
            return []
        bar = self._bar
        if view.online * ROOMY_CARD <= height + 1:
            return self._roomy(agents, width, bar, base)
        lanes = min(-(-view.online // height), max(1, width // (bar + MIN_NAME + 3)))
        lane_width = width // lanes
        hidden = len(agents) - lanes * height
        cells = []
        if hidden > 0:
            hidden += 1
            more = fitted(f"  +{hidden} more", lane_width)
            cells = [[Segment(more, _on(base, self.ink("faint")))]]
        cells += [self._card(agent, lane_width, bar, base)[0] for agent in agents[max(0, hidden):]]
        blank = Segment(" " * lane_width, base)
        rest = Segment(" " * (width - lanes * lane_width), base)
        rows = []
        for y in range(min(height, len(cells))):
            row: Row = []
            for lane in range(lanes):
                at = lane * height + y
                row.extend(cells[at] if at < len(cells) else [blank])
            rows.append([*row, rest] if rest.text else row)
        return rows

    def _roomy(self, agents: list[Agent], width: int, bar: int, base: Style) -> list[Row]:
        rows: list[Row] = []
        for agent in agents:
            rows += [*self._card(agent, width, bar, self.ink("card"), tall=True)]
            rows.append([Segment(" " * width, base)])
        return rows[:-1]

    # --- a card --------------------------------------------------------------

    def _card(
        self, agent: Agent, width: int, bar: int, base: Style, *, tall: bool = False
    ) -> list[Row]:
        way = self._moved.get(agent.uid, 0)
        key = (
            agent.name, agent.uid, agent.load, agent.capacity, tuple(agent.customers),
            way, width, bar, base.bgcolor, tall,
        )
        if key not in self._cards:
            if len(self._cards) >= KEPT_CARDS:
                self._cards.clear()
            self._cards[key] = self._draw_card(agent, way, width, bar, base, tall=tall)
        return self._cards[key]

    def _draw_card(
        self, agent: Agent, way: int, width: int, bar: int, base: Style, *, tall: bool
    ) -> list[Row]:
        mark = {1: "▸", -1: "◂"}.get(way, " ")
        room = width - bar - 3
        name_width = room if tall or room < 2 * WIDE_NAME else WIDE_NAME
        who = ", ".join(agent.customers)
        beside = fitted("  " + who, room - name_width) if name_width < room else ""

        def ink(name: str) -> Style:
            return self.ink("moved") if way else _on(base, self.ink(name))

        first = [
            Segment(f"{mark}{fitted(agent.name or agent.uid, name_width)} ", ink("name")),
            Segment(load_bar(agent).ljust(bar), ink("full" if is_full(agent) else "faint")),
            Segment(f"{beside} ", ink("faint")),
        ]
        if not tall:
            return [first]
        return [first, [Segment(" " + fitted(who or "no chat", width - 1), ink("faint"))]]


def _on(base: Style, ink: Style) -> Style:
    """An ink on another background than the widget's."""
    return ink + Style(bgcolor=base.bgcolor)


def columns(tiers: int, current: int | None, width: int) -> list[range]:
    """Which tiers stand in which column of so many cells.

    Where there is no room for all, those far below and far above the current tier
    share a column.
    """
    fit = max(3, (width + GAP) // (MIN_COLUMN + GAP))
    if tiers <= fit:
        return [range(tier, tier + 1) for tier in range(tiers)]
    alone = fit - 2
    middle = tiers - 1 if current is None else current
    first = min(max(1, middle - alone // 2), tiers - alone - 1)
    singles = [range(tier, tier + 1) for tier in range(first, first + alone)]
    return [range(first), *singles, range(first + alone, tiers)]
