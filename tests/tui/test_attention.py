"""The notes that a terminal is asked to show."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import imchat.tui
from imchat.tui.attention import MAX_TEXT, note


def test_most_terminals_get_osc_9() -> None:
    """It begins with a name, since some read a number there as a command."""
    assert note("4;1;50", {"TERM": "xterm-256color"}) == "\x1b]9;imchat: 4;1;50\x07"


@pytest.mark.parametrize(
    "env", [{"TERM": "foot"}, {"TERM": "rxvt-unicode-256color"}, {"VTE_VERSION": "7600"}]
)
def test_those_that_know_only_osc_777_get_that(env: dict[str, str]) -> None:
    """One of the two, or who knows both would show it twice."""
    assert note("Bob: hello", env) == "\x1b]777;notify;imchat;Bob: hello\x07"


def test_tmux_is_asked_to_pass_it_on() -> None:
    """Inside its envelope each escape is doubled."""
    assert note("Bob", {"TMUX": "x"}) == "\x1bPtmux;\x1b\x1b]9;imchat: Bob\x07\x1b\\"


@given(st.text(max_size=400))
def test_no_text_breaks_out_of_the_sequence(text: str) -> None:
    """Whatever a customer wrote, one sequence comes out and it ends where we end it."""
    said = note(text, {})
    inner = said.removeprefix("\x1b]9;imchat: ").removesuffix("\x07")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", inner)
    assert len(inner) <= MAX_TEXT


def test_only_one_place_writes_to_the_terminal_by_itself() -> None:
    """All else goes through Textual's own drawing."""
    raw = re.compile(r"_driver|sys\.stdout|sys\.__stdout__|os\.write|\bprint\(")
    files = Path(imchat.tui.__path__[0]).rglob("*.py")
    assert [file.name for file in files if raw.search(file.read_text())] == ["app.py"]
