"""The whole site in a few figures: now, and since it began."""

from typing import ClassVar

from rich.segment import Segment

from imchat import protocol
from imchat.tui.widgets.painted import Painted, Row, spread

GAP = 2


class TotalsPanel(Painted):
    """Pairs of a word and a figure, in two columns."""

    PREFIX = "totals-panel"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"totals-panel--name", "totals-panel--figure"}
    DEFAULT_CSS = """
    TotalsPanel {
        border: round $border-blurred;
        border-title-color: $text-muted;
        padding: 0 1;
        & > .totals-panel--name { color: $text-muted; }
        & > .totals-panel--figure { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "Whole site"
        self._totals: protocol.Totals | None = None

    def show(self, totals: protocol.Totals | None) -> None:
        """Show these totals."""
        if totals != self._totals:
            self._totals = totals
            self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """Now on the left, since the beginning on the right."""
        if self._totals is None:
            return []
        t = self._totals
        now = [
            ("active", t.active), ("slots", t.slots), ("online", t.online), ("away", t.away),
            ("grace", t.grace), ("waiting", t.waiting),
        ]
        ever = [
            ("requested", t.requested), ("closed", t.closed), ("abandoned", t.abandoned),
            ("messages", t.messages), ("assigned", t.assigned), ("", None),
        ]
        left = (width - GAP) * 2 // 5
        return [
            [*self._pair(*a, left), Segment(" " * GAP, self.ink("name")),
             *self._pair(*b, width - GAP - left)]
            for a, b in zip(now, ever, strict=True)
        ][:height]

    def _pair(self, name: str, figure: int | None, width: int) -> Row:
        text = "" if figure is None else short(figure)
        return [
            Segment(spread(name, "", width - len(text)), self.ink("name")),
            Segment(text, self.ink("figure")),
        ]


def short(figure: int) -> str:
    """A figure in at most six characters: 12,345 or 123k or 4.5M."""
    if figure < 100_000:
        return f"{figure:,}"
    if figure < 1_000_000:
        return f"{figure // 1000}k"
    return f"{figure / 1_000_000:.1f}M" if figure < 1_000_000_000 else f"{figure // 1_000_000}M"
