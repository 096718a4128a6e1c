"""The customer's window, driven by keys against a real server."""

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from textual.pilot import Pilot
from textual.widgets import ProgressBar

from imchat import protocol
from imchat.client import Client
from imchat.errors import Conflict
from imchat.ids import DEFAULT_DESK, Uid
from imchat.tui.customer import CustomerApp
from tests.client.scripted import TOKEN, Frame, Script, Scripted, chat, scripted
from tests.support import Restartable, Server, eventually, serving
from tests.tui.support import hides, running_app, screen_text, shows

BOB = Uid("bob")


@contextlib.asynccontextmanager
async def window(
    server: Server, *, topic: str | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[CustomerApp, Pilot[None]]]:
    """Bob at his window."""
    client = server.client("customer", BOB, name="Bob")
    async with running_app(CustomerApp(client, topic=topic, desk=DEFAULT_DESK), size) as running:
        yield running


@contextlib.asynccontextmanager
async def agent(server: Server, **claims: int) -> AsyncIterator[Client]:
    """Ann, online."""
    async with server.client("agent", "ann", name="Ann", **claims) as client:
        await client.ready()
        yield client


async def test_asks_at_once_and_says_who_serves(server: Server) -> None:
    """A customer that comes is given to a free agent, the topic its first message."""
    async with agent(server) as ann, window(server, topic="My parcel") as (app, _):
        await shows(app, "Ann is here for you.")
        await shows(app, "My parcel")
        await eventually(
            lambda: [line.body for line in ann.conversation(BOB).lines] == ["My parcel"],
            "the agent has the topic",
        )


async def test_waits_in_the_queue_and_moves_up(server: Server) -> None:
    """The place in the queue is shown and moves; nothing can be sent to nobody."""
    async with server.client("customer", "first") as first:
        await first.ready()
        await first.request()
        async with window(server) as (app, pilot):
            await shows(app, "You are number 2 in the queue")
            await pilot.press(*"hello", "enter")
            await shows(app, "You can write as soon as somebody is here.")
            await first.close(next(iter(first.chats)))
            await shows(app, "You are number 1 in the queue")
            async with agent(server):
                await shows(app, "Ann is here for you.")
                await pilot.press("enter")
                await shows(app, "✓")


async def test_leaves_the_queue(server: Server) -> None:
    """F4 asks, y leaves; F3 asks for help again."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("f4")
        await shows(app, "Leave the queue?")
        await pilot.press("y")
        await shows(app, "You left the queue.")
        await pilot.press("f3")
        await shows(app, "You are number 1 in the queue")


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


async def test_a_full_queue_is_said(store_url: str, site: str) -> None:
    """A refused request says why and what to do."""
    async with serving(store_url, site, max_queue=0) as server, window(server) as (app, _):
        await shows(app, "Too many are waiting at this desk")
        await shows(app, "F3 asks for help again.")


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


# --- the way through the queue -----------------------------------------------


async def test_the_bar_moves_as_the_queue_does(server: Server) -> None:
    """Empty at first, a third of the way for each that was served, of the two before."""
    async with contextlib.AsyncExitStack() as stack:
        before = []
        for n in range(2):
            other = await stack.enter_async_context(server.client("customer", f"other-{n}"))
            await other.ready()
            await other.request()
            before.append(other)
        app, _ = await stack.enter_async_context(window(server))
        await shows(app, "You are number 3 in the queue")
        bar = app.query_one(ProgressBar)
        assert bar.percentage == 0
        for number, other in enumerate(before, start=1):
            await other.close(next(iter(other.chats)))
            await shows(app, f"You are number {3 - number} in the queue")
            assert bar.percentage == pytest.approx(number / 3, abs=0.01)
        async with agent(server):
            await shows(app, "Ann is here for you.")
            assert not app.query_one("#way").display


async def test_how_long_one_waits_is_shown(server: Server) -> None:
    """By the server's clock, so that a window that is opened again knows."""
    async with window(server) as (app, _):
        await eventually(
            lambda: re.search(r"Waiting for 0:0[1-9]\.", screen_text(app)), "the clock goes on"
        )


