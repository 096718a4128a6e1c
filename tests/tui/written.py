"""What an app writes to its terminal, to the byte."""

import re
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.driver import Driver
from textual.drivers import headless_driver
from textual.drivers.headless_driver import HeadlessDriver

ALLOWED = re.compile(
    r"\x1b\[\d+;\d+H"  # to a place
    r"|\x1b\[[0-9;]*m"  # a style
    r"|\x1b\[\?(?:25|2026)[hl]"  # the cursor shown or hidden; an update begins or ends
    r"|\x1b\]22;[a-z-]*\x07"  # the mouse's shape
    r"|\n"  # between rows
)
OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys instead of showing."""


class Recorder(HeadlessDriver):
    """Takes what is written, as a terminal would; it has no keys."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.data: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.data.append(data)


def recorded(app: App[Any]) -> list[str]:
    """What the app is going to write, from its start on."""
    build = app._build_driver
    data: list[str] = []

    def recorder(headless: bool, inline: bool, mouse: bool, size: Any) -> Driver:
        usual = headless_driver.HeadlessDriver
        headless_driver.HeadlessDriver = Recorder  # type: ignore[misc]
        try:
            driver = build(headless, inline, mouse, size)
        finally:
            headless_driver.HeadlessDriver = usual  # type: ignore[misc]
        assert isinstance(driver, Recorder)
        driver.data = data
        return driver

    app._build_driver = recorder  # type: ignore[method-assign]
    return data


def assert_harmless(data: list[str]) -> None:
    """Nothing is written but places, styles and text; and there was something."""
    assert data
    for part in data:
        text = ALLOWED.sub("", part)
        found = OBEYED.search(text)
        assert found is None, repr(text[max(0, found.start() - 40) : found.end() + 40])


def assert_data(app: App[Any]) -> list[str]:
    """Each row has as many cells as the screen, and does nothing; gives the rows."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    assert len(strips) == height
    for strip in strips:
        assert not OBEYED.search(strip.text), repr(strip.text)
        assert cell_len(strip.text) == width, repr(strip.text)
        for segment in strip:
            meta = segment.style.meta if segment.style else {}
            assert "quit" not in str(meta.get("@click", "")), segment
            assert segment.style is None or segment.style.link is None
    return [strip.text for strip in strips]
