"""What the agent does besides writing: transfer, and everything that waits for the server."""

from imchat.client import Client
from imchat.ids import Uid
from imchat.tui.agent_view import TARGETS
from imchat.tui.colleagues import Colleagues, Target, typed
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.title_bar import TitleBar
from tests.support import Restartable, Server, eventually
from tests.tui.console import ANN, console, customer, written
from tests.tui.support import hides, screen_text, shows, text_in

BEN = Uid("ben")


def agent_of(client: Client) -> str | None:
    """Who serves this customer."""
    return next((chat.agent for chat in client.chats.values()), None)


async def test_a_chat_is_given_to_an_agent(server: Server) -> None:
    """Typed by uid; it leaves the list for the recent ones, and is the other's."""
    async with console(server) as (app, pilot), customer(server, "bob", name="Bob") as bob:
        await shows(app, "Write to Bob…")
        async with server.client("agent", BEN, name="Ben") as ben:
            await ben.ready()
            await pilot.press("f5")
            await shows(app, "Give the chat with Bob to")
            await pilot.press(*"ben")
            await shows(app, "agent  Ben  ben")
            await pilot.press("enter")
            await shows(app, "The chat with Bob was given to Ben.")
            await eventually(lambda: agent_of(bob) == BEN, "Ben has it")
            assert "to Ben now" in text_in(app, ChatList)
            assert "tier 0" in screen_text(app)


async def test_who_is_set_away_is_told_by_whom(server: Server) -> None:
    """And by which key one changes it; what the agent does itself needs no note."""
    async with console(server) as (app, pilot), server.client("supervisor", Uid("sue")) as sue:
        await shows(app, "● online")
        await sue.set_status("away", uid=ANN)
        await shows(app, "sue set you away; F2 changes it.")
        await shows(app, "○ away")
        await pilot.press("f2")
        await shows(app, "● online")
        assert "set you online" not in screen_text(app)
        await sue.set_status("online", uid=ANN)  # as it was
        await sue.set_status("away", uid=ANN)
        await shows(app, "○ away")
        assert "set you online" not in screen_text(app)


async def test_a_chat_is_given_to_a_desk(server: Server) -> None:
    """Its next free agent has the chat."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        async with server.client("agent", BEN, desks=["billing"]) as ben:
            await ben.ready()
            await pilot.press("f5", *"billing")
            await shows(app, "desk   billing")
            await hides(app, "asking who is there…")
            await pilot.press("enter")
            await eventually(lambda: agent_of(bob) == BEN, "Ben has it")
            await shows(app, "The chat with bob was given to")


async def test_who_had_a_chat_before_is_offered_and_remembered(server: Server) -> None:
    """After a transfer the target is the first that is offered, in the next run too."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        async with server.client("agent", BEN, name="Ben") as ben:
            await ben.ready()
            await pilot.press("f5", *"ben", "enter")
            await shows(app, "The chat with bob was given to Ben.")
            assert app.memory[TARGETS] == "agent:ben"
            async with customer(server, "cat"), customer(server, "dan"):
                await shows(app, "1 ")
                await pilot.press("alt+1", "f5")
                await shows(app, "agent  Ben  ben")
                await pilot.press("escape")


async def test_a_chat_that_is_given_to_the_agent_appears(server: Server) -> None:
    """It takes a slot, and one is told from whom it is."""
    async with server.client("agent", BEN, name="Ben", capacity=1) as ben:
        await ben.ready()
        async with customer(server, "bob", name="Bob"):
            await eventually(lambda: ben.chats, "Ben serves Bob")
            async with console(server) as (app, _), customer(server, "cat"):
                await shows(app, "1 cat")
                await ben.transfer(next(iter(ben.chats)), to=ANN)
                await shows(app, "2 Bob")
                await shows(app, "Bob is yours now, from")


async def test_a_given_chat_without_a_word_says_where_the_words_are(server: Server) -> None:
    """It does not look like a console that waits for its next customer."""
    async with (
        server.client("agent", BEN, name="Ben", capacity=1) as ben,
        server.client("customer", "bob") as bob,
    ):
        await ben.ready()
        await bob.request()
        async with console(server) as (app, _):
            await shows(app, "Ready. The next customer")
            await ben.transfer(next(iter(ben.chats)), to=ANN)
            await shows(app, "Nothing is said here yet. Alt+E shows what was said before.")


