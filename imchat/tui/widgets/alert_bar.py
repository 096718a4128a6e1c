"""The limits that are passed, where nobody can overlook them."""

from typing import ClassVar

from rich.segment import Segment
from textual.message import Message

from imchat.tui.alerts import Alert
from imchat.tui.waits import clock
from imchat.tui.widgets.painted import Painted, Row, spread

MOST = 3
"""More alerts than that are counted in the last row."""


class AlertBar(Painted):
    """A row for each alert, first what is wrong with the connection; no row for none."""

    PREFIX = "alert-bar"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"alert-bar--new", "alert-bar--seen", "alert-bar--old"}
    DEFAULT_CSS = """
    AlertBar {
        height: auto;
        display: none;
        & > .alert-bar--new { color: $background; background: $error; text-style: bold; }
        & > .alert-bar--seen { color: $text-error; background: $error 15%; }
        & > .alert-bar--old { color: $background; background: $warning; text-style: bold; }
    }
    """

    class Acknowledged(Message):
        """The alerts were clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[str, str, str]] = []

    def show(self, alerts: list[Alert], now_ms: int, *, trouble: str, key: str) -> None:
        """Show these; `trouble` is why what is on the screen is old, `key` acknowledges."""
        lines = [(f" ⚠ {trouble}", "", "old")] if trouble else []
        shown = alerts if len(alerts) <= MOST else alerts[: MOST - 1]
        lines += [
            (*_line(alert, now_ms, key), "seen" if alert.seen else "new") for alert in shown
        ]
        if rest := alerts[len(shown) :]:
            all_seen = all(alert.seen for alert in rest)
            lines.append((f" ⚠ {len(rest)} more", "", "seen" if all_seen else "new"))
        if len(lines) != len(self._lines):
            self.styles.height = len(lines)
            self.styles.display = "block" if lines else "none"
        self._lines = lines
        self.repaint()

    def rows(self, width: int, height: int) -> list[Row]:
        """As many as there are."""
        return [
            [Segment(spread(words, since, width), self.ink(look))]
            for words, since, look in self._lines
        ][:height]

    def on_click(self) -> None:
        """They are seen."""
        self.post_message(self.Acknowledged())


def _line(alert: Alert, now_ms: int, key: str) -> tuple[str, str]:
    since = clock(max(0, now_ms - alert.since) // 1000)
    word = f"for {since}, seen " if alert.seen else f"for {since} · {key}: seen "
    return f" ⚠ {alert.desk}: {alert.words}", word
