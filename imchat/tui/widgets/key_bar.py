"""The keys at the foot of a screen."""

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

LAST = ("quit", "help", "command_palette")
"""These actions stand behind all others, in this order."""
ALWAYS = LAST[1:]
"""And these are left out last: by them one finds the others."""


class KeyBar(Footer):
    """As many keys as there is room for, each whole."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._keys: list[FooterKey] = []

    def compose(self) -> ComposeResult:
        """The keys of where one is first, those that are the same everywhere last."""
        self._keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        self._keys.sort(key=lambda key: LAST.index(key.action) if key.action in LAST else -1)
        self._fit()
        yield from self._keys

    def on_resize(self) -> None:
        """Another width has room for others."""
        self._fit()

    def _fit(self) -> None:
        room = self.size.width
        for key in sorted(self._keys, key=lambda key: key.action not in ALWAYS):
            room -= len(f" {key.key_display} {key.description} ")
            key.display = room >= 0
