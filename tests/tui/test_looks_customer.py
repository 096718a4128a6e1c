"""The customer's window as it was looked at and approved, at three sizes and in both themes."""

import pytest

from imchat import protocol
from imchat.client import Disconnected
from imchat.ids import DEFAULT_DESK
from imchat.tui.customer import CustomerApp
from tests.tui.looks import assert_looks, utc
from tests.tui.scenes import SAID
from tests.tui.staging import AGENT, CUSTOMER, chat, client, staged, talk, tell, welcome
from tests.tui.support import shows

pytestmark = pytest.mark.usefixtures("utc")
__all__ = ["utc"]


def _window() -> CustomerApp:
    return CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)


async def _serve(app: CustomerApp) -> None:
    talk(app, AGENT, SAID)
    app.client.conversation(AGENT).read_by_me = 6
    tell(app, welcome(CUSTOMER, "customer", "Bob", chat()))
    await shows(app, "No, thank you")


def _queue(app: CustomerApp, position: int) -> None:
    waiting = chat(state="waiting", position=position)
    tell(app, welcome(CUSTOMER, "customer", "Bob", waiting))


async def _end(app: CustomerApp) -> None:
    await _serve(app)
    tell(app, protocol.Closed(chat=chat(state="closed"), by=AGENT, reason="agent"))
    await shows(app, "asks for help again")


async def test_a_customer_who_asks() -> None:
    """Before the server has said where one stands."""
    async with staged(_window()) as (app, pilot):
        tell(app, welcome(CUSTOMER, "customer", "Bob"))
        await shows(app, "Asking for help…")
        await assert_looks(pilot, "customer-asking")


async def test_a_customer_in_the_queue() -> None:
    """Where one stands, and how long it may take."""
    async with staged(_window()) as (app, pilot):
        _queue(app, 7)
        nearer = chat(state="waiting", position=3)
        tell(app, protocol.Waiting(chat=nearer, position=3, eta_s=240))
        await shows(app, "about 4 minutes")
        await assert_looks(pilot, "customer-queue")


async def test_a_customer_who_would_leave_the_queue() -> None:
    """The place is lost then."""
    async with staged(_window()) as (app, pilot):
        _queue(app, 7)
        await shows(app, "number 7")
        await pilot.press("ctrl+q")
        await shows(app, "Your place is lost.")
        await assert_looks(pilot, "customer-leaving")


async def test_a_customer_that_is_served() -> None:
    """The conversation, seen from the other side."""
    async with staged(_window()) as (app, pilot):
        await _serve(app)
        await assert_looks(pilot, "customer-served")


async def test_a_customer_who_was_passed_on() -> None:
    """Another is there, and what was said before is not lost."""
    async with staged(_window()) as (app, pilot):
        await _serve(app)
        tell(app, protocol.Transferred(chat=chat(agent_is="ben"), sender=AGENT, by=AGENT))
        await shows(app, "Ann passed you on.")
        await assert_looks(pilot, "customer-passed-on")


async def test_a_customer_whose_chat_is_over() -> None:
    """It can be rated, and one may ask again."""
    async with staged(_window()) as (app, pilot):
        await _end(app)
        await assert_looks(pilot, "customer-over")


async def test_a_customer_who_rates() -> None:
    """A score is chosen, and something is added."""
    async with staged(_window()) as (app, pilot):
        await _end(app)
        await pilot.press("f5", "4", *"Quick and friendly")
        await shows(app, "Quick and friendly")
        await assert_looks(pilot, "customer-rating")


async def test_a_customer_who_has_rated() -> None:
    """It says so, and offers it no more."""
    async with staged(_window()) as (app, pilot):
        await _end(app)
        tell(app, protocol.Rated(chat=chat(state="closed", score=4)))
        await shows(app, "You rated it 4 of 5")
        await assert_looks(pilot, "customer-rated")


async def test_a_customer_without_a_connection() -> None:
    """The place is kept meanwhile."""
    async with staged(_window()) as (app, pilot):
        _queue(app, 2)
        app.client.state = "connecting"
        tell(app, Disconnected("the server is going away", 0.0))
        await shows(app, "You keep your place")
        await assert_looks(pilot, "customer-reconnecting")


async def test_a_customer_who_looks_for_a_key() -> None:
    """Every key of the window."""
    async with staged(_window()) as (app, pilot):
        await _serve(app)
        await pilot.press("f1")
        await shows(app, "Keys")
        await assert_looks(pilot, "customer-help")
