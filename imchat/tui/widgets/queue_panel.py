"""The queue now: how long it is, and how long the longest wait is."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from imchat.tui.desk_view import DeskView
from imchat.tui.waits import Limits, clock


class QueuePanel(Vertical):
    """A big figure, and a line below it."""

    DEFAULT_CSS = """
    QueuePanel {
        border: round $border-blurred;
        border-title-color: $text-muted;
        padding: 0 1;
        & Digits { width: 1fr; text-align: center; }
        & Static { width: 1fr; height: 1; color: $text-muted; text-align: center; }
        &.-empty Digits { color: $text-muted; }
        &.-amber Digits, &.-amber Static { color: $text-warning; }
        &.-red Digits, &.-red Static { color: $text-error; }
    }
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(classes="-empty")
        self._limits = limits
        self.border_title = "Queue"
        self._longest = ""

    def compose(self) -> ComposeResult:
        """The figure with the longest wait below it."""
        yield Digits("")
        yield Static()

    def show(self, view: DeskView | None) -> None:
        """Show a desk's queue as it is; None when that is not known."""
        figure = "" if view is None else str(view.waiting)
        digits = self.query_one(Digits)
        if digits.value != figure:
            digits.update(figure)
        waited = view.oldest_wait_s if view is not None and view.waiting else None
        self._say("" if view is None else self._words(waited))
        self.set_class(waited is None, "-empty")
        for level in ("amber", "red"):
            self.set_class(self._limits.level(waited) == level, f"-{level}")

    @staticmethod
    def _words(waited: int | None) -> str:
        return "nobody waits" if waited is None else f"longest {clock(waited)}"

    def _say(self, longest: str) -> None:
        if longest != self._longest:
            self._longest = longest
            self.query_one(Static).update(Content(longest), layout=False)