async def test_a_refused_transfer_changes_nothing(server: Server) -> None:
    """Nobody of that name: it is said, and the chat stays with its draft."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"still mine", "f5", *"nobody", "enter")
        await eventually(lambda: len(app._notifications) == 1, "the refusal is said")
        assert agent_of(bob) == ANN
        assert written(app) == "still mine"
        await shows(app, "1 bob")


async def test_a_long_trouble_leaves_room_for_whose_screen_it_is(server: Server) -> None:
    """What is cut is the trouble, at 80 columns too."""
    async with console(server, (80, 24)) as (app, _):
        await shows(app, "● online")
        app.query_one(TitleBar).link = "reconnecting: " + "certificate verify failed, " * 9
        await shows(app, "imchat agent  Ann")
        await shows(app, "reconnecting: certificate verify failed")


async def test_what_waits_is_shown_and_given_up(restartable: Restartable) -> None:
    """Without a server the title says what is waited for; Escape ends that and changes nothing."""
    server = await restartable.start()
    async with console(server, (140, 30)) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await restartable.stop()
        await shows(app, "reconnecting")
        await pilot.press("f2")
        await shows(app, "setting you away… (Esc")
        await pilot.press("f4", "y")
        await shows(app, "closing the chat…")
        await pilot.press(*"I can still write", "escape")
        await hides(app, "setting you away… (Esc")
        assert written(app) == "I can still write"
        await restartable.start()
        await hides(app, "reconnecting")
        await shows(app, "● online")
        await shows(app, "Write to bob…") if not written(app) else None
        assert "1 bob" in text_in(app, ChatList)


async def test_closing_with_a_draft_says_so(server: Server) -> None:
    """The question names what is not sent, and the draft is still there afterwards."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press(*"not yet", "f4")
        await shows(app, "What you wrote is not sent")
        await pilot.press("enter")
        await shows(app, "The chat with bob is closed.")
        assert written(app) == "not yet"


# --- colleagues, without a screen ------------------------------------------------


def test_targets_are_remembered_as_text() -> None:
    """Only those that were used, the last first; what cannot be a target is passed over."""
    known = Colleagues()
    known.remember("agent:ben desk:billing x:y agent: agent:b[b]")
    assert known.all(but=ANN) == [Target("agent", "ben"), Target("desk", "billing")]
    known.met(Uid("cat"))
    known.used(Target("desk", "billing"))
    known.used(Target("desk", "sales"))
    assert known.remembered == "desk:sales desk:billing agent:ben"
    assert known.all(but=Uid("ben"))[-1] == Target("agent", "cat")


def test_what_is_no_name_means_nobody() -> None:
    """What the server would refuse as no uid is not offered."""
    assert typed("a b") == typed("") == typed("-x") == typed("x" * 65) == []
    assert typed("ben@x") == [Target("agent", "ben@x"), Target("desk", "ben@x")]


async def test_who_has_open_chats_is_asked_before_leaving(server: Server) -> None:
    """Or has written something; nobody else is, and the same key again means it."""
    async with console(server, capacity=1) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press("ctrl+q")
        await shows(app, "Leave with 1 open chat?")
        assert "What you wrote" not in screen_text(app)
        await pilot.press("escape")
        await hides(app, "Leave with")
        await pilot.press(*"not yet", "ctrl+q")
        await shows(app, "What you wrote is not sent, and lost.")
        await pilot.press("n")
        await bob.close(next(iter(bob.chats)))
        await shows(app, "is closed.")
        await pilot.press("ctrl+q")
        await shows(app, "What you wrote is not sent, and lost.")
        await pilot.press("ctrl+q")
        await eventually(lambda: not app.is_running, "the console is closed")


async def test_who_has_nothing_open_leaves_at_once(server: Server) -> None:
    """Nothing would be lost."""
    async with console(server) as (app, pilot):
        await shows(app, "● online")
        await pilot.press("ctrl+q")
        await eventually(lambda: not app.is_running, "the console is closed")