async def test_quitting_the_queue_asks_once(server: Server) -> None:
    """Escape stays; yes leaves the queue at once, and not only when the grace is over."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("ctrl+q")
        await shows(app, "Leave the queue? Your place is lost.")
        await pilot.press("escape")
        await hides(app, "Leave the queue?")
        assert app.is_running
        await pilot.press("ctrl+q", "y")
        await eventually(lambda: not app.is_running, "the window is closed")
    async with agent(server) as ann:
        await ann.ready()
        assert ann.chats == {}


async def test_without_a_server_one_can_quit_all_the_same(restartable: Restartable) -> None:
    """It is not waited for long."""
    server = await restartable.start()
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await restartable.stop()
        await shows(app, "You keep your place while the connection is made again.")
        await pilot.press("ctrl+q", "y")
        await eventually(lambda: not app.is_running, "the window is closed")


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


# --- passed on, and rated -----------------------------------------------------


async def test_a_customer_follows_its_chat_and_rates_it(server: Server) -> None:
    """To another agent and to the queue, with what is written; the rating is the server's."""
    async with (
        agent(server) as ann,
        server.client("agent", "ben", name="Ben", desks=["billing"]) as ben,
        window(server) as (app, pilot),
    ):
        await ben.ready()
        await shows(app, "Ann is here for you.")
        id = next(iter(ann.chats))
        await ann.transfer(id, to=Uid("ben"))
        await shows(app, "Ann passed you on. Ben is here for you.")
        await pilot.press(*"hello Ben", "enter")
        await eventually(
            lambda: [line.body for line in ben.conversation(BOB).lines] == ["hello Ben"],
            "Ben has it",
        )
        await ann.set_status("away")
        await ben.transfer(id, desk=DEFAULT_DESK)
        await shows(app, "Ben passed you on. You are number 1 in the queue")
        await ann.set_status("online")
        await shows(app, "Ann is here for you.")
        await ann.close(id)
        await shows(app, "F5 rates it")
        await pilot.press("f5", "5", *"well done", "enter")
        await shows(app, "You rated it 5 of 5, thank you.")
        async with server.client("customer", BOB) as bob:
            with pytest.raises(Conflict):
                await bob.rate(id, 1)


# --- what a server tells that this one need not be brought to -----------------


def _with_ann() -> Script:
    """A server that has Ann for whoever asks, in chats 1, 2 and so on, and takes ratings."""
    ids = itertools.count(1)
    return lambda frame: _answer(frame, ids)


def _answer(frame: Frame, ids: Iterator[int]) -> list[Frame]:
    ref = frame.get("ref")
    match frame["type"]:
        case "request":
            return [{"type": "assigned", "chat": chat(chat=str(next(ids))), "ref": ref}]
        case "history":
            return [{"type": "history", "with": frame["with"], "messages": [], "more": False,
                     "last_seq": 0, "ref": ref}]
        case "close":
            closed = chat(state="closed")
            return [{"type": "closed", "chat": closed, "by": "ann", "reason": "agent", "ref": ref}]
        case "rate" if frame["score"] == 1:
            return [{"type": "error", "code": "conflict", "message": "rated already", "ref": ref}]
        case "rate":
            rated = chat(state="closed", score=frame["score"])
            return [{"type": "rated", "chat": rated, "ref": ref}]
    return []


@contextlib.asynccontextmanager
async def served(
    script: Script | None = None,
) -> AsyncIterator[tuple[CustomerApp, Pilot[None], Scripted]]:
    """Bob at his window, with a server that says what it is told to."""
    async with scripted(script or _with_ann()) as server:
        app = CustomerApp(Client(server.url, TOKEN), topic=None, desk=DEFAULT_DESK)
        async with running_app(app, (80, 24)) as (_, pilot):
            yield app, pilot, server


CLOSED: Frame = {
    "type": "closed", "chat": chat(state="closed"), "by": "ann", "reason": "agent"
}


async def test_a_closed_chat_is_rated_with_a_comment() -> None:
    """A digit, some words, Enter; then it is thanked for, and cannot be rated again."""
    async with served() as (app, pilot, server):
        await shows(app, "Ann is here for you.")
        await pilot.press("f5")  # not yet
        await server.say(CLOSED)
        await shows(app, "F5 rates it, F3 asks for help again.")
        await pilot.press("f5")
        await shows(app, "How was the chat with Ann?")
        await pilot.press("2", "5", "shift+tab", "4", *"very kind", "enter")
        rated = await server.until_asked("rate")
        assert (rated["chat"], rated["score"], rated["comment"]) == ("1", 4, "5very kind")
        await shows(app, "You rated it 4 of 5, thank you.")
        assert "rates it" not in screen_text(app)
        await pilot.press("f3")
        await shows(app, "Ann is here for you.")


