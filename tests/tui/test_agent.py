"""The agent's console, driven by keys against a real server."""

from collections.abc import Callable

from textual import events

from imchat.client import Conversation
from imchat.ids import Uid
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.composer import Composer
from tests.support import Restartable, Server, eventually
from tests.tui.console import ANN, console, customer, text_of
from tests.tui.support import at_once, hides, screen_text, shows, text_in


def _longer_than(conversation: Conversation, known: int) -> Callable[[], bool]:
    return lambda: len(conversation.lines) > known


async def test_an_idle_console_says_that_it_is_ready(server: Server) -> None:
    """With no customer the screen says what will happen, and how the agent stands."""
    async with console(server) as (app, _):
        await shows(app, "The next customer appears here by itself.")
        await shows(app, "tier 0  3 of 3 slots free")
        await shows(app, "● online")


async def test_a_new_chat_appears_with_its_topic(server: Server) -> None:
    """A customer that is given to the agent is listed and shown, its topic as first message."""
    async with console(server) as (app, _), customer(server, "bob", name="Bob"):
        await shows(app, "Write to Bob…")
        await shows(app, "tier 1  2 of 3 slots free")
        assert screen_text(app).count("the topic of bob") == 2  # in the list and in the log


async def test_messages_go_both_ways(server: Server) -> None:
    """What is typed arrives with its line breaks; what comes is shown once."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"Hello", "ctrl+j", *"Bob", "enter")
        await eventually(lambda: "Hello\nBob" in text_of(bob, ANN), "the message at the customer")
        await bob.send(ANN, "Thank you, 安妮")
        await shows(app, "Thank you, 安妮")
        assert text_in(app, ChatPane).count("Thank you, 安妮") == 1


async def test_an_own_message_is_marked_stored_and_read(server: Server) -> None:
    """One mark when the server has it, two when the customer has read it."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"Hello", "enter")
        await shows(app, "✓")
        await eventually(lambda: "Hello" in text_of(bob, ANN), "the message at the customer")
        assert "✓✓" not in screen_text(app)
        bob.mark_read(ANN, bob.conversation(ANN).last_seq)
        await shows(app, "✓✓")


async def test_keys_pressed_at_once_act_in_their_order(server: Server) -> None:
    """What is typed after Enter belongs to the next message, however fast it comes."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"onex", "backspace", "enter", *"two", "enter")
        await eventually(lambda: text_of(bob, ANN)[-2:] == ["one", "two"], "both, in order")


async def test_another_chat_keeps_its_own_draft(server: Server) -> None:
    """What was begun for one customer is never sent to another."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"for bob", "ctrl+down")
        await shows(app, "Write to cat…")
        assert app.query_one(Composer).text == ""
        await pilot.press("ctrl+up")
        assert app.query_one(Composer).text == "for bob"


async def test_a_message_goes_to_whom_it_was_written_for(server: Server) -> None:
    """Who goes to the next chat in the same breath as sending sends to the one before."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob") as bob,
        customer(server, "cat") as cat,
    ):
        await shows(app, "tier 2")
        await pilot.press(*"for bob")
        at_once(app, "enter", "ctrl+down")
        await shows(app, "Write to cat…")
        await eventually(lambda: text_of(bob, ANN)[-1] == "for bob", "the message at Bob")
        assert "for bob" not in text_of(cat, ANN)


async def test_unread_messages_are_counted_and_gone_to(server: Server) -> None:
    """A chat that is not shown counts what is unread; Alt+A goes there and reads it."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat") as cat,
    ):
        await shows(app, "tier 2")
        await cat.send(ANN, "Anybody there?")
        await shows(app, " 2  0:0")
        await pilot.press("alt+a")
        await shows(app, "Write to cat…")
        await eventually(
            lambda: cat.conversation(ANN).read_by_peer == 2, "the customer hears that it was read"
        )
        await hides(app, " 2  0:0")


async def test_closing_asks_first(server: Server) -> None:
    """Escape keeps the chat, y closes it; it stays in the list as closed."""
    async with console(server) as (app, pilot), customer(server, "bob", name="Bob") as bob:
        await shows(app, "Write to Bob…")
        await pilot.press("f4")
        await shows(app, "Close the chat with Bob?")
        await pilot.press("escape")
        await hides(app, "Close the chat with Bob?")
        assert len(bob.chats) == 1
        await pilot.press("f4", "y")
        await shows(app, "The chat with Bob is closed.")
        await eventually(lambda: not bob.chats, "the customer's chat is closed")
        assert "closed" in screen_text(app)


async def test_a_chat_closed_by_the_customer_stays_on_the_screen(server: Server) -> None:
    """Who is writing sees that the chat is closed and loses no word of the draft."""
    async with console(server) as (app, pilot), customer(server, "bob", name="Bob") as bob:
        await shows(app, "Write to Bob…")
        await pilot.press(*"Let me see")
        await bob.close(next(iter(bob.chats)))
        await shows(app, "tier 0")
        await pilot.press("enter")
        await shows(app, "The chat with Bob is closed.")
        assert app.query_one(Composer).text == "Let me see"


