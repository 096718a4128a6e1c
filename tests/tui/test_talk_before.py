"""What a customer and another agent said, read by the agent who serves it now."""

from functools import partial

from imchat.client import Client
from imchat.ids import Desk, Uid
from imchat.tui.widgets.choose import Choose
from imchat.tui.widgets.note_box import NoteBox
from imchat.tui.widgets.talk_screen import TalkScreen
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer
from tests.tui.support import hides, screen_text, shows

BEN, BOB = Uid("ben"), Uid("bob")
BILLING = Desk("billing")


async def given(ben: Client, bob: Client, *, to: Uid) -> None:
    """Ben says hello to Bob, Bob answers, and Ben gives the chat away."""
    await eventually(lambda: ben.chats, "Ben has it")
    await ben.send(BOB, "Hello, Ben here")
    await bob.send(BEN, "My [b]lamp[/b] is broken")
    await ben.transfer(next(iter(ben.chats)), to=to)


async def test_who_is_given_a_chat_reads_what_was_said(server: Server) -> None:
    """The note and the panel say by which key; Escape goes back to the chat."""
    async with server.client("agent", BEN, name="Benedict") as ben:
        await ben.ready()
        async with customer(server, "bob", name="Bob") as bob, console(server) as (app, pilot):
            await given(ben, bob, to=ANN)
            await shows(app, "Bob is yours now,")
            await shows(app, "Alt+E")
            await pilot.press("f3")
            await shows(app, "given by Benedict (Alt+E)")
            await shows(app, "waited   not at all")
            await pilot.press("alt+e")
            await shows(app, "before  Bob with Benedict")
            await shows(app, "Hello, Ben here")
            await shows(app, "My [b]lamp[/b] is broken")
            assert "✓" not in screen_text(app)
            await pilot.press("f4", "f8", "x", "escape")
            await shows(app, "Write to Bob…")
            assert "x" not in app.query_one(NoteBox).text
            assert bob.chats


async def test_a_long_one_is_read_page_by_page(server: Server) -> None:
    """The newest first."""
    async with server.client("agent", BEN) as ben:
        await ben.ready()
        async with customer(server, "bob") as bob, console(server) as (app, pilot):
            await eventually(lambda: ben.chats, "Ben has it")
            for n in range(130):
                await bob.send(BEN, f"line {n} of many")
            await given(ben, bob, to=ANN)
            await shows(app, "Write to bob…")
            await pilot.press("alt+e")
            await shows(app, "line 129 of many")

            async def at_the_first() -> bool:
                await pilot.press("home")
                return "line 0 of many" in screen_text(app)

            await eventually(at_the_first, "the first line")


async def test_of_several_one_is_chosen(server: Server) -> None:
    """The agents of earlier chats, and who had this one."""
    async with (
        server.client("agent", BEN, name="Benedict") as ben,
        server.client("agent", Uid("cleo"), name="Cleo", desks=[BILLING]) as cleo,
    ):
        await ben.ready()
        await cleo.ready()
        async with server.client("customer", BOB) as bob:
            await bob.ready()
            await bob.request(desk=BILLING)
            await eventually(lambda: cleo.chats, "Cleo has it")
            await cleo.send(BOB, "Cleo was here")
            await cleo.close(next(iter(cleo.chats)))
            await eventually(lambda: not bob.chats, "it is closed")
            await bob.request()
            async with console(server, (120, 40)) as (app, pilot):
                await given(ben, bob, to=ANN)
                await shows(app, "0 s, closed")
                await pilot.press("alt+e")
                await eventually(lambda: isinstance(app.screen, Choose), "it asks with whom")
                await pilot.press(*"cleo", "enter")
                await shows(app, "Cleo was here")


async def test_when_there_is_nothing_to_read_it_says_so(server: Server) -> None:
    """No other agent, no chat, and one that was closed meanwhile."""
    async with console(server) as (app, pilot):
        await pilot.press("alt+e")
        await shows(app, "What others said")
        async with customer(server, "bob") as bob:
            await shows(app, "Write to bob…")
            await pilot.press("alt+e")
            await shows(app, "No other agent of bob is known.")
            app._given_by[BOB] = BEN
            await bob.close(next(iter(bob.chats)))
            await shows(app, "The chat with bob is closed.")
            read = partial(app.client.history, BOB, agent=BEN)
            app.read_before({BEN: "Ben"}, lambda _: read, customer=BOB, called="bob")
            await eventually(lambda: isinstance(app.screen, TalkScreen), "it is opened")
            await shows(app, "It cannot be read:")
            await pilot.press("q")
            await hides(app, "It cannot be read:")
