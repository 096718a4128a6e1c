"""What the three apps share: the client they follow, when they draw, how they are set up."""

import os
import time
from collections.abc import Awaitable, Iterable
from functools import cache
from pathlib import PurePath
from typing import Any, ClassVar

from textual import events
from textual.app import ScreenStackError, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.errors import NoWidget
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.widgets import TextArea
from textual.worker import Worker

from imchat.client import Client, Connected, Disconnected, Event, clean
from imchat.errors import ImchatError, RequestError, SetupError
from imchat.settings import ScreenSettings
from imchat.tui import (
    alt_keys,
    attention,
    backgrounds,
    cutting,
    keymap,
    overlaying,
    theme,
    vim,
)
from imchat.tui.actions import actions_of, clashes, key_of
from imchat.tui.anchoring import anchored
from imchat.tui.memory import Memory
from imchat.tui.pace import Leisure
from imchat.tui.typeahead import TypeaheadApp
from imchat.tui.waits import Limits
from imchat.tui.widgets.help import HelpScreen
from imchat.tui.widgets.modal import Palette
from imchat.tui.widgets.title_bar import TitleBar

DRAWS_A_SECOND = 20
"""What happens faster is drawn together."""

alt_keys.install()
backgrounds.install()
cutting.install()
overlaying.install()


