"""How well customers were served today."""

from typing import ClassVar, NamedTuple

from rich.segment import Segment

from imchat import protocol
from imchat.tui.past import percent
from imchat.tui.waits import clock
from imchat.tui.widgets.painted import Painted, Row, fitted, spread

GAP = 2
GAUGE_FROM = 26
"""The width from which there is room for a gauge between a name and its figure."""
NAME, FIGURE = 11, 7
GOOD, FAIR = 0.8, 0.6
"""Of those that were served or left, so many in time is well, and is not bad."""


class Figure(NamedTuple):
    """A name, a figure, and how much of a whole it is, if it is a share."""

    name: str
    text: str
    share: float | None = None
    ink: str = "figure"


class TodayPanel(Painted):
    """Shares as gauges where there is room, times as means."""

    PREFIX = "today-panel"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"today-panel--{name}" for name in ("name", "figure", "good", "warn", "bad", "rest")
    }
    DEFAULT_CSS = """
    TodayPanel {
        border: round $border-blurred;
        border-title-color: $text-muted;
        padding: 0 1;
        & > .today-panel--name { color: $text-muted; }
        & > .today-panel--figure { color: $foreground; text-style: bold; }
        & > .today-panel--good { color: $text-success; text-style: bold; }
        & > .today-panel--warn { color: $text-warning; text-style: bold; }
        & > .today-panel--bad { color: $text-error; text-style: bold; }
        & > .today-panel--rest { color: $border-blurred; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.entitle("Today, UTC")
        self._today: protocol.Today | None = None
        self._missing = ""

    def show(self, today: protocol.Today | None, *, missing: str) -> None:
        """Show these sums; `missing` is said where there are none."""
        if (today, missing) != (self._today, self._missing):
            self._today, self._missing = today, missing
            self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """One below the other where there is room, else in two columns."""
        if self._today is None:
            return [[Segment(fitted(self._missing, width), self.ink("name"))]]
        shown = figures(self._today)
        if height >= len(shown):
            return [self._gauge(figure, width) for figure in shown]
        left, right = shown[:4], shown[4:]
        room = (width - GAP) // 2
        gap = Segment(" " * GAP, self.ink())
        return [
            [*self._pair(one, room), gap, *self._pair(other, width - GAP - room)]
            for one, other in zip(left, right, strict=True)
        ][:height]

    def _gauge(self, figure: Figure, width: int) -> Row:
        room = width - NAME - FIGURE
        if figure.share is None or width < GAUGE_FROM:
            return self._pair(figure, width)
        filled = round(figure.share * room)
        return [
            Segment(fitted(figure.name, NAME), self.ink("name")),
            Segment("━" * filled, self.ink(figure.ink)),
            Segment("━" * (room - filled), self.ink("rest")),
            Segment(figure.text.rjust(FIGURE), self.ink(figure.ink)),
        ]

    def _pair(self, figure: Figure, width: int) -> Row:
        return [
            Segment(spread(figure.name, "", width - len(figure.text)), self.ink("name")),
            Segment(figure.text, self.ink(figure.ink)),
        ]


def figures(today: protocol.Today) -> list[Figure]:
    """The eight figures of a day, the gravest first."""
    ended = today.served + today.abandoned
    left = today.abandoned / ended if ended else 0.0
    return [
        _level("in 20 s", today.within_20_s, ended),
        _level("in 60 s", today.within_60_s, ended),
        Figure("left", percent(today.abandoned, ended), left, "bad" if left > 0.1 else "figure"),
        Figure("wait", _mean(today.wait_ms, today.served)),
        Figure("reply", _mean(today.first_reply_ms, today.replied)),
        Figure("handle", _mean(today.handle_ms, today.handled)),
        Figure("asked", f"{today.offered:,}"),
        Figure("served", f"{today.served:,}"),
    ]


def _level(name: str, part: int, whole: int) -> Figure:
    share = part / whole if whole else 0.0
    ink = "good" if share >= GOOD else "warn" if share >= FAIR else "bad"
    return Figure(name, percent(part, whole), share, ink if whole else "figure")


def _mean(sum_ms: int, count: int) -> str:
    return clock(round(sum_ms / count / 1000)) if count else "–"
