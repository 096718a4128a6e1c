"""What only the terminal itself gets: the bell, notes, and what a settings file changes."""

from pathlib import Path

from tests.terminal.terminal import Terminal, home
from tests.terminal.test_journey import CTRL_Q, send_as_a_bot, serving

BLUR = "\x1b[O"
NOTE, BELL = b"\x1b]9;imchat: ", b"\x07"


def settings(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment with this settings file, and nothing else of the user's."""
    (tmp_path / "config" / "imchat").mkdir(parents=True)
    (tmp_path / "config" / "imchat" / "config.toml").write_text(text, encoding="utf-8")
    return home(tmp_path) | {"TERM": "xterm-256color", "VTE_VERSION": "", "TMUX": ""}


def called(tmp_path: Path, text: str) -> bytes:
    """What an agent's terminal without the focus gets, when a customer writes to the agent."""
    with (
        serving(settings(tmp_path, text)) as env,
        Terminal("agent", "--uid", "ann", env=env) as agent,
    ):
        agent.shows("The next customer appears here")
        agent.type(BLUR)
        seen = len(agent.raw)
        send_as_a_bot(env, "ann", "look \x1b]2;owned\x07 here")
        agent.shows("]2;owned")
        heard = agent.raw[seen:]
        agent.type(CTRL_Q, "y")
        assert agent.ends() == 0
        return heard


def test_who_looks_elsewhere_hears_the_bell_and_sees_a_note(tmp_path: Path) -> None:
    """Both once, and nothing in them that the customer wrote is obeyed."""
    raw = called(tmp_path, "")
    assert NOTE + b"bot is a new customer of yours." + BELL in raw
    assert raw.count(BELL) == 2  # the bell itself, and the end of the note
    assert b"\x1b]2;" not in raw


def test_bell_and_notes_can_be_turned_off(tmp_path: Path) -> None:
    """Then the terminal is left in peace."""
    raw = called(tmp_path, "[screens]\nbell = false\nnotifications = false\n")
    assert BELL not in raw
    assert b"\x1b]9" not in raw


def test_a_wrong_key_in_the_settings_is_one_line_at_the_start(tmp_path: Path) -> None:
    """The screen is not drawn, and the line names the file, the name and the key."""
    env = settings(tmp_path, '[screens.keys]\nquit = "hyperspace"\n')
    with Terminal("agent", "--uid", "ann", "--token", "t", size=(200, 24), env=env) as agent:
        assert agent.ends() == 1
        assert "config.toml: [screens.keys] quit: 'hyperspace' is no key" in agent.text
        assert b"\x1b[?1049h" not in agent.raw


def test_a_theme_that_was_chosen_is_there_at_the_next_start(tmp_path: Path) -> None:
    """It is remembered in a file of its own; the settings are not written to."""
    env = settings(tmp_path, "")
    with serving(env) as env:
        with Terminal("customer", "--uid", "bob", env=env) as window:
            window.shows("You are number 1 in the queue")
            window.type("\x10")
            window.shows("Search for commands")
            window.type("theme\r")
            window.shows("Search for themes")
            window.type("imchat-light\r")
            state = tmp_path / "state" / "imchat" / "screens.toml"
            window.until(state.exists, "the theme is remembered")
            window.type(CTRL_Q)
            window.shows("Leave the queue?")
            window.type("y")
            assert window.ends() == 0
        assert state.read_text() == 'theme = "imchat-light"\n'
        assert (tmp_path / "config" / "imchat" / "config.toml").read_text() == ""
        with Terminal("customer", "--uid", "bob", env=env) as window:
            window.shows("in the queue")
            rows = window.screen.buffer.values()
            assert "f4f5f8" in {cell.bg for row in rows for cell in row.values()}
