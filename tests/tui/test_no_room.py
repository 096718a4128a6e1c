"""The screens in windows that are too small for anything."""

from collections.abc import Callable

import pytest

from imchat.client import Client
from imchat.ids import DEFAULT_DESK
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.modal import Palette
from tests.support import Server
from tests.tui.console import console, customer
from tests.tui.support import running_app, shows

APPS: dict[str, Callable[[Client], ImchatApp]] = {
    "agent": AgentApp,
    "customer": lambda client: CustomerApp(client, topic=None, desk=DEFAULT_DESK),
    "supervisor": DashboardApp,
}

SHOWN = {"agent": "● online", "customer": "You are number 1", "supervisor": "Tiers"}


@pytest.mark.parametrize("role", APPS)
async def test_it_survives_having_no_room(server: Server, role: str) -> None:
    """Down to one cell and back: it goes on, and everything is there again."""
    app = APPS[role](server.client(role, "uma", name="Uma"))
    async with running_app(app) as (_, pilot):
        for size in [(40, 10), (9, 3), (3, 30), (2, 2), (1, 1), (30, 1)]:
            await pilot.resize_terminal(*size)
            if role == "agent":
                await pilot.press("f3")  # the customer beside the conversation, or not
        await pilot.resize_terminal(100, 30)
        await shows(app, SHOWN[role])


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
async def test_a_page_is_asked_for_where_no_row_is_seen(server: Server, key: str) -> None:
    """In the list of chats and in the menu: nothing moves, and nothing breaks."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        app.query_one(ChatList).focus()
        await pilot.resize_terminal(80, 3)
        assert app.query_one(ChatList).has_focus
        await pilot.press(key, "ctrl+p")
        assert isinstance(app.screen, Palette)
        await pilot.press(*"help", key, "escape")
        await pilot.resize_terminal(100, 30)
        await shows(app, "Write to bob…")