async def test_a_rating_needs_a_score_and_can_be_left() -> None:
    """Words alone are not sent; Escape sends nothing, and it can be asked for again."""
    async with served() as (app, pilot, server):
        await shows(app, "Ann is here for you.")
        await server.say(CLOSED)
        await shows(app, "F5 rates it")
        await pilot.press("f5", "tab", "tab", "tab", "tab", "tab", *"hm", "enter")
        await shows(app, "Choose from 1 to 5 first.")
        await pilot.press("escape")
        await hides(app, "How was the chat")
        await shows(app, "F5 rates it")
        assert [frame for frame in server.asked if frame["type"] == "rate"] == []


async def test_a_rating_that_is_refused_says_why() -> None:
    """One that was given in another window cannot be given again."""
    async with served() as (app, pilot, server):
        await shows(app, "Ann is here for you.")
        await server.say(CLOSED)
        await shows(app, "F5 rates it")
        await pilot.press("f5", "1", "enter")
        await shows(app, "rated already")
        await hides(app, "rates it")


async def test_ratings_and_asking_work_by_mouse() -> None:
    """Every step has a button."""
    async with served() as (app, pilot, server):
        await shows(app, "Ann is here for you.")
        await server.say(CLOSED)
        await shows(app, "  Ask again  ")
        await pilot.click("#rate")
        await shows(app, "How was the chat with Ann?")
        await pilot.click("#score-5")
        await pilot.press("enter")
        assert (await server.until_asked("rate"))["score"] == 5
        await shows(app, "You rated it 5 of 5, thank you.")
        await pilot.click("#ask")
        await shows(app, "Ann is here for you.")


async def test_who_left_the_queue_has_nobody_to_rate(server: Server) -> None:
    """A rating is of an agent."""
    async with window(server) as (app, pilot):
        await shows(app, "You are number 1 in the queue")
        await pilot.press("f4", "y")
        await shows(app, "You left the queue.")
        assert "F5" not in screen_text(app)


async def test_passed_on_to_another_agent() -> None:
    """It is said who passed the customer on, and who is there now."""
    async with served() as (app, _, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent="ben", agent_name="Ben")
        await server.say({"type": "transferred", "chat": now, "from": "ann", "by": "ann"})
        await shows(app, "Ann passed you on. Ben is here for you.")
        await shows(app, "Write to Ben…")


async def test_passed_on_to_another_desk() -> None:
    """The customer waits again, and is told where it stands."""
    async with served() as (app, _, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent=None, agent_name=None, state="waiting", position=2, assigned_at=None)
        await server.say({"type": "transferred", "chat": now, "from": "ann", "by": "ann"})
        await shows(app, "Ann passed you on. You are number 2 in the queue")
        await server.say({"type": "waiting", "chat": now | {"position": 1}, "position": 1,
                          "eta_s": 118})
        await shows(app, "You are number 1 in the queue, about 2 minutes.")
        ben = chat(agent="ben", agent_name="Ben")
        await server.say({"type": "assigned", "chat": ben})
        await shows(app, "Ben is here for you.")


async def test_an_agent_that_is_lost_is_said() -> None:
    """The customer waits again, first in the queue, and knows why."""
    async with served() as (app, _, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent=None, agent_name=None, state="waiting", position=1, assigned_at=None)
        await server.say({"type": "waiting", "chat": now, "position": 1, "eta_s": None})
        await shows(app, "Ann had to go. You are number 1 in the queue.")


async def test_who_gives_up_asking_can_ask_again() -> None:
    """A server that says nothing keeps nobody waiting for good."""
    async with served(lambda _: []) as (app, pilot, server):
        await server.until_asked("request")
        await shows(app, "asking for help… (Esc gives up)")
        await pilot.press("escape")
        await shows(app, "You did not ask after all.")
        await pilot.press("f3")
        await server.until_asked("request", 2)


async def test_names_of_others_are_data_everywhere() -> None:
    """Markup and escapes in an agent's name do nothing in what is said of it."""
    nasty = "[b]A[/b][/ \x1b]2;x\x07"
    shown = "[b]A[/b][/ \ufffd]2;x\ufffd"
    async with served() as (app, pilot, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent="ben", agent_name=nasty)
        await server.say({"type": "transferred", "chat": now, "from": "ann", "by": "ann"})
        await shows(app, f"{shown} is here for you.")
        closed = chat(agent="ben", agent_name=nasty, state="closed")
        await server.say(CLOSED | {"chat": closed})
        await shows(app, f"{shown} closed the chat.")
        await pilot.press("f5")
        await shows(app, f"How was the chat with {shown}?")
