"""What tests of the screens need: an app at work, and the text that it shows."""

import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from imchat.tui.app import ImchatApp
from tests.support import eventually

SIZE = (100, 30)

A = TypeVar("A", bound=ImchatApp)


def screen_text(app: App[None]) -> str:
    """The characters on the screen, a line a row."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def text_in(app: ImchatApp, kind: type[Widget]) -> str:
    """The characters where the one widget of a kind is, a line a row."""
    region = app.screen_stack[0].query_one(kind).region
    rows = app.screen._compositor.render_strips()[region.y : region.bottom]
    return "\n".join(row.crop(region.x, region.right).text for row in rows)


async def shows(app: ImchatApp, text: str, *, timeout: float = 10.0) -> None:
    """Wait until a text stands on the screen."""
    await eventually(lambda: text in screen_text(app), f"{text!r} on the screen", timeout=timeout)


async def hides(app: ImchatApp, text: str) -> None:
    """Wait until a text is gone from the screen."""
    await eventually(lambda: text not in screen_text(app), f"{text!r} gone from the screen")


def at_once(app: ImchatApp, *keys: str) -> None:
    """Press keys faster than anything can be drawn between them."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


@contextlib.asynccontextmanager
async def running_app(app: A, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[A, Pilot[None]]]:
    """The app with its client connected."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await eventually(lambda: app.client.state == "online", "the app is connected")
        await pilot.pause()
        yield app, pilot
