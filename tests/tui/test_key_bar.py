"""The keys at the foot: whole ones, and always those by which the others are found."""

import pytest

from imchat.settings import ScreenSettings
from imchat.tui.agent import AgentApp
from imchat.tui.memory import Memory
from imchat.tui.widgets.key_bar import KeyBar
from tests.support import eventually
from tests.tui.scenes import at_work
from tests.tui.staging import AGENT, client, staged
from tests.tui.support import shows, text_in

KEYS = {
    "⏎ Send", "^j New line", "f4 Close chat", "f2 Online/away", "^g Go to", "alt+a Next unread",
    "f3 Customer", "f5 Transfer", "f8 Note", "^q Quit", "f1 Help", "^p Menu",
}


@pytest.mark.parametrize("width", [30, 45, 64, 80, 81, 87, 100, 120, 160])
async def test_keys_are_whole(width: int) -> None:
    """However much room there is: those that do not fit are left out, help and menu last."""
    async with staged(AgentApp(client(AGENT)), size=(width, 24)) as (app, _):
        await at_work(app)
        await shows(app, "f1 Help  ^p Menu")
        shown = text_in(app, KeyBar).strip().split("  ")
        assert set(shown) <= KEYS
        assert len(shown) == len(KEYS) if width >= 150 else len(" ".join(shown)) <= width
        assert shown[-2:] == ["f1 Help", "^p Menu"]


async def test_it_uses_all_the_room() -> None:
    """Also when the terminal grows, and when the keys become others."""
    async with staged(AgentApp(client(AGENT)), size=(30, 24)) as (app, pilot):
        await at_work(app)
        await pilot.resize_terminal(160, 24)
        await shows(app, "f8 Note  ^q Quit  f1 Help  ^p Menu")
        await pilot.press("shift+tab")
        await shows(app, "/ Find")
        await eventually(lambda: "f1 Help  ^p Menu" in text_in(app, KeyBar), "they stay")


async def test_a_click_presses_a_key() -> None:
    """Where its name or its key stands; beside them nothing happens."""
    async with staged(AgentApp(client(AGENT)), size=(160, 24)) as (app, pilot):
        await at_work(app)
        await shows(app, "f4 Close chat")
        bar = text_in(app, KeyBar)
        await pilot.click(KeyBar, offset=(155, 0))
        await pilot.click(KeyBar, offset=(bar.index("Close"), 0))
        await shows(app, "Close the chat with Bob?")
        await pilot.press("escape")
        await pilot.click(KeyBar, offset=(bar.index("f1"), 0))
        await shows(app, "Esc closes")


async def test_keys_that_were_chosen_are_shown() -> None:
    """By the names that they have now."""
    app = AgentApp(client(AGENT))
    app.set_up(ScreenSettings(keys={"close_chat": "ctrl+o"}), Memory())
    async with staged(app, size=(160, 24)):
        await shows(app, "^o Close chat")
