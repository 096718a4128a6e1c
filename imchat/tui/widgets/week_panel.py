"""The last seven days of one agent, or of all: a sparkline for each measure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from rich.segment import Segment
from textual.content import Content

from imchat.tui.measured import MEASURES, WEEK, Measure, Value, said, spark
from imchat.tui.widgets.painted import Painted, Row, fitted

NAME, FIGURE, PEAK = 9, 9, 14
GAP = 2
LEAST = NAME + WEEK + FIGURE
"""The least width of a measure: its name, its bars, its value of today."""
WITH_PEAK = LEAST + PEAK
MOST_ROWS = 4
"""A bar needs no more height; one of these is a gap."""
MOST_BAR = 3


class WeekPanel(Painted):
    """Bars from 0 to the greatest of the days, then today's value and the greatest."""

    PREFIX = "week-panel"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"week-panel--{name}" for name in ("name", "bars", "today", "figure")
    }
    DEFAULT_CSS = """
    WeekPanel {
        border: round $border-blurred;
        border-title-color: $text-muted;
        padding: 0 1;
        & > .week-panel--name { color: $text-muted; }
        & > .week-panel--bars { color: $primary 70%; }
        & > .week-panel--today { color: $primary; }
        & > .week-panel--figure { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._days: list[dict[str, Value]] = []
        self._name = ""
        self._today = 0
        self._soon_s = 0

    def show(self, name: str, days: list[dict[str, Value]], *, today: int, soon_s: int) -> None:
        """Show the days, the last of which began at `today`, ms; without any, that they come."""
        self._days, self._today, self._soon_s = days, today, soon_s
        if name != self._name:
            self._name = name
            self.border_title = Content(f"Last {WEEK} days · {name}")
        self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """The measures below each other, in as many columns as they need."""
        if not self._days:
            return [[Segment(fitted("Reading…", width), self.ink("name"))]]
        measures = [m for m in MEASURES.values() if any(_values(self._days, m))]
        measures = measures or [MEASURES["served"]]
        across = min(self._columns_for(len(measures), height - 1), (width + GAP) // (LEAST + GAP))
        across = max(1, across)
        down = -(-len(measures) // across)
        high = max(1, min(MOST_ROWS, (height - 1) // down))
        cell = (width - GAP * (across - 1)) // across
        blocks = [self._block(measure, cell, high) for measure in measures]
        found = [self._across([self._head(cell)] * min(across, len(blocks)), width)]
        for first in range(down):
            beside = blocks[first::down]
            found += [
                self._across([block[row] for block in beside], width) for row in range(high)
            ]
        return found[:height]

    def _columns_for(self, count: int, height: int) -> int:
        return -(-count // max(1, height))

    def _across(self, cells: Sequence[Row], width: int) -> Row:
        row: Row = []
        for n, cell in enumerate(cells):
            row += [Segment(" " * GAP, self.ink())] if n else []
            row += cell
        rest = width - sum(segment.cell_length for segment in row)
        return [*row, Segment(" " * max(0, rest), self.ink())]

    def _bar_width(self, cell: int) -> int:
        return max(1, min(MOST_BAR, (cell - NAME - FIGURE - PEAK) // WEEK))

    def _head(self, cell: int) -> Row:
        """The days by their initials, above the bars."""
        wide = self._bar_width(cell)
        last = datetime.fromtimestamp(self._today / 1000, UTC)
        days = [last - timedelta(days=ago) for ago in reversed(range(len(self._days)))]
        text = "".join(fitted(f"{day:%a}"[: max(1, wide - 1)], wide) for day in days)
        head = " " * NAME + text + "today".rjust(FIGURE)
        return [Segment(fitted(head, cell), self.ink("name"))]

    def _block(self, measure: Measure, cell: int, high: int) -> list[Row]:
        """A measure in so many rows, the last of several empty."""
        values = _values(self._days, measure)
        tall = max(1, high - 1)
        wide = self._bar_width(cell)
        bars = spark(values, tall)
        name = measure.head.format(soon=self._soon_s)
        rows: list[Row] = []
        for n, line in enumerate(bars):
            low = n == tall - 1
            *before, now = ["".join(sign * wide) for sign in line]
            figures = self._figures(values, measure, cell - NAME - WEEK * wide) if low else None
            rows.append([
                Segment(fitted(name if low else "", NAME), self.ink("name")),
                Segment(" " * wide * (WEEK - len(line)) + "".join(before), self.ink("bars")),
                Segment(now, self.ink("today")),
                *(figures or [Segment(" " * (cell - NAME - WEEK * wide), self.ink())]),
            ])
        return [*rows, *([[Segment(" " * cell, self.ink())]] * (high - tall))]

    def _figures(self, values: list[Value], measure: Measure, width: int) -> Row:
        now = said(values[-1], measure.unit).rjust(FIGURE)
        peak = max((value for value in values if value is not None), default=None)
        rest = width - FIGURE
        beside = f"  max {said(peak, measure.unit)}" if rest >= PEAK else ""
        ink = "name" if values[-1] is None else "figure"
        return [
            Segment(fitted(now, FIGURE), self.ink(ink)),
            Segment(fitted(beside if peak is not None else "", rest), self.ink("name")),
        ]


def _values(days: list[dict[str, Value]], measure: Measure) -> list[Value]:
    return [day.get(measure.name) for day in days]
