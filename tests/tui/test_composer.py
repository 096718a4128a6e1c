"""Where the agent writes: lines, drafts, what was sent, what is pasted, the limit."""

from textual import events

from imchat.protocol import MAX_BODY
from imchat.tui.widgets.composer import Composer
from tests.support import Restartable, Server, eventually
from tests.tui.console import ANN, console, customer, text_of, written
from tests.tui.support import hides, shows


async def test_it_grows_with_the_text_up_to_a_limit(server: Server) -> None:
    """Each line has a row, until the conversation needs the room."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        heights = []
        for _ in range(12):
            await pilot.press("x", "ctrl+j")
            await pilot.pause()
            heights.append(app.query_one(Composer).size.height)
        assert heights[0] < heights[2] < heights[4]
        assert heights[-1] == heights[-2] == max(heights) <= 9


async def test_up_brings_back_what_was_sent(server: Server) -> None:
    """In an empty composer, further each time, and Down leads back to nothing."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"one", "enter", *"two", "ctrl+j", *"lines", "enter")
        await eventually(lambda: "two\nlines" in text_of(bob, ANN), "both are sent")
        await pilot.press("up")
        assert written(app) == "two\nlines"
        await pilot.press("up", "up")
        assert written(app) == "one"
        await pilot.press("up")
        assert written(app) == "one"
        await pilot.press("down", "down", "down")
        assert written(app) == ""


async def test_up_moves_the_cursor_in_what_is_being_written(server: Server) -> None:
    """What was begun is not replaced by what was sent."""
    async with console(server) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press(*"one", "enter", *"a", "ctrl+j", "b", "up", "c", "up", "d")
        assert written(app) == "dac\nb"


async def test_what_is_sent_to_one_is_not_brought_back_for_another(server: Server) -> None:
    """Up knows only what this customer was sent."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"secret", "enter", "ctrl+down")
        await shows(app, "Write to cat…")
        await pilot.press("up")
        assert written(app) == ""


async def test_undo_has_no_draft_of_another_customer(server: Server) -> None:
    """After a switch Ctrl+Z cannot bring what was written for somebody else."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"secret", "ctrl+down")
        await shows(app, "Write to cat…")
        await pilot.press("ctrl+z")
        assert written(app) == ""


async def test_a_draft_outlives_the_close_and_is_there_when_the_customer_is_back(
    server: Server,
) -> None:
    """It stays with the customer until it is sent or discarded."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob") as bob,
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"for bob", "ctrl+down")
        await shows(app, "Write to cat…")
        await bob.close(next(iter(bob.chats)))
        await shows(app, "recent")
        await shows(app, "✎ left now")
        await bob.request(topic="again")
        await shows(app, "1 bob")
        await pilot.press("ctrl+up")
        await eventually(lambda: written(app), "the draft")
        assert written(app) == "for bob"
        await pilot.press("alt+d")
        assert written(app) == ""
        await pilot.press("ctrl+z")
        assert written(app) == "for bob"


async def test_a_draft_outlives_a_reconnect(restartable: Restartable) -> None:
    """What is being written stays, here and in the chats that are not shown."""
    server = await restartable.start()
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"for bob", "ctrl+down", *"for cat")
        await restartable.stop()
        await shows(app, "reconnecting")
        await restartable.start()
        await hides(app, "reconnecting")
        assert written(app) == "for cat"
        await pilot.press("ctrl+up")
        assert written(app) == "for bob"


async def test_coming_back_to_a_draft_is_not_writing(server: Server) -> None:
    """The customer is not told that one writes when only its chat is looked at."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        await pilot.press(*"for bob", "ctrl+down")
        await shows(app, "Write to cat…")
        told: list[str] = []
        app.client.typing = told.append  # type: ignore[assignment, method-assign]
        await pilot.press("ctrl+up")
        await eventually(lambda: written(app) == "for bob", "the draft")
        await pilot.pause()
        assert told == []
        await pilot.press("!")
        await eventually(lambda: told == ["bob"], "now it is told")


async def test_a_paste_of_many_lines_sends_nothing(server: Server) -> None:
    """It is inserted whole, at the cursor."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        # Some terminals send both, and others, tmux among them, a return alone.
        pasted = "\r\n".join(f"line {n}" for n in range(300)) + "\ra\r\rb"
        await pilot.press("x")
        app.post_message(events.Paste(pasted))
        await eventually(lambda: written(app).endswith("b"), "the paste")
        assert written(app) == "x" + pasted.replace("\r\n", "\n").replace("\r", "\n")
        assert text_of(bob, ANN) == ["the topic of bob"]


async def test_the_limit_is_counted_in_bytes_and_kept(server: Server) -> None:
    """A Chinese character takes three; what is too long is not sent and not lost."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        composer = app.query_one(Composer)
        app.post_message(events.Paste("好" * 2300))
        await eventually(lambda: len(written(app)) == 2300, "the paste")
        await pilot.pause()
        assert "bytes" not in str(composer.border_subtitle)
        app.post_message(events.Paste("好" * 500))
        await shows(app, f"8,400 of {MAX_BODY:,} bytes")
        await pilot.press("enter")
        await shows(app, "A message is at most 8,192 bytes.")
        assert len(written(app)) == 2800
        assert text_of(bob, ANN) == ["the topic of bob"]


async def test_letters_are_letters_whatever_they_are_bound_to(server: Server) -> None:
    """Wide characters and letters with actions elsewhere are written, one after the other."""
    async with console(server) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press(*"你好 j k y n / ? 好", "enter")
        await eventually(lambda: text_of(bob, ANN)[-1] == "你好 j k y n / ? 好", "it is sent")
