"""The customer's window, driven by keys against a real server."""

import asyncio

from imchat import protocol
from imchat.client import Client
from imchat.ids import DEFAULT_DESK
from imchat.tui.customer import CustomerApp
from tests.support import Restartable, Server, eventually
from tests.tui.support import hides, screen_text, shows
from tests.tui.windows import BOB, agent, window


async def test_asks_at_once_and_says_who_serves(server: Server) -> None:
    """A customer that comes is given to a free agent, the topic its first message."""
    async with agent(server) as ann, window(server, topic="My parcel") as (app, _):
        await shows(app, "Ann is here for you.")
        await shows(app, "My parcel")
        await eventually(
            lambda: [line.body for line in ann.conversation(BOB).lines] == ["My parcel"],
            "the agent has the topic",
        )


async def test_the_agent_closes_and_the_customer_asks_again(server: Server) -> None:
    """It is said who closed the chat; the conversation stays to be read."""
    async with agent(server) as ann, window(server) as (app, pilot):
        await shows(app, "Ann is here for you.")
        await ann.send(BOB, "Good bye")
        await shows(app, "Good bye")
        await ann.close(next(iter(ann.chats)))
        await shows(app, "Ann closed the chat.")
        assert "Good bye" in screen_text(app)
        await pilot.press("f3")
        await shows(app, "Ann is here for you.")


async def test_comes_back_within_the_grace(server: Server) -> None:
    """A window that was closed and opened again finds its chat and its words."""
    async with agent(server) as ann:
        async with window(server) as (app, pilot):
            await shows(app, "Ann is here for you.")
            await pilot.press(*"remember me", "enter")
            await shows(app, "✓")
        await eventually(lambda: len(ann.conversation(BOB).lines) == 1, "the agent has it")
        async with window(server) as (app, _):
            await shows(app, "Ann is here for you.")
            await shows(app, "remember me")


async def test_typing_is_told_and_shown(server: Server) -> None:
    """Both sides see that the other writes."""
    async with agent(server) as ann, window(server) as (app, pilot):
        await shows(app, "Ann is here for you.")
        ann.typing(BOB)
        await shows(app, "Ann is writing…")
        await pilot.press("h")
        async with asyncio.timeout(5):
            async for event in ann:
                if isinstance(event, protocol.Typing):
                    break


async def test_a_token_that_is_refused_ends_the_app_with_the_reason(server: Server) -> None:
    """The app does not hang on a token that no retry can mend."""
    client = Client(server.url, "not.a.token")
    app = CustomerApp(client, topic=None, desk=DEFAULT_DESK)
    async with app.run_test():
        await eventually(lambda: app.failure is not None, "the app gives up")
    assert "token" in str(app.failure)


async def test_a_server_that_is_away_is_said(restartable: Restartable) -> None:
    """While there is no connection the title says so, and nothing pretends to be sent."""
    server = await restartable.start()
    async with agent(server), window(server) as (app, pilot):
        await shows(app, "Ann is here for you.")
        await restartable.stop()
        await shows(app, "reconnecting")
        await pilot.press(*"hello", "enter")
        await shows(app, "…  ")
        assert "✓" not in screen_text(app)
        await restartable.start()
        await hides(app, "reconnecting")
        await shows(app, "✓")


async def test_what_waits_for_the_server_can_be_given_up(restartable: Restartable) -> None:
    """The title says what it waits for, and Escape waits no longer."""
    server = await restartable.start()
    async with agent(server), window(server) as (app, pilot):
        await shows(app, "Ann is here for you.")
        await restartable.stop()
        await shows(app, "reconnecting")
        await pilot.press("f4", "y")
        await shows(app, "closing the chat… (Esc gives up)")
        await pilot.press("escape")
        await hides(app, "closing the chat…")
        await shows(app, "closing the chat: given up.")
        await restartable.start()
