"""Whom a chat can be given to: who is there, by name, and how they stand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from imchat.client import Client
from imchat.ids import Desk, Uid
from imchat.protocol import Colleague
from imchat.protocol import Colleagues as There
from imchat.tui.agent import AgentApp
from imchat.tui.colleagues import Colleagues, Target
from imchat.tui.widgets import transfer
from imchat.tui.widgets.transfer import Transfer
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer
from tests.tui.support import hides, screen_text, shows

BEN, EVE = Uid("ben"), Uid("eve")


@contextlib.asynccontextmanager
async def three(server: Server) -> AsyncIterator[tuple[AgentApp, Pilot[None], Client, Client]]:
    """Ann's console with Bob, while Ben is free and Eve away; and Bob, and Ben."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob") as bob,
        server.client("agent", BEN, name="Benedict") as ben,
        server.client("agent", EVE, name="Eve") as eve,
    ):
        await ben.ready()
        await eve.ready()
        await eve.set_status("away")
        await shows(app, "Write to bob…")
        yield app, pilot, bob, ben


def row_of(app: AgentApp, text: str) -> str:
    """The row of the screen in which a text stands first."""
    return next(row for row in screen_text(app).splitlines() if text in row)


async def test_a_chat_is_given_by_name(server: Server) -> None:
    """To one of whom this console never heard; who cannot take a chat stands last, and why."""
    async with three(server) as (app, pilot, bob, ben):
        await pilot.press("f5")
        await shows(app, "Benedict  ben  ○○○  default")
        assert "away" in row_of(app, "Eve  eve")
        assert screen_text(app).index("Benedict") < screen_text(app).index("Eve  eve")
        await pilot.press(*"bened", "enter")
        await eventually(lambda: ben.chats, "Ben has it")
        assert [chat.agent for chat in bob.chats.values()] == [BEN]


@pytest.mark.parametrize(
    ("letters", "marked"), [("", "default"), ("eve", "eve"), ("benedict", "ben")]
)
async def test_the_picker_is_there_before_it_is_told(
    letters: str, marked: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark stays with who was known before, also one who turns out to be away; a guess gives way.

    So Enter never gives the chat to another than was marked.
    """
    async with three(server) as (app, pilot, *_):
        told, ask = asyncio.Event(), app.client.colleagues

        async def late() -> There:
            await told.wait()
            return await ask()

        monkeypatch.setattr(app.client, "colleagues", late)
        monkeypatch.setattr(transfer, "GLANCE_S", 0.0)
        app._colleagues.met(EVE)
        await pilot.press("f5", *letters)
        await shows(app, "asking who is there…")
        told.set()
        await hides(app, "asking who is there…")
        picker = app.screen
        assert isinstance(picker, Transfer)
        at = picker.query_one(OptionList).highlighted
        assert at is not None
        assert picker._choices[at].value.id == marked


async def test_what_nobody_can_have_seen_is_not_kept(server: Server) -> None:
    """Told at once, the first is marked; not the customer's own desk, which was known before."""
    async with three(server) as (app, pilot, *_):
        await pilot.press("f5")
        await shows(app, "Benedict  ben")
        options = app.screen.query_one(OptionList)
        assert options.highlighted == 0
        assert "Benedict" in str(options.get_option_at_index(0).prompt)


async def test_without_an_answer_one_can_still_type_a_uid(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why nobody is listed."""
    async with three(server) as (app, pilot, _, ben):

        async def refused() -> There:
            return await app.client.report()  # type: ignore[return-value]

        monkeypatch.setattr(app.client, "colleagues", refused)
        await pilot.press("f5")
        await shows(app, "who is there is not known: not for an agent")
        await pilot.press(*"ben", "enter")
        await eventually(lambda: ben.chats, "Ben has it")


async def test_after_it_the_one_who_waits_longest_is_shown(server: Server) -> None:
    """Not the next in the list, which was answered; as after a close."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
        customer(server, "dan"),
        server.client("agent", BEN) as ben,
    ):
        await ben.ready()
        await shows(app, "3 dan")
        await app.client.send(Uid("cat"), "answered")
        await shows(app, "Write to bob…")
        await pilot.press("f5", *"ben", "enter")
        await shows(app, "Write to dan…")
        await pilot.press("f4", "y")
        await shows(app, "Write to cat…")
        await pilot.press("f4", "y")
        await shows(app, "The chat with cat is closed.")


async def test_who_writes_or_is_left_is_not_taken_elsewhere(server: Server) -> None:
    """What is begun stays in sight, and so does a chat that the customer closed."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat") as cat,
        customer(server, "dan"),
    ):
        await shows(app, "3 dan")
        await pilot.press(*"Hello", "f4", "y")
        await shows(app, "The chat with bob is closed.")
        await pilot.press("alt+2")
        await shows(app, "Write to cat…")
        await cat.close(next(iter(cat.chats)))
        await shows(app, "The chat with cat is closed.")
        await pilot.pause(0.2)
        await shows(app, "The chat with cat is closed.")


# --- without a screen ------------------------------------------------------------


def known(*agents: Colleague, desks: dict[Desk, int] | None = None) -> Colleagues:
    """What is known when the server told this."""
    colleagues = Colleagues()
    colleagues.told(There(at=0, agents=list(agents), desks=desks or {}))
    return colleagues


def agent(uid: str, load: int = 0, state: str = "online") -> Colleague:
    """An agent of two slots."""
    return Colleague(
        uid=Uid(uid), name=uid.title(), state=state,  # type: ignore[arg-type]
        load=load, capacity=2, desks=[Desk("default")],
    )


def test_who_can_take_a_chat_is_offered_first() -> None:
    """Who was used last, then the least busy, then the desks; then who cannot, and why."""
    away = [agent("d", 0, "away"), agent("e", 0, "grace")]
    there = [agent("a", 2), agent("b", 1), agent("c"), *away]
    colleagues = known(*there, desks={Desk("sales"): 3, Desk("default"): 0})
    colleagues.used(Target("desk", "sales"))
    colleagues.used(Target("agent", "a"))
    colleagues.met(Uid("gone"))
    order = colleagues.all(but=Uid("c"))
    assert [target.id for target in order] == ["sales", "b", "default", "a", "d", "e", "gone"]
    assert [colleagues.standing(target) for target in order] == [
        "3 wait", "", "", "full", "away", "connection lost", "not here",
    ]
    assert colleagues.standing(Target("desk", "nowhere")) == "nobody there"


def test_who_is_not_known_to_be_gone_may_be_there() -> None:
    """While the server told nothing, nobody is called away."""
    colleagues = Colleagues()
    colleagues.met(BEN)
    assert colleagues.all(but=ANN) == [Target("agent", BEN)]
    assert colleagues.can_take(Target("agent", BEN))
    assert colleagues.standing(Target("agent", BEN)) == ""
