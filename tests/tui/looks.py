"""How screens look, kept as text: what a test saw must be what was seen and approved before.

`assert_looks(pilot, "name")` compares the screen at three sizes and in both themes with
`tests/tui/looks/name.WxH.txt`. With IMCHAT_LOOKS=write it writes the files instead; with
IMCHAT_LOOKS_SVG=DIR it also draws pictures there, to be looked at. A file holds the text once,
for it is the same in both themes, and for each theme the runs of style of each row.
"""

import difflib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from imchat.tui import theme
from tests.support import eventually

SIZES = ((80, 24), (120, 40), (240, 60))
THEMES = (theme.DARK.name, theme.LIGHT.name)
KEPT = Path(__file__).parent / "looks"
SCREEN = "=== "
"""What stands before the name of the screen's class, at the top of a file."""
STILL = 3
"""So often in a row the screen must be the same to be looked at."""


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC, wherever it runs."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def assert_looks(pilot: Pilot[Any], name: str) -> None:
    """The screen is what it was when it was looked at, at each size in each theme."""
    app = pilot.app
    size, colours, screen = app.size, app.theme, type(app.screen).__name__
    wrong = []
    for width, height in SIZES:
        await pilot.resize_terminal(width, height)
        looks = []
        for name_of_theme in THEMES:
            app.theme = name_of_theme
            looks.append(await _still(pilot))
            _draw(app, f"{name}.{width}x{height}.{name_of_theme}")
        wrong += _compare(KEPT / f"{name}.{width}x{height}.txt", _written(screen, looks))
    app.theme = colours
    await pilot.resize_terminal(*size)
    assert not wrong, "\n".join(wrong)


Look = list[list[Segment]]


async def _still(pilot: Pilot[Any]) -> Look:
    """The screen when it has come to rest, without a blinking cursor."""
    for field in pilot.app.screen.query(TextArea):
        field.cursor_blink = False
    for line in pilot.app.screen.query(Input):
        line.cursor_blink = False
    seen: list[Look] = []

    async def is_still() -> bool:
        await pilot.pause()
        seen.append(_look(pilot.app))
        return len(seen) >= STILL and all(look == seen[-1] for look in seen[-STILL:])

    await eventually(is_still, "the screen has come to rest")
    return seen[-1]


def _look(app: App[Any]) -> Look:
    return [
        [Segment(segment.text, segment.style) for segment in strip.simplify()]
        for strip in app.screen._compositor.render_strips()
    ]


def _written(screen: str, looks: list[Look]) -> str:
    """Which screen it is, the text, then for each theme the styles by numbers."""
    texts = {
        "\n".join("".join(part.text for part in row).rstrip() for row in look) for look in looks
    }
    assert len(texts) == 1, "the text differs between the themes"
    parts = [f"{SCREEN}{screen}", texts.pop()]
    for name, look in zip(THEMES, looks, strict=True):
        styles: dict[str, int] = {}
        rows = []
        for row in look:
            runs: list[list[int]] = []
            for part in row:
                number = styles.setdefault(_said(part.style), len(styles))
                if runs and runs[-1][1] == number:
                    runs[-1][0] += part.cell_length
                else:
                    runs.append([part.cell_length, number])
            rows.append(" ".join(f"{cells}:{number}" for cells, number in runs))
        legend = [f"{number} = {said}" for said, number in styles.items()]
        parts.append("\n".join([f"--- {name}", *legend, *_folded(rows)]))
    return "\n".join(parts) + "\n"


def _folded(rows: list[str]) -> list[str]:
    """Rows that are styled alike stand once."""
    folded: list[str] = []
    for number, row in enumerate(rows):
        if folded and folded[-1].split("| ", 1)[1] == row:
            first = folded[-1].split("-", 1)[0].split("|", 1)[0].strip()
            folded[-1] = f"{first}-{number}| {row}"
        else:
            folded.append(f"{number}| {row}")
    return folded


def _said(style: Style | None) -> str:
    """A style without what is not seen of it, such as what a click does."""
    if style is None:
        return "none"
    colours = (style.color, style.bgcolor)
    named = [colour.get_truecolor().hex if colour else "default" for colour in colours]
    more = [
        word for word in ("bold", "dim", "italic", "underline", "reverse", "strike")
        if getattr(style, word)
    ]
    return f"{named[0]} on {named[1]}" + "".join(f" {word}" for word in more)


def _compare(path: Path, seen: str) -> list[str]:
    if os.environ.get("IMCHAT_LOOKS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen)
        return []
    if not path.exists():
        return [f"{path.name}: nobody has looked at it yet; IMCHAT_LOOKS=write keeps it"]
    kept = path.read_text()
    if kept == seen:
        return []
    diff = difflib.unified_diff(
        kept.splitlines(), seen.splitlines(), f"kept/{path.name}", "seen now", lineterm="", n=1
    )
    return list(diff)


def _draw(app: App[Any], name: str) -> None:
    directory = os.environ.get("IMCHAT_LOOKS_SVG")
    if directory:
        svg = app.export_screenshot(simplify=True)
        # No font from the network.
        svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
        Path(directory, f"{name}.svg").write_text(svg)
