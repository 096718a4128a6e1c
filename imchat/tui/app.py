"""What the three apps share: the client they follow, and when they draw."""

import time
from pathlib import PurePath
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from imchat.client import Client, Connected, Disconnected, Event
from imchat.errors import ImchatError
from imchat.tui import theme
from imchat.tui.widgets.title_bar import TitleBar

DRAWS_A_SECOND = 20
"""What happens faster is drawn together."""


class ImchatApp(App[None]):
    """An app that shows what its client knows.

    `heard()` takes what happened, `draw()` shows how things stand: at most
    DRAWS_A_SECOND times, and once a second for the clocks. `failure` is what the
    client gave up for, when it did.
    """

    DRAWS_BEHIND: ClassVar[bool] = False
    """Whether it is drawn while another screen is before it."""
    CSS_PATH: ClassVar[list[str | PurePath] | str] = "imchat.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "toggle_help", "Help", id="help"),
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True),
    ]

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.failure: ImchatError | None = None
        self._stale = True
        self._store_ahead_ms = 0
        self._link = "connecting…"

    def on_mount(self) -> None:
        """Follow the client from now on; Textual calls this besides an app's own `on_mount`."""
        for colours in (theme.DARK, theme.LIGHT):
            self.register_theme(colours)
        self.theme = theme.DARK.name
        self.run_worker(self._follow(), name="client")
        self.set_interval(1 / DRAWS_A_SECOND, self._draw_if_stale)
        self.set_interval(1, self.stale)

    def heard(self, event: Event) -> None:
        """Take what happened. For the apps to add to."""

    def draw(self) -> None:
        """Show how things stand. For the apps to write."""
        raise NotImplementedError

    def stale(self) -> None:
        """Have the screen drawn soon."""
        self._stale = True

    def action_toggle_help(self) -> None:
        """Show or hide the keys."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def now_ms(self) -> int:
        """The store's clock, as well as this machine can tell."""
        return round(time.time() * 1000) + self._store_ahead_ms

    async def _follow(self) -> None:
        try:
            async with self.client:
                async for event in self.client:
                    self._note_link(event)
                    self.heard(event)
                    self.stale()
        except ImchatError as error:
            self.failure = error
            self.exit()

    def _note_link(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._link = ""
            self._store_ahead_ms += event.welcome.at - self.now_ms()
        elif isinstance(event, Disconnected):
            self._link = f"reconnecting: {event.reason}"

    def _draw_if_stale(self) -> None:
        # A modal has the screen to itself; what is behind it is drawn when it goes.
        # Timers run on for a moment when the app is closed and its widgets are gone.
        in_sight = self.DRAWS_BEHIND or len(self.screen_stack) == 1
        if self._stale and self.is_running and in_sight:
            self._stale = False
            self.query_one(TitleBar).link = self._link
            self.draw()
