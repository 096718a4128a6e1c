"""The keys at the foot of a screen."""

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

LAST = ("quit", "help", "command_palette")
"""These actions stand behind all others, in this order."""
ALWAYS = LAST[1:]
"""And these are left out last: by them one finds the others."""
PRESSES = "presses"


class KeyBar(Widget):
    """As many keys as there is room for, each whole; a click presses one.

    One widget, where Textual's Footer has one for each key: those took a fifth of the time to
    the first picture, and were made anew whenever the focus moved.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $footer-background; text-wrap: nowrap; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._bound: list[Binding] = []

    def on_mount(self) -> None:
        """Show other keys when there are others."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """The screen may live on."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[object]) -> None:
        # Who looks elsewhere has no focus anywhere, and would find other keys; and so would
        # who is asked something on a screen before this one.
        if screen is self.screen is self.app.screen and self.app.app_focus:
            self._bound = self._keys()
            self.refresh()

    def render(self) -> Content:
        """The keys of where one is first, those that are the same everywhere last."""
        keys = sorted(
            self._bound, key=lambda key: LAST.index(key.action) if key.action in LAST else -1
        )
        words = {key.action: self._of(key) for key in keys}
        room = self.size.width
        shown = set()
        for action in sorted(words, key=lambda action: action not in ALWAYS):
            room -= words[action].cell_length
            if room < 0:
                break
            shown.add(action)
        return Content("").join(words[action] for action in words if action in shown)

    def _keys(self) -> list[Binding]:
        """What is bound now and is to be shown, one key for each action."""
        found: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show:
                found.setdefault(binding.action, binding)
        return list(found.values())

    def _of(self, key: Binding) -> Content:
        words = Content.assemble(
            (f" {self.app.get_key_display(key)} ", "bold $footer-key-foreground"),
            (f"{key.description} ", "$footer-description-foreground"),
        )
        return words.stylize(Style.from_meta({PRESSES: key.key}))

    def on_click(self, event: events.Click) -> None:
        """Press the key."""
        if (key := event.style.meta.get(PRESSES)) is not None:
            self.app.simulate_key(key)
