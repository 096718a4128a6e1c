"""Text that others wrote, at everything that shows it: data, never a command, never too wide."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from imchat import protocol
from imchat.client.text import clean, clean_frame
from imchat.ids import DEFAULT_DESK, ChatId, Uid
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.composer import Composer
from tests.support import eventually
from tests.tui.hostile import SIZES, texts
from tests.tui.snapshots import agent, snapshot
from tests.tui.staging import AGENT, CUSTOMER, chat, client, staged, talk, tell, welcome
from tests.tui.written import assert_data

FEW = settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def settled(app: ImchatApp, pilot: Pilot[None]) -> None:
    """Wait until what was told is drawn."""
    await eventually(lambda: not app._stale, "the app has drawn it")
    await pilot.pause()


@FEW
@given(name=texts(4), topic=texts(6), body=texts(), size=SIZES)
async def test_an_agents_console_shows_it_as_data(
    name: str, topic: str, body: str, size: tuple[int, int]
) -> None:
    """Names, topics, previews and bodies, in the list, the log, titles and the composer."""
    async with staged(AgentApp(client(AGENT)), size) as (app, pilot):
        one = clean_frame(chat(name=name, topic=topic))
        two = clean_frame(chat("2", customer="cat", name=name[::-1], topic=body))
        talk(app, CUSTOMER, [(CUSTOMER, clean(body) or "x", 50), (AGENT, clean(body) or "x", 9)])
        tell(app, welcome(AGENT, "agent", clean_frame(one).customer_name, one, two))
        await settled(app, pilot)
        assert_data(app)
        app.query_one(Composer).text = clean(body)
        await pilot.press("shift+tab", "v", "shift+up", "shift+left")
        assert_data(app)
        tell(app, clean_frame(protocol.Error(code="not_found", message=body)))
        tell(app, protocol.Typing(chat=ChatId("1"), sender=CUSTOMER, to=AGENT))
        tell(app, protocol.Closed(chat=one, by=CUSTOMER, reason="customer"))
        await settled(app, pilot)
        assert_data(app)


@FEW
@given(name=texts(4), body=texts(), size=SIZES)
async def test_a_customers_window_shows_it_as_data(
    name: str, body: str, size: tuple[int, int]
) -> None:
    """The agent's name in the standing, the log, the composer and after the end."""
    app = CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)
    served = clean_frame(chat(name=body[:60]))
    async with staged(app, size) as (_, pilot):
        served = clean_frame(msgspec.structs.replace(served, agent_name=name))
        talk(app, AGENT, [(AGENT, clean(body) or "x", 50), (CUSTOMER, clean(body) or "x", 9)])
        tell(app, welcome(CUSTOMER, "customer", served.customer_name, served))
        await settled(app, pilot)
        assert_data(app)
        tell(app, protocol.Closed(chat=served, by=AGENT, reason="agent"))
        await settled(app, pilot)
        assert_data(app)


@FEW
@given(names=st.lists(texts(3), min_size=1, max_size=5), size=SIZES)
async def test_a_dashboard_shows_it_as_data(names: list[str], size: tuple[int, int]) -> None:
    """Names, uids and desks in the tiers, the table and the head of the queue."""
    agents = [
        agent(f"{n}{text}", n % 3, name=text, desks=("default", text or "x"))
        for n, text in enumerate(names)
    ]
    site = clean_frame(snapshot(agents, {"default": [(f"{n}{t}", n) for n, t in enumerate(names)]}))
    async with staged(DashboardApp(client(Uid("sue"))), size) as (app, pilot):
        tell(app, welcome(Uid("sue"), "supervisor", "Sue"), site)
        await settled(app, pilot)
        assert_data(app)
