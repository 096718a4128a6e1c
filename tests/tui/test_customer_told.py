"""What the window says of being passed on, lost and rated, whatever a server tells."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
from textual.pilot import Pilot

from imchat.client import Client
from imchat.errors import Conflict
from imchat.ids import DEFAULT_DESK, Uid
from imchat.tui.customer import CustomerApp
from tests.client.scripted import TOKEN, Frame, Script, Scripted, chat, scripted
from tests.support import Server, eventually
from tests.tui.support import hides, running_app, screen_text, shows
from tests.tui.windows import BOB, agent, window


async def test_a_customer_follows_its_chat_and_rates_it(server: Server) -> None:
    """To another agent and to the queue, with what is written; the rating is the server's."""
    async with (
        agent(server) as ann,
        server.client("agent", "ben", name="Ben", desks=["billing"]) as ben,
        window(server) as (app, pilot),
    ):
        await ben.ready()
        await shows(app, "Ann is here for you.")
        await pilot.press("alt+e")  # nobody was there before
        await pilot.press(*"my [b]lamp[/b]", "enter")
        await eventually(lambda: ann.conversation(BOB).lines, "Ann has it")
        id = next(iter(ann.chats))
        await ann.transfer(id, to=Uid("ben"))
        await shows(app, "Ann passed you on. Ben is here for you.")
        await shows(app, "Alt+E shows what you and Ann said.")
        await hides(app, "my [b]lamp[/b]")
        await pilot.press("alt+e")
        await shows(app, "before  You with Ann")
        await shows(app, "my [b]lamp[/b]")
        assert "You  " in screen_text(app)
        await pilot.press("escape")
        await shows(app, "Write to Ben…")
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


async def test_passed_on_to_another_agent() -> None:
    """It is said who passed the customer on, and who is there now."""
    async with served() as (app, _, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent="ben", agent_name="Ben")
        await server.say({"type": "transferred", "chat": now, "from": "ann", "by": "ann"})
        await shows(app, "Ann passed you on. Ben is here for you.")
        await shows(app, "Write to Ben…")


async def test_passed_on_by_a_supervisor() -> None:
    """It was not the agent who did it, and is not said so."""
    async with served() as (app, _, server):
        await shows(app, "Ann is here for you.")
        now = chat(agent="ben", agent_name="Ben")
        await server.say({"type": "transferred", "chat": now, "from": "ann", "by": "sue"})
        await shows(app, "A supervisor passed you on. Ben is here for you.")


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
