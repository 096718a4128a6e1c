"""What the three apps have in common, at the example of the agent's console."""

import contextlib
import re
from functools import partial
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from imchat.client import Client
from imchat.errors import SetupError
from imchat.settings import ScreenSettings
from imchat.tui.agent import AgentApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.memory import Memory
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.composer import Composer
from tests.support import Server, eventually
from tests.tui.console import ANN, console, customer
from tests.tui.dashboards import is_at
from tests.tui.support import hides, running_app, screen_text, shows, text_in


async def choose(app: AgentApp, pilot: Pilot[None], *words: str) -> None:
    """Choose commands in the palette, one after the other."""
    await pilot.press("ctrl+p")
    for word in words:
        await eventually(lambda: isinstance(app.screen, CommandPalette), "the palette is open")
        await pilot.press(*word)
        await eventually(partial(_is_hit, app, word), f"{word!r} is found")
        await pilot.press("enter")


def _is_hit(app: AgentApp, word: str) -> bool:
    """Whether the first that is found is this."""
    first = [found.options[:1] for found in app.screen.query(OptionList)]
    return any(word.lower() in str(o.prompt).lower() for options in first for o in options)


# --- colours -----------------------------------------------------------------


async def test_a_theme_is_chosen_in_the_palette_and_remembered(
    server: Server, tmp_path: Path
) -> None:
    """The next start has it too, when the settings name none."""
    path = tmp_path / "screens.toml"
    async with console(server, memory=Memory(path)) as (app, pilot):
        assert app.theme == "imchat-dark"
        assert not path.exists()  # nothing was chosen yet
        await choose(app, pilot, "theme", "imchat-light")
        await eventually(lambda: app.theme == "imchat-light", "it is light")
    async with console(server, memory=Memory(path)) as (app, _):
        assert app.theme == "imchat-light"


async def test_a_theme_in_the_settings_is_the_one_to_start_with(server: Server) -> None:
    """It wins over what was chosen last; choosing another says that it will."""
    memory = Memory()
    memory["theme"] = "nord"
    light = ScreenSettings(theme="imchat-light")
    async with console(server, settings=light, memory=memory) as (app, _):
        assert app.theme == "imchat-light"
        app.theme = "gruvbox"
        await shows(app, "The next start is in imchat-light again")


async def test_a_theme_that_is_gone_is_forgotten(server: Server) -> None:
    """What is remembered cannot keep a screen from starting."""
    memory = Memory()
    memory["theme"] = "of another release"
    async with console(server, memory=memory) as (app, _):
        assert app.theme == "imchat-dark"


def test_a_theme_that_is_none_is_said() -> None:
    """With those that there are."""
    app = AgentApp(Client("ws://127.0.0.1:1/ws", "token"))
    with pytest.raises(SetupError, match=r"no theme 'drak', but .*imchat-dark"):
        app.set_up(ScreenSettings(theme="drak"), Memory())


# --- keys --------------------------------------------------------------------


async def test_other_keys_do_it_and_the_old_ones_no_more(server: Server) -> None:
    """As the settings say; the footer and the help show them."""
    keys = {"next_unread": "f10", "toggle_status": "f11", "help": "f12"}
    async with console(server, settings=ScreenSettings(keys=keys), size=(160, 60)) as (app, pilot):
        await shows(app, "● online")
        await pilot.press("f2")
        await pilot.press("f11")
        await shows(app, "○ away")
        assert "f12 Help" in screen_text(app)
        await pilot.press("f12")
        await shows(app, "Esc closes")
        await pilot.resize_terminal(100, 90)  # so that all of it can be seen
        await shows(app, "toggle_status")
        row = next(line for line in screen_text(app).splitlines() if "toggle_status" in line)
        assert "f11" in row
        assert "f2" not in row
        await pilot.press("escape")
        await hides(app, "Esc closes")


async def test_a_letter_as_a_key_does_not_keep_it_from_being_written(server: Server) -> None:
    """In the composer letters are letters, whatever else they are set to."""
    settings = ScreenSettings(keys={"toggle_status": "w"})
    async with console(server, settings=settings) as (app, pilot), customer(server, "bob"):
        await shows(app, "Write to bob…")
        await pilot.press(*"wow")
        assert app.query_one(Composer).text == "wow"
        await pilot.press("shift+tab", "w")
        await shows(app, "○ away")


async def test_the_help_shows_every_key_of_the_screen(server: Server) -> None:
    """Those of the app and those of its regions, with their names; hidden vim keys not."""
    async with console(server, size=(120, 70)) as (app, pilot):
        await pilot.press("f1")
        await shows(app, "Esc closes")
        seen = screen_text(app)
        await pilot.press("end")
        await shows(app, "for other keys, in your settings")
        seen += screen_text(app)
        for id in ("send", "break_line", "next_unread", "close_chat", "quit", "menu"):
            assert id in seen
        assert "vim_down" not in seen


