"""Plain lines typed in a terminal that can do no more."""

from pathlib import Path

from tests.terminal.terminal import Terminal
from tests.terminal.test_journey import serving

CTRL_C, CTRL_D = "\x03", "\x04"


def test_a_dumb_terminal_gets_lines_and_no_screen(tmp_path: Path) -> None:
    """Chosen by itself; what is typed is held until somebody comes, and commands act at once."""
    with serving({"IMCHAT_DATA_DIR": str(tmp_path / "data")}) as env:
        dumb = env | {"TERM": "dumb"}
        with Terminal("customer", "--uid", "bob", env=dumb) as bob:
            bob.shows("* You are number 1 in the queue.")
            bob.type("hello there\r")
            with Terminal("agent", "--uid", "ann", "--name", "Ann", env=env) as ann:
                bob.shows("* Ann is here for you.")
                ann.shows("hello there")
                ann.type("Hello Bob\r")
                bob.shows("< Ann: Hello Bob")
                bob.type("/close\r")
                bob.shows("* You closed the chat.")
                bob.type(CTRL_D)
                assert bob.ends() == 0
            assert b"\x1b" not in bob.raw


def test_who_waits_can_leave_at_any_time(tmp_path: Path) -> None:
    """What was typed and not sent is said, which is a failure; Ctrl-C ends it as well."""
    with serving({"IMCHAT_DATA_DIR": str(tmp_path / "data")}) as env:
        with Terminal("customer", "--plain", "--uid", "bob", env=env) as bob:
            bob.shows("* You are number 1 in the queue.")
            bob.type("hello\r/quit\r")
            bob.shows("! Not sent (there is no open chat): hello")
            assert bob.ends() == 1
        with Terminal("customer", "--plain", "--uid", "cat", env=env) as cat:
            cat.shows("in the queue.")
            cat.type(CTRL_C)
            assert cat.ends() == 130
        away = env | {"IMCHAT_URL": "ws://127.0.0.1:1/ws"}
        with Terminal("customer", "--plain", "--uid", "dan", env=away) as dan:
            dan.shows("Trying again.")
            dan.type("/quit\r")
            assert dan.ends() == 0
