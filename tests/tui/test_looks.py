"""Every screen as it was looked at and approved, at three sizes and in both themes."""

import pytest
from textual.pilot import Pilot

from imchat import protocol
from imchat.ids import DEFAULT_DESK, Uid
from imchat.tui.agent import AgentApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from tests.support import eventually
from tests.tui.looks import assert_looks, utc
from tests.tui.snapshots import agent, snapshot
from tests.tui.staging import AGENT, CUSTOMER, chat, client, staged, talk, tell, welcome
from tests.tui.support import screen_text

pytestmark = pytest.mark.usefixtures("utc")
__all__ = ["utc"]

SAID = [
    (CUSTOMER, "Where is my parcel?", 86_500),
    (AGENT, "Hello Bob! Which one do you mean?", 86_400),
    (CUSTOMER, "The one from https://shop.example/orders/7", 100),
    (CUSTOMER, "我的包裹还没有到，你能帮我看看吗？", 95),
    (AGENT, "It is on its way; it should be with you tomorrow before noon.\nAnything else?", 70),
    (CUSTOMER, "No, thank you 👍", 20),
]


async def _shown(app: AgentApp | CustomerApp | DashboardApp, text: str) -> None:
    await eventually(lambda: text in screen_text(app), f"{text!r} on the screen")


async def test_an_idle_console() -> None:
    """An agent with no customer yet."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        tell(app, welcome(AGENT, "agent", "Ann"))
        await _shown(app, "slots free")
        await assert_looks(pilot, "agent-idle")


async def test_a_console_at_work() -> None:
    """Two chats, one of them shown, with marks, days and a link; one with unread words."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await _work(app, pilot)
        await assert_looks(pilot, "agent-at-work")


async def test_finding_in_a_conversation() -> None:
    """The bar, and what was found."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await _work(app, pilot)
        await pilot.press("alt+f", *"parcel")
        await _shown(app, "1 of 1")
        await assert_looks(pilot, "agent-finding")


async def test_asking_before_a_link_is_opened() -> None:
    """The link in full."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await _work(app, pilot)
        await pilot.press("alt+l")
        await _shown(app, "Open this link?")
        await assert_looks(pilot, "agent-link")


async def _work(app: AgentApp, pilot: Pilot[None]) -> None:
    cat = chat("2", customer="cat", name="Cat 喵", topic="Refund")
    talk(app, CUSTOMER, SAID)
    talk(app, Uid("cat"), [(Uid("cat"), "Refund", 90), (Uid("cat"), "Hello?", 30)])
    app.client.conversation(CUSTOMER).read_by_peer = 5
    app.client.conversation(CUSTOMER).read_by_me = 6
    tell(app, welcome(AGENT, "agent", "Ann", chat(), cat))
    await _shown(app, "No, thank you")


async def test_a_customer_in_the_queue() -> None:
    """Where one stands, and how long it may take."""
    app = CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)
    waiting = chat(state="waiting", position=3)
    async with staged(app) as (_, pilot):
        tell(
            app, welcome(CUSTOMER, "customer", "Bob", waiting),
            protocol.Waiting(chat=waiting, position=3, eta_s=240),
        )
        await _shown(app, "3")
        await assert_looks(pilot, "customer-queue")


async def test_a_customer_that_is_served() -> None:
    """The conversation, seen from the other side."""
    app = CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)
    async with staged(app) as (_, pilot):
        talk(app, AGENT, SAID)
        app.client.conversation(AGENT).read_by_me = 6
        tell(app, welcome(CUSTOMER, "customer", "Bob", chat()))
        await _shown(app, "No, thank you")
        await assert_looks(pilot, "customer-served")


async def test_a_dashboard() -> None:
    """Agents in their tiers, a queue, somebody away."""
    async with staged(DashboardApp(client(Uid("sue")))) as (app, pilot):
        agents = [agent(f"agent-{n}", n % 4, name=f"Agent {n}") for n in range(12)]
        agents += [agent("away", 1, state="away"), agent("gone", 2, state="grace")]
        tell(
            app, welcome(Uid("sue"), "supervisor", "Sue"),
            snapshot(agents, {"default": [("eve", 75), ("zoe", 20)]}),
        )
        await _shown(app, "eve")
        await assert_looks(pilot, "dashboard")