async def test_every_action_is_in_the_palette(server: Server) -> None:
    """Chosen there it does what its key does, where the focus was."""
    async with console(server) as (app, pilot):
        await shows(app, "● online")
        await choose(app, pilot, "Online/away")
        await shows(app, "○ away")
        names = [command.title for command in app.get_system_commands(app.screen)]
        theme = "Theme: dark, light, others"
        for name in ("Send", "New line", "Next unread", "Close chat", "Help", "Quit", theme):
            assert name in names
        assert len(names) == len(set(names))


async def test_keys_of_vim_move_where_nothing_is_typed(server: Server) -> None:
    """In the composer they are letters; Escape leaves it and i comes back."""
    async with (
        console(server, settings=ScreenSettings(vim=True)) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
        customer(server, "dan"),
    ):
        await shows(app, "tier 3")
        await pilot.press(*"jkgGi")
        assert app.query_one(Composer).text == "jkgGi"
        app.query_one(Composer).clear()
        await pilot.press("escape")
        assert app.focused is not app.query_one(Composer)
        app.query_one(ChatList).focus()
        for keys, chat in (("j", "cat"), ("G", "dan"), ("k", "cat"), ("gg", "bob")):
            await pilot.press(*keys)
            await shows(app, f"Write to {chat}…")
        await pilot.press("i", "j")
        assert app.query_one(Composer).text == "j"


async def test_keys_of_vim_scroll_the_conversation(server: Server) -> None:
    """gg is its beginning, G its end, Ctrl+U and Ctrl+D go by pages."""
    async with (
        console(server, settings=ScreenSettings(vim=True)) as (app, pilot),
        customer(server, "bob") as bob,
    ):
        for number in range(40):
            await bob.send(ANN, f"message number {number}.")
        await eventually(lambda: "number 39." in text_in(app, ChatPane), "the last")
        await pilot.press("escape", "ctrl+u")
        await eventually(lambda: "number 39." not in text_in(app, ChatPane), "it is gone")
        await pilot.press("g", "g")
        await shows(app, "│   message number 0.")
        await pilot.press("G")
        await eventually(lambda: "number 39." in text_in(app, ChatPane), "the last")


async def test_keys_of_vim_are_only_for_who_wants_them(server: Server) -> None:
    """Without the setting j does nothing in a list."""
    async with (
        console(server) as (app, pilot),
        customer(server, "bob"),
        customer(server, "cat"),
    ):
        await shows(app, "tier 2")
        app.query_one(ChatList).focus()
        await pilot.press("j")
        await pilot.pause()
        await shows(app, "Write to bob…")


async def test_keys_of_vim_move_in_the_table_of_agents(server: Server) -> None:
    """The dashboard's table is a list as well."""
    app = DashboardApp(server.client("supervisor", "sue"))
    app.set_up(ScreenSettings(vim=True), Memory())
    async with contextlib.AsyncExitStack() as stack:
        for n in range(4):
            await stack.enter_async_context(server.client("agent", f"agent-{n}"))
        _, pilot = await stack.enter_async_context(running_app(app))
        await shows(app, "4 agents")
        table = app.query_one(AgentsTable)
        for keys, row in (("jj", 2), ("k", 1), ("G", 3), ("gg", 0)):
            await pilot.press(*keys)
            await eventually(partial(is_at, table, row), f"row {row}")


# --- waits -------------------------------------------------------------------


async def test_waits_are_marked_at_the_limits_of_the_settings(server: Server) -> None:
    """A second is long for who says so."""
    settings = ScreenSettings(amber_s=1, red_s=2)
    async with console(server, settings=settings) as (app, _), customer(server, "bob"):
        assert app.limits.level(0) == ""
        assert app.limits.level(1) == "amber"
        assert app.limits.level(2) == "red"
        await eventually(lambda: _has_bold_clock(app), "the clock is as one that is too long")


def _has_bold_clock(app: AgentApp) -> bool:
    return any(
        re.fullmatch(r"0:[0-9]{2}", segment.text.strip()) and segment.style and segment.style.bold
        for strip in app.screen._compositor.render_strips()
        for segment in strip
    )


# --- attention ---------------------------------------------------------------


async def test_who_does_not_look_is_called_once_for_several(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only without the focus; a flood of messages rings once."""
    rung: list[str] = []
    async with console(server) as (app, _):
        monkeypatch.setattr(app, "bell", lambda: rung.append("bell"))
        async with customer(server, "bob", name="Bob") as bob:
            await shows(app, "Write to Bob…")
            await bob.send(ANN, "with the focus")
            await shows(app, "with the focus")
            assert rung == []
            app.app_focus = False
            for n in range(5):
                await bob.send(ANN, f"without {n}")
            await shows(app, "without 4")
            assert rung == ["bell"]


async def test_news_says_who_and_what(server: Server) -> None:
    """In the words that stand on the desktop."""
    news: list[str | None] = []
    async with console(server) as (app, _):
        app.call_for = news.append  # type: ignore[assignment,method-assign]
        async with customer(server, "bob", name="Bob") as bob:
            await bob.send(ANN, "Hello?")
            await bob.close(next(iter(bob.chats)))
            await shows(app, "The chat with Bob is closed.")
    assert news == ["Bob is a new customer of yours.", "Bob: the topic of bob", "Bob: Hello?"]