async def test_away_and_back(server: Server) -> None:
    """F2 sets the agent away, so that nobody new comes, and back."""
    async with console(server) as (app, pilot):
        await pilot.press("f2")
        await shows(app, "○ away")
        async with customer(server, "bob") as bob:
            assert next(iter(bob.chats.values())).state == "waiting"
            await pilot.press("f2")
            await shows(app, "Write to bob…")


async def test_typing_is_shown_until_the_message_comes(server: Server) -> None:
    """The agent sees that the customer writes."""
    async with console(server) as (app, _), customer(server, "bob", name="Bob") as bob:
        await shows(app, "Write to Bob…")
        bob.typing(ANN)
        await shows(app, "Bob is writing…")
        await bob.send(ANN, "Here it is")
        await hides(app, "Bob is writing…")


async def test_what_came_before_is_loaded_when_looked_for(server: Server) -> None:
    """Scrolling up loads page after page of the history, each message once."""
    async with server.client("agent", ANN) as before, customer(server, "bob") as bob:
        await before.ready()
        await eventually(lambda: before.chats, "the chat is assigned")
        for number in range(160):
            await bob.send(ANN, f"message number {number}")
        async with console(server) as (app, pilot):
            await shows(app, "message number 159")
            conversation = app.client.conversation(Uid("bob"))
            while conversation.has_earlier:
                known = len(conversation.lines)
                await pilot.press(*["pageup"] * 20)
                await eventually(_longer_than(conversation, known), "a page more")
            await pilot.press(*["pageup"] * 20)
            await shows(app, "the topic of bob")
            bodies = [line.body for line in conversation.lines]
            assert bodies[1:] == [f"message number {number}" for number in range(160)]


async def test_a_reader_of_old_messages_is_left_in_peace(server: Server) -> None:
    """New messages do not scroll who reads above; a note counts them."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        for number in range(60):
            await bob.send(ANN, f"message number {number}")
        await eventually(lambda: "message number 59" in text_in(app, ChatPane), "the last one")
        await pilot.press("pageup")
        await eventually(lambda: "number 59" not in text_in(app, ChatPane), "it is scrolled away")
        await bob.send(ANN, "the newest of all")
        await shows(app, "↓ 1 new")
        assert "the newest of all" not in text_in(app, ChatPane)
        await pilot.press("pagedown", "pagedown")
        await hides(app, "↓ 1 new")


async def test_foreign_text_is_data(server: Server) -> None:
    """Markup, escape sequences and bidi controls in names, topics and bodies do nothing."""
    nasty = "[bold red]x[/] \x1b]2;owned\x07 \x1b[31m \u202eabc [/"
    async with console(server) as (app, _), customer(server, "bob", name="[b]Bob[/b][/") as bob:
        await shows(app, "Write to [b]Bob[/b][/…")
        await bob.send(ANN, nasty)
        await shows(app, "[bold red]x[/] \ufffd]2;owned\ufffd \ufffd[31m abc [/")
        assert "\x1b" not in screen_text(app)


async def test_what_is_pasted_is_clean(server: Server) -> None:
    """A paste of many lines is text, not keys, and carries no control characters."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        app.post_message(events.Paste("one\r\ntwo\x1b[31m\u202e"))
        await pilot.pause()
        assert app.query_one(Composer).text == "one\ntwo\ufffd[31m"
        await pilot.press("enter")
        await eventually(lambda: text_of(bob, ANN)[-1] == "one\ntwo\ufffd[31m", "it is sent")


async def test_what_is_pasted_into_a_line_is_clean(server: Server) -> None:
    """Where one looks for something, too: in the conversation and among the chats."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        for key in ("alt+w", "ctrl+g"):
            await pilot.press(key)
            app.post_message(events.Paste("a\x1b]2;owned\x07\u202e"))
            await shows(app, "a\ufffd]2;owned\ufffd")
            await pilot.press("escape")


async def test_a_lost_connection_is_said_and_healed(restartable: Restartable) -> None:
    """The title says that it reconnects; what was written meanwhile is sent afterwards."""
    server = await restartable.start()
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await restartable.stop()
        await shows(app, "reconnecting")
        await shows(app, "◌ not connected")
        assert "● online" not in screen_text(app)
        await pilot.press(*"still here", "enter")
        await restartable.start()
        await eventually(lambda: "still here" in text_of(bob, ANN), "sent after the reconnect")
        await hides(app, "reconnecting")
        await shows(app, "● online")


async def test_the_console_fits_a_small_terminal(server: Server) -> None:
    """At 80×24 the list, the conversation and the most needed keys are there."""
    async with console(server, (80, 24)) as (app, _), customer(server, "bob"):
        await shows(app, "Write to bob…")
        for text in ("the topic of bob", "Send", "Close chat", "● online"):
            assert text in screen_text(app)


async def test_the_conversation_has_all_the_room_on_a_tiny_terminal(server: Server) -> None:
    """Under 64 columns the list gives way."""
    async with console(server, (50, 16)) as (app, _), customer(server, "bob"):
        await shows(app, "Write to bob…")
        assert screen_text(app).count("the topic of bob") == 1