class ImchatApp(TypeaheadApp):
    """An app that shows what its client knows.

    `heard()` takes what happened, `draw()` shows how things stand: at most
    DRAWS_A_SECOND times, and once a second for the clocks. `failure` is what the
    client gave up for, when it did. `settings` is what a person wrote, `memory` what was
    chosen on the screen before; without `set_up()` both are empty.
    """

    DRAWS_BEHIND: ClassVar[bool] = False
    """Whether it is drawn while another screen is before it."""
    CSS_PATH: ClassVar[list[str | PurePath] | str] = "imchat.tcss"
    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="help"),
        Binding("ctrl+p", "command_palette", "Menu", id="menu", priority=True),
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True),
        Binding("tab", "focus_next", "Next region", id="next_region", show=False),
        Binding("shift+tab", "focus_previous", "Region before", id="region_before", show=False),
        Binding("escape", "give_up", "Wait no longer", id="give_up", show=False),
        Binding("escape", "write", "Back to writing", id="write", show=False),
        *vim.BINDINGS,
    ]

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.failure: ImchatError | None = None
        self.settings = ScreenSettings()
        self.memory = Memory()
        self._stale = True
        self._store_ahead_ms = 0
        self._link = "connecting…"
        self._retry_s = 0.0
        self._under_way: dict[Worker[None], str] = {}
        self._was_first_key = False
        self._called_s = -attention.EVERY_S
        self._theme_before = ""
        self.leisure = Leisure()
        for colours in (theme.DARK, theme.LIGHT):
            self.register_theme(colours)

    def _build_driver(
        self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        write = driver.write
        driver.write = lambda data: write(anchored(data))  # type: ignore[method-assign]
        return driver

    def set_up(self, settings: ScreenSettings, memory: Memory) -> None:
        """Take other settings, before the app runs. Raises SetupError for wrong ones."""
        keymap.check(settings.keys)
        if settings.theme is not None and settings.theme not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            raise SetupError(f"[screens] there is no theme {settings.theme!r}, but {known}")
        self.settings, self.memory = settings, memory
        self.set_keymap(settings.keys)

    @property
    def limits(self) -> Limits:
        """From when on a wait is long."""
        return Limits(self.settings.amber_s, self.settings.red_s)

    def on_mount(self) -> None:
        """Follow the client from now on; Textual calls this besides an app's own `on_mount`."""
        chosen = self.settings.theme or self.memory["theme"]
        self.theme = chosen if chosen in self.available_themes else theme.DARK.name
        self._theme_before = self.theme
        self.theme_changed_signal.subscribe(self, lambda colours: self._chose(colours.name))
        self.run_worker(self._follow(), name="client")
        self.set_interval(1 / DRAWS_A_SECOND, self._draw_if_stale)
        self.set_interval(1, self.stale)

    def on_ready(self) -> None:
        """The first picture is there: what it took is no garbage."""
        self.leisure.begin()
        self.set_interval(1, self.leisure.tidy)
        for words in clashes(self.screen, self.settings.keys):
            self.notify(words, severity="warning", markup=False, timeout=10)

    def _chose(self, name: str) -> None:
        if name == self._theme_before:
            return  # the one to start with is told as well
        self._theme_before = self.memory["theme"] = name
        if self.settings.theme not in {None, name}:
            said = f"The next start is in {self.settings.theme} again: your settings say so."
            self.notify(said, markup=False)

    # --- what happens and what is seen ---------------------------------------

    def heard(self, event: Event) -> None:
        """Take what happened. For the apps to add to."""

    def draw(self) -> None:
        """Show how things stand. For the apps to write."""
        raise NotImplementedError

    def news_in(self, event: Event) -> str | None:
        """What of it one wants to be called for, in words. For the apps to add to."""
        return None

    def stale(self) -> None:
        """Have the screen drawn soon."""
        self._stale = True

    def now_ms(self) -> int:
        """The store's clock, as well as this machine can tell."""
        return round(time.time() * 1000) + self._store_ahead_ms

    async def on_event(self, event: events.Event) -> None:
        """Take a key, the mouse and the like; but not a click on what is gone."""
        if isinstance(event, events.InputEvent):
            self.leisure.touch()
        if isinstance(event, events.Paste):
            # It comes from elsewhere; each text field would draw what is in it as it is.
            # Its line ends are as a key would send them: tmux and others write a return.
            event.text = clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        if isinstance(event, events.MouseDown | events.MouseMove) and self._is_gone(event):
            return
        await super().on_event(event)

    def _is_gone(self, event: events.MouseDown | events.MouseMove) -> bool:
        # A note that is clicked away is in the picture until that is made anew, and
        # Textual would look for what it stands in.
        if self.mouse_captured is not None:
            return False
        try:
            widget, _ = self.get_widget_at(int(event.x), int(event.y))
        except (NoWidget, ScreenStackError):
            return False
        return widget.parent is None and not isinstance(widget, Screen)

    def call_for(self, news: str) -> None:
        """Ring, and show a note on the desktop, if nobody looks at this terminal."""
        now_s = time.monotonic()
        if self.app_focus or now_s - self._called_s < attention.EVERY_S:
            return
        self._called_s = now_s
        if self.settings.bell:
            self.bell()
        if self.settings.notifications and self._driver is not None and not self.is_headless:
            self._driver.write(attention.note(news, os.environ))

    async def _follow(self) -> None:
        try:
            async with self.client:
                async for event in self.client:
                    self._note_link(event)
                    self.heard(event)
                    if (news := self.news_in(event)) is not None:
                        self.call_for(news)
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
            self._retry_s = time.monotonic() + event.retry_in_s

    def _draw_if_stale(self) -> None:
        # A modal has the screen to itself; what is behind it is drawn when it goes.
        # Timers run on for a moment when the app is closed and its widgets are gone.
        in_sight = self.DRAWS_BEHIND or len(self.screen_stack) == 1
        if self._stale and self.is_running and in_sight:
            self._stale = False
            self.query_one(TitleBar).link = self._link_in_words()
            self.draw()

    def _link_in_words(self) -> str:
        doing = "".join(f"{doing}… " for doing in self._under_way.values())
        if doing:
            doing += f"({key_of(self, 'give_up')} gives up) "
        left_s = round(self._retry_s - time.monotonic())
        return doing + (f"{self._link}, again in {left_s} s" if left_s > 0 else self._link)

    # --- what needs the server -----------------------------------------------

    def wait_for(self, doing: str, work: Awaitable[object]) -> None:
        """Ask something of the server; `doing` says what, and is shown until it is answered.

        Nothing else waits meanwhile. A refusal is said, and Escape waits no longer.
        """

        async def wait() -> None:
            try:
                await work
            except RequestError as error:
                self.notify(str(error), severity="error", markup=False)
            finally:
                self._under_way.pop(worker, None)
                self.stale()

        worker = self.run_worker(wait(), group="server")
        self._under_way[worker] = doing
        self.stale()

    def action_give_up(self) -> None:
        """Wait no longer for what the server has not answered yet."""
        given_up, self._under_way = self._under_way, {}
        for worker, doing in given_up.items():
            worker.cancel()
            said = f"{doing}: given up. If the server has it, it is done all the same."
            self.notify(said, markup=False)

    # --- what can be done everywhere -----------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the screen, by what its key is called, and the themes."""
        themes = "Theme: dark, light, others"
        yield SystemCommand(themes, "Choose the colours", self.action_change_theme)
        for action in actions_of(screen):
            if action.id != "menu":
                yield SystemCommand(action.name, action.keys, action.run)

    def action_command_palette(self) -> None:
        """Show the menu of everything that can be done."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    def search_themes(self) -> None:
        """Show the themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def action_help(self) -> None:
        """Show what can be done and by which keys."""
        self.push_screen(HelpScreen(actions_of(self.screen)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The apps' own actions are there while their own screen is in front.

        Keys of vim are there for who wants them, and only where they are no letters.
        """
        before = [s for s in self.screen_stack[1:] if not isinstance(s, CommandPalette)]
        if before and action in self._own_actions():
            return False
        match action:
            case "move":
                return self.settings.vim and not vim.is_typing(self.focused)
            case "type":
                return (
                    self.settings.vim
                    and not vim.is_typing(self.focused)
                    and bool(self.screen.query(TextArea))
                )
            case "give_up":
                return bool(self._under_way)
            case "write":
                return False
            case "stop_typing":
                return self.settings.vim and vim.is_typing(self.focused)
        return super().check_action(action, parameters)

    @classmethod
    @cache
    def _own_actions(cls) -> set[str]:
        """What is bound by the apps themselves, not by what all of them share."""
        return {
            binding.action.partition("(")[0]
            for kind in cls.__mro__
            if issubclass(kind, ImchatApp) and kind is not ImchatApp
            for binding in keymap.bindings_in(kind)
        }

    async def action_move(self, move: str) -> None:
        """Move in what has the focus; to the first only when asked twice."""
        is_half_a_command = move == "first" and not self._was_first_key
        self._was_first_key = is_half_a_command
        if is_half_a_command:
            return
        bindings = self.screen.active_bindings
        bound = next((bindings[key] for key in vim.MOVES[move] if key in bindings), None)
        if bound is not None:
            await self.run_action(bound.binding.action, bound.node)

    def action_write(self) -> None:
        """Go back to writing. For the apps in which one does."""
        raise NotImplementedError

    def action_stop_typing(self) -> None:
        """Go from the text to what stands before it and is none."""
        for _ in self.screen.focus_chain:
            self.screen.focus_previous()
            if not vim.is_typing(self.focused):
                break

    def action_type(self) -> None:
        """Go to the text."""
        self.screen.query(TextArea).first().focus()
