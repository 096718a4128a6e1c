"""The keys at the foot: whole ones, and always those by which the others are found."""

import pytest

from imchat.tui.agent import AgentApp
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
