"""A chart of the last minutes that moves to the left, a bar for each few seconds."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment

from imchat.tui.widgets.painted import Painted, Row, spread

LEAST_STEP_S = 5
LEAST_SPAN_S = 300
"""A bar stands for so many samples, or for more where there are few cells for the span."""
BARS = " ▁▂▃▄▅▆▇█"


class Trend(Painted):
    """Bars from zero, the newest at the right end, and below them what they span."""

    PREFIX = "trend"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"trend--bar", "trend--faint"}
    DEFAULT_CSS = """
    Trend {
        & > .trend--bar { color: $primary 75%; }
        & > .trend--faint { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._samples: Sequence[int] = ()
        self._taken = 0

    def show(self, samples: Sequence[int], taken: int) -> None:
        """Show the samples; `taken` counts those ever taken, so that bars keep their place."""
        self._samples, self._taken = samples, taken
        self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """The bars, a row of them for each eight levels, and the legend."""
        step = max(LEAST_STEP_S, -(-LEAST_SPAN_S // width))
        peaks = bars(self._samples, self._taken, step)[-width:]
        levels = (height - 1) * (len(BARS) - 1)
        peak = max(peaks, default=0)
        heights = [-(-value * levels // max(peak, 4)) for value in peaks]
        rows = [self._bar_row(heights, row, width) for row in reversed(range(height - 1))]
        return [*rows, [Segment(self._legend(peak, step, width), self.ink("faint"))]]

    def _bar_row(self, heights: list[int], row: int, width: int) -> Row:
        full = len(BARS) - 1
        signs = [BARS[max(0, min(full, height - row * full))] for height in heights]
        if row == 0:
            # A line of zero, so that an empty queue is seen to be watched.
            signs = [BARS[1] if sign == " " else sign for sign in signs]
        return [Segment("".join(signs).rjust(width), self.ink("bar"))]

    def _legend(self, peak: int, step: int, width: int) -> str:
        if not self._samples:
            return " " * width
        shown = min(len(self._samples), width * step)
        span = f"{shown // 60} min" if shown >= 60 else f"{shown} s"
        return spread(span, f"peak {peak:,}", width)


def bars(samples: Sequence[int], taken: int, step: int) -> list[int]:
    """The highest of each `step` samples, oldest first.

    A bar begins at a multiple of `step` of all samples ever taken, so it keeps its
    samples as more come.
    """
    found: dict[int, int] = {}
    for index, value in enumerate(samples, start=taken - len(samples)):
        bar = index // step
        found[bar] = max(found.get(bar, 0), value)
    return list(found.values())
