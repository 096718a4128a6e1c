"""A supervisor reads a chat while it goes on."""

from imchat.client import Client
from imchat.ids import Uid
from imchat.protocol import Happening
from imchat.tui.widgets.chat_watch import ChatWatch
from tests.support import Restartable, Server, eventually
from tests.tui.dashboards import asking, close, dashboard, feed, online, row_with, tell
from tests.tui.snapshots import AT_MS, snapshot
from tests.tui.support import hides, screen_text, shows

ANN, BOB = Uid("ann"), Uid("bob")


async def say(client: Client, to: Uid, body: str) -> None:
    await client.send(to, body)


async def test_a_chat_is_read_live(server: Server) -> None:
    """Enter opens it with what was said; what is said next is shown; Escape goes back."""
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob", topic="My lamp") as bob,
    ):
        await say(ann, BOB, "Hello Bob")
        await row_with(app, "Ann", "bob")
        await pilot.press("enter")
        await shows(app, "watching")
        await shows(app, "My lamp")
        await shows(app, "Hello Bob")
        await shows(app, "live · they do not see you")
        await say(bob, ANN, "[b]It[/b] is [/ broken")
        await shows(app, "[b]It[/b] is [/ broken")
        chat = next(iter(bob.chats.values()))
        assert (chat.read_by_agent, chat.read_by_customer) == (0, 0)
        await pilot.press("escape")
        await shows(app, "Tiers")
        assert not isinstance(app.screen, ChatWatch)


async def test_the_two_differ_at_a_glance(server: Server) -> None:
    """Customer and agent have each a colour; who only reads is told nothing of marks."""
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob", topic="My lamp"),
    ):
        await say(ann, BOB, "Hello Bob")
        await row_with(app, "Ann", "bob")
        await pilot.press("enter")
        await shows(app, "Hello Bob")
        colours = {
            segment.text: segment.style.color
            for row in app.screen._compositor.render_strips()[1:]
            for segment in row
            if segment.text in {"Ann", "bob"} and segment.style is not None
        }
        assert colours.keys() == {"Ann", "bob"}
        assert colours["Ann"] != colours["bob"]
        assert "✓" not in screen_text(app)


async def test_a_long_conversation_is_read_page_by_page(server: Server) -> None:
    """The newest first; going up loads what was before."""
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob"),
    ):
        for n in range(160):
            await say(ann, BOB, f"line {n} of many")
        await row_with(app, "Ann", "bob")
        await pilot.press("enter")
        await shows(app, "line 159 of many")
        screen = app.screen
        assert isinstance(screen, ChatWatch)
        assert len(screen.paged.talk.lines) == 100

        async def at_the_first() -> bool:
            await pilot.press("home")
            return "line 0 of many" in screen_text(app)

        await eventually(at_the_first, "the first line")


async def test_it_says_when_the_chat_is_over_or_elsewhere(server: Server) -> None:
    """And is still read, as it was."""
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob", topic="My lamp") as bob,
        online(server, "ben"),
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("home", "enter")
        await shows(app, "live ·")
        await ann.transfer(next(iter(bob.chats)), to=Uid("ben"))
        await shows(app, "Ben has this chat now.")
        await close(bob)
        await shows(app, "This chat is over.")
        await shows(app, "My lamp")


async def test_it_is_closed_from_where_it_is_read(server: Server) -> None:
    """After asking."""
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob") as bob,
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("enter")
        await shows(app, "live ·")
        await pilot.press("c")
        await shows(app, "Close the chat of bob with Ann?")
        await pilot.press("y")
        await eventually(lambda: not bob.chats, "it is closed")
        await shows(app, "This chat is over.")


async def test_an_old_picture_says_so(restartable: Restartable) -> None:
    """Without a connection it says since when, and goes on by itself when it is back."""
    server = await restartable.start()
    async with (
        dashboard(server, (100, 30)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob", topic="My lamp"),
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("enter")
        await shows(app, "My lamp")
        await restartable.stop()
        await shows(app, "Not connected; as it was")
        await restartable.start()
        await shows(app, "live ·")
        await say(ann, BOB, "I am back")
        await shows(app, "I am back")


async def test_who_waits_has_said_nothing_yet(server: Server) -> None:
    """There is nothing to read, and that is said."""
    async with dashboard(server, (100, 30)) as (app, pilot), asking(server, "bob"):
        await shows(app, "1 bob")
        await pilot.press("2", "enter")
        await shows(app, "bob waits; nothing is said yet.")


async def test_a_chat_in_the_events_can_be_read_also_when_it_is_over(server: Server) -> None:
    """The event says between whom it was."""
    async with dashboard(server, (100, 30)) as (app, pilot), online(server, "ann"):
        async with asking(server, "bob", topic="My lamp") as bob:
            await row_with(app, "Ann", "bob")
            chat = next(iter(bob.chats))
            await close(bob)
        feed(app, snapshot([]))
        tell(app, Happening(
            id=f"{AT_MS}-0", at=AT_MS, what="closed", chat=chat, customer="bob", agent="ann",
            by="bob", reason="customer",
        ))
        await shows(app, "bob closed the chat")
        await pilot.press("3", "enter")
        await shows(app, "My lamp")
        await shows(app, "This chat is over.")
        await pilot.press("escape")
        await hides(app, "My lamp")

