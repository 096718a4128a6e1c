"""Charts of the last hour: the queue, who asked and who was served."""

import time
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment

from imchat.tui.past import Past, bars
from imchat.tui.widgets.painted import Painted, Row, fitted, spread

SPANS_MIN = (30, 60, 5)
"""The first is shown at the beginning."""
BARS = " ▁▂▃▄▅▆▇█"
LEAST_PEAK = 4
"""A chart is at least so high, so that a single customer is not a mountain."""
NAME, FIGURE = 7, 9
TIGHT, TIGHT_FIGURE = 36, 5
"""Under this width figures stand without their words."""
OLD_STEPS = 3


@dataclass(frozen=True, slots=True)
class _Chart:
    """A series as it is drawn: bars, and what is said beside them."""

    name: str
    ink: str
    bars: list[int]
    figure: str


class TrendsPanel(Painted):
    """Three charts on one axis of time, which ends now."""

    PREFIX = "trends-panel"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"trends-panel--{name}" for name in ("queue", "arrived", "served", "faint")
    }
    DEFAULT_CSS = """
    TrendsPanel {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-warning;
        padding: 0 1;
        & > .trends-panel--queue { color: $primary 70%; }
        & > .trends-panel--arrived { color: $accent 60%; }
        & > .trends-panel--served { color: $success 60%; }
        & > .trends-panel--faint { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._span = 0
        self._past: Past | None = None
        self._missing = ""
        self._entitle()

    @property
    def minutes(self) -> int:
        """How much of the past is shown."""
        return SPANS_MIN[self._span]

    def next_span(self) -> None:
        """Show more of the past, or less."""
        self._span = (self._span + 1) % len(SPANS_MIN)
        self._entitle()
        self.repaint()

    def show(self, past: Past | None, now_ms: int, *, missing: str) -> None:
        """Show the past; `missing` is said where there is none."""
        self._past, self._missing = past, missing
        age = 0 if past is None else now_ms // (past.step_s * 1000) - past.newest
        self._entitle(age * past.step_s if past and age >= OLD_STEPS else 0)
        self.repaint()

    def on_click(self) -> None:
        """Show more of the past, or less."""
        self.next_span()

    def _entitle(self, old_s: int = 0) -> None:
        self.entitle(f"Last {self.minutes} min", f"{old_s} s old" if old_s else "")

    # --- how it looks --------------------------------------------------------

    def rows(self, width: int, height: int) -> list[Row]:
        """The charts, the queue's the highest, and the axis below them."""
        if self._past is None or not self._past.waiting:
            return [[Segment(fitted(self._missing, width), self.ink("faint"))]]
        beside = FIGURE if width >= TIGHT else TIGHT_FIGURE
        charts = self._charts(self._past, max(1, width - NAME - beside), worded=width >= TIGHT)
        if height < 4:
            charts = charts[:height]
        axis = height > len(charts)
        rows: list[Row] = []
        for chart, high in zip(charts, _heights(len(charts), height - axis), strict=True):
            rows += self._drawn(chart, width, high, beside)
        return [*rows, *([self._axis(width, beside)] if axis else [])]

    def _charts(self, past: Past, width: int, *, worded: bool) -> list[_Chart]:
        steps = self.minutes * 60 // past.step_s

        def chart(name: str, ink: str, values: list[int]) -> _Chart:
            shown = bars(values, past.newest, steps=steps, width=width, join=sum)
            whole = sum(values[-steps:])
            figure = f"{whole / self.minutes:.1f}{'/min' * worded}"
            return _Chart(name, ink, shown, figure)

        highest = bars(past.waiting, past.newest, steps=steps, width=width, join=max)
        peak = f"{'peak ' * worded}{max(highest, default=0):,}"
        return [
            _Chart("queue", "queue", highest, peak),
            chart("asked", "arrived", past.arrived),
            chart("served", "served", past.served),
        ]

    def _drawn(self, chart: _Chart, width: int, height: int, beside: int) -> list[Row]:
        room = max(1, width - NAME - beside)
        full = len(BARS) - 1
        peak = max(*chart.bars, LEAST_PEAK)
        levels = [-(-value * height * full // peak) for value in chart.bars]
        edges = [round(n * room / len(levels)) for n in range(len(levels) + 1)]
        rows: list[Row] = []
        for row in reversed(range(height)):
            signs = [BARS[max(0, min(full, level - row * full))] for level in levels]
            if row == 0:
                # A line of zero, so that an empty queue is seen to be watched.
                signs = [BARS[1] if sign == " " else sign for sign in signs]
            drawn = "".join(
                sign * (right - left)
                for sign, left, right in zip(signs, edges, edges[1:], strict=False)
            )
            name, figure = (chart.name, chart.figure) if row == 0 else ("", "")
            rows.append([
                Segment(fitted(name, NAME), self.ink("faint")),
                Segment(drawn, self.ink(chart.ink)),
                Segment(fitted(figure.rjust(beside), beside), self.ink("faint")),
            ])
        return rows

    def _axis(self, width: int, beside: int) -> Row:
        assert self._past is not None
        end = (self._past.newest + 1) * self._past.step_s
        begin = time.strftime("%H:%M", time.localtime(end - self.minutes * 60))
        room = max(1, width - NAME - beside)
        text = spread(begin, "now", room)
        return [Segment(fitted(" " * NAME + text, width), self.ink("faint"))]


def _heights(charts: int, height: int) -> list[int]:
    """Rows for each chart: the first has a half of what there is, the others share the rest."""
    if charts < 2:
        return [height] * charts
    other = max(1, height // (charts + 1))
    return [height - other * (charts - 1), *[other] * (charts - 1)]
