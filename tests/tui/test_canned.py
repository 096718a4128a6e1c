"""Canned replies in the composer: found by a few letters, filled, edited, then sent."""

from pathlib import Path

from imchat.tui.widgets.reply_popup import ReplyPopup
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer, text_of, written
from tests.tui.support import hides, screen_text, shows

OWN = """
hello = "Hello {customer}, I am {agent}."
refund = '''Your refund is on its way.
It takes three days.'''
"""
DESK = 'returns-address = "Depot 4, Leeds"\nhello = "from the desk"\n'


def files(tmp_path: Path) -> tuple[Path, Path]:
    """The agent's file and the desk's."""
    own, desk = tmp_path / "replies.toml", tmp_path / "desk.toml"
    own.write_text(OWN, encoding="utf-8")
    desk.write_text(DESK, encoding="utf-8")
    return own, desk


async def test_a_slash_offers_them_and_enter_takes_one(server: Server, tmp_path: Path) -> None:
    """The names are in their places, nothing is sent before the next Enter."""
    own, desk = files(tmp_path)
    async with (
        console(server, replies=own, desk_replies=desk) as (app, pilot),
        customer(server, "bob", name="[b]Bob[/b]{agent}") as bob,
    ):
        await shows(app, "Write to")
        await pilot.press("/")
        await shows(app, "canned replies")
        for name in ("/hello", "/refund", "/returns-address"):
            assert name in screen_text(app)
        await pilot.press(*"hel", "enter")
        await hides(app, "canned replies")
        assert written(app) == "Hello [b]Bob[/b]{agent}, I am Ann."
        assert text_of(bob, ANN) == ["the topic of bob"]
        await pilot.press("!", "enter")
        await eventually(
            lambda: text_of(bob, ANN)[-1] == "Hello [b]Bob[/b]{agent}, I am Ann.!", "it is sent"
        )


async def test_arrows_choose_and_undo_goes_back(server: Server, tmp_path: Path) -> None:
    """Down marks the next, Tab takes it too, with its lines; Ctrl+Z has the name back."""
    own, desk = files(tmp_path)
    async with (
        console(server, replies=own, desk_replies=desk) as (app, pilot),
        customer(server, "bob"),
    ):
        await shows(app, "Write to bob…")
        await pilot.press("/", "r")
        await shows(app, "/returns-address")
        await pilot.press("down", "down", "up", "up", "down", "tab")
        assert written(app) == "Depot 4, Leeds"
        await pilot.press("ctrl+z")
        assert written(app).startswith("/r")


async def test_a_click_takes_one(server: Server, tmp_path: Path) -> None:
    """The mouse does it too, and the focus stays where one writes."""
    own, desk = files(tmp_path)
    async with (
        console(server, replies=own, desk_replies=desk) as (app, pilot),
        customer(server, "bob"),
    ):
        await shows(app, "Write to bob…")
        await pilot.press("/")
        await shows(app, "canned replies")
        await pilot.click(ReplyPopup, offset=(4, 2))
        await eventually(lambda: written(app).startswith("Your refund"), "it is inserted")
        await hides(app, "canned replies")
        await pilot.press("!")
        assert written(app).endswith("three days.!")


async def test_keys_pressed_at_once_take_the_reply(server: Server, tmp_path: Path) -> None:
    """Who types /refund and Enter faster than the screen is drawn sends no /refund."""
    own, _ = files(tmp_path)
    async with console(server, replies=own) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press("/", "x", "backspace")
        await shows(app, "canned replies")
        await pilot.press(*"refund", "enter", "enter")
        await eventually(lambda: "three days." in text_of(bob, ANN)[-1], "the reply is sent")


async def test_escape_leaves_the_slash_alone(server: Server, tmp_path: Path) -> None:
    """After Escape what is written is a message like any other; so is a path."""
    own, _ = files(tmp_path)
    async with console(server, replies=own) as (app, pilot), customer(server, "bob") as bob:
        await shows(app, "Write to bob…")
        await pilot.press("/")
        await shows(app, "canned replies")
        await pilot.press("escape")
        await hides(app, "canned replies")
        await pilot.press(*"hello", "enter")
        await eventually(lambda: text_of(bob, ANN)[-1] == "/hello", "as it was written")
        await pilot.press(*"/etc/hosts", "enter")
        await eventually(lambda: text_of(bob, ANN)[-1] == "/etc/hosts", "as it was written")


async def test_a_wrong_file_is_said_once_and_a_repaired_one_is_taken(
    server: Server, tmp_path: Path
) -> None:
    """One line says which file and where; when it is repaired the replies are there."""
    own, _ = files(tmp_path)
    own.write_text("hello = [b]oops", encoding="utf-8")
    async with console(server, replies=own) as (app, pilot), customer(server, "bob"):
        await shows(app, "replies.toml: ")
        assert len(app._notifications) == 1
        app.clear_notifications()
        own.write_text(OWN, encoding="utf-8")
        await eventually(lambda: app._replies.find("hello"), "the file is read again")
        await pilot.press(*"/hello", "enter")
        assert written(app) == "Hello bob, I am Ann."
        assert len(app._notifications) == 0
