"""The three screens, used as a person might who presses anything, while everything goes on."""

import contextlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from imchat import protocol
from imchat.client import Client
from imchat.ids import DEFAULT_DESK, ChatId, Uid
from imchat.settings import ScreenSettings
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.memory import Memory
from tests.proxy import proxy_to
from tests.support import Server, eventually, serving
from tests.tui.storm import Crowd, Person
from tests.tui.support import running_app, screen_text

STEPS = 120
TAIL = 25
"""So many of the last steps are told when something breaks."""
SIZE = (120, 40)
SEEDS = range(3)
Role = tuple[str, Uid, dict[str, object]]
ANN: Role = ("agent", Uid("ann"), {"name": "Ann", "capacity": 3, "desks": ["default", "billing"]})
CUST: Role = ("customer", Uid("cust0"), {"name": "Bob"})
SUE: Role = ("supervisor", Uid("sue"), {})


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that is opened opens nothing here."""
    monkeypatch.setenv("BROWSER", "true")


def drawn_rightly(app: ImchatApp) -> None:
    """Fails when a row on the screen, as far as it is laid out, is not as wide as the screen."""
    app.screen._on_timer_update()  # what waits to be laid out is, as before each real picture
    drawn = app.screen._compositor
    rows = drawn.render_strips()
    assert len(rows) == drawn.size.height
    wrong = [y for y, row in enumerate(rows) if row.cell_length != drawn.size.width]
    assert not wrong, [
        (widget, region) for widget, (region, *_) in drawn.visible_widgets.items()
        if any(region.y <= y < region.bottom for y in wrong)
    ]


def have_it_stay(app: ImchatApp) -> None:
    """Have it end only when it gives up, whoever finds the key or the button to quit."""
    leave = app.exit

    def stay(*_: object, **__: object) -> None:
        if app.failure is not None:
            leave()

    app.exit = stay  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def after_a_storm(
    store_url: str, site: str, seed: int, who: Role, made: Callable[[Client], ImchatApp]
) -> AsyncIterator[tuple[ImchatApp, Server]]:
    """The app when the storm is over, everything answered, and nothing before its screen."""
    dice = random.Random(seed)
    role, uid, claims = who
    async with (
        serving(store_url, site, grace_s=1, rate=1000) as server,
        proxy_to(server.url) as proxy,
        Crowd(server, proxy, dice, without=uid) as crowd,
    ):
        app = made(Client(proxy.url, server.token(role, uid, **claims)))
        have_it_stay(app)
        app.set_up(ScreenSettings(vim=bool(seed % 2)), Memory())
        async with running_app(app, SIZE) as (_, pilot):
            person = Person(app, pilot, dice)
            done: list[str] = []
            try:
                for _ in range(STEPS):
                    if dice.random() < 0.4:
                        done.append(await crowd.step())
                    done.append(await person.step())
                    if app.return_code is not None or not app.is_running:
                        break
                    drawn_rightly(app)
                assert app.failure is None, app.failure
                assert app.is_running, "it ended"
            except BaseException as error:
                error.add_note(f"seed {seed}, step {len(done)}: " + "; ".join(done[-TAIL:]))
                raise
            await crowd.calm()
            await pilot.resize_terminal(*SIZE)
            for _ in range(20):
                if len(app.screen_stack) == 1:
                    break
                await pilot.press("escape")
            assert len(app.screen_stack) == 1, app.screen
            await eventually(lambda: app.client.state == "online", "it is back", timeout=20)
            app.action_give_up()
            yield app, server


async def as_the_server_has_it(server: Server, who: Role) -> dict[ChatId, protocol.Chat]:
    """The open chats of a uid, as another connection of it is told."""
    role, uid, claims = who
    async with server.client(role, uid, **claims) as other:
        await other.ready()
        return dict(other.chats)


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_console_survives_and_shows_the_truth(
    store_url: str, site: str, tmp_path: Path, seed: int
) -> None:
    """Whatever was pressed and happened, the agent sees the chats that the server has."""
    replies = tmp_path / "replies.toml"
    replies.write_text('hello = "Hello {customer}"\nbye = "Bye\\n{agent}"\n')

    def console(client: Client) -> AgentApp:
        return AgentApp(client, replies=replies)

    async with after_a_storm(store_url, site, seed, ANN, console) as (app, server):
        assert isinstance(app, AgentApp)

        async def agrees() -> bool:
            truth = await as_the_server_has_it(server, ANN)
            return {chat.chat for _, chat in app._load.slots} == truth.keys()

        await eventually(agrees, "the list is the server's")
        await eventually(
            lambda: f"tier {len(app._load.slots)} " in screen_text(app), "the title says it"
        )


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_window_survives_and_shows_the_truth(
    store_url: str, site: str, seed: int
) -> None:
    """Whatever was pressed and happened, the customer sees how the server has it."""

    def window(client: Client) -> CustomerApp:
        return CustomerApp(client, topic="[b]topic", desk=DEFAULT_DESK)

    async with after_a_storm(store_url, site, seed, CUST, window) as (app, server):

        async def agrees() -> bool:
            truth = await as_the_server_has_it(server, CUST)
            chat = next(iter(truth.values()), None)
            says = "F3 asks for help again"
            if chat is not None:
                says = "is here for you" if chat.agent else "You are number"
            return says in screen_text(app)

        await eventually(agrees, "the window says how it is")


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_dashboard_survives_and_shows_the_truth(
    store_url: str, site: str, seed: int
) -> None:
    """Whatever was pressed and happened, the supervisor sees every agent as it is."""
    async with after_a_storm(store_url, site, seed, SUE, DashboardApp) as (app, server):
        assert isinstance(app, DashboardApp)

        async def agrees() -> bool:
            async with server.client("supervisor", "sid") as other:
                other.watch()
                async for event in other:
                    if isinstance(event, protocol.Snapshot):
                        seen = app.snapshot
                        return seen is not None and seen.agents == event.agents
            return False

        await eventually(agrees, "the agents are the server's")
