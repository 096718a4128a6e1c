"""Every screen that imchat has was looked at."""

import importlib
import pkgutil
from collections.abc import Iterator

from textual.screen import Screen

import imchat.tui
from tests.tui.looks import KEPT, SCREEN


def _screens(base: type[Screen[object]] = Screen) -> Iterator[type[Screen[object]]]:
    """Our kinds of screen."""
    for screen in base.__subclasses__():
        yield from _screens(screen)
        if screen.__module__.startswith("imchat."):
            yield screen


def test_every_screen_was_looked_at() -> None:
    """There is a picture of each kind of screen; the apps' own one is Textual's."""
    for module in pkgutil.walk_packages(imchat.tui.__path__, "imchat.tui."):
        importlib.import_module(module.name)
    looked_at = {
        file.read_text().partition("\n")[0].removeprefix(SCREEN) for file in KEPT.iterdir()
    }
    ours = {screen.__name__ for screen in _screens()}
    final = {screen.__name__ for screen in _screens() if not screen.__subclasses__()}
    assert final | {"Screen"} <= looked_at <= ours | {"Screen"}
