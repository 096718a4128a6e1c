"""Every screen that imchat has was looked at."""

import importlib
import pkgutil
from collections.abc import Iterator

from textual.screen import Screen

import imchat.tui
from tests.tui.looks import KEPT, SCREEN


def _screens(base: type[Screen[object]] = Screen) -> Iterator[str]:
    """The names of our screens: of those classes that no other builds on."""
    for screen in base.__subclasses__():
        if screen.__subclasses__():
            yield from _screens(screen)
        elif screen.__module__.startswith("imchat."):
            yield screen.__name__


def test_every_screen_was_looked_at() -> None:
    """There is a picture of each kind of screen; the apps' own one is Textual's."""
    for module in pkgutil.walk_packages(imchat.tui.__path__, "imchat.tui."):
        importlib.import_module(module.name)
    looked_at = {
        file.read_text().partition("\n")[0].removeprefix(SCREEN) for file in KEPT.iterdir()
    }
    assert looked_at == {*_screens(), "Screen"}
