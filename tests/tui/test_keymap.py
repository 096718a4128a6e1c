"""Bindings have names by which they are given other keys."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from imchat.errors import SetupError
from imchat.ids import DEFAULT_DESK
from imchat.settings import ScreenSettings
from imchat.tui import keymap
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.memory import Memory
from tests.tui.staging import AGENT, client, staged


def test_every_binding_has_a_name_of_its_own_and_says_what_it_does() -> None:
    """Else it could be neither remapped nor found in the help and the palette."""
    keymap.import_all()
    places: dict[str, set[str]] = {}
    for kind, binding in keymap.own_bindings():
        assert binding.id is not None, f"{binding.key} of {kind.__name__}"
        assert re.fullmatch(r"[a-z][a-z_0-9]*", binding.id)
        assert binding.description, binding.id
        of_lists = binding.id.startswith("list_")  # a move has one name in every list
        means = f"{binding.key}: {binding.description}"
        where = f"{kind.__name__}: {binding.action}"
        places.setdefault(binding.id, set()).add(means if of_lists else where)
    twice = {id: found for id, found in places.items() if len(found) > 1}
    assert twice == {}


def test_no_two_actions_of_one_place_have_the_same_key() -> None:
    """A key that does two things does one of them never; those of vim come last.

    But Escape: it waits no longer while something waits, else goes back to writing.
    """
    keymap.import_all()
    ours = [(k, b) for k, b in keymap.own_bindings() if not (b.id or "").startswith("vim_")]
    for kind in {kind for kind, _ in ours}:
        keys = Counter(binding.key for owner, binding in ours if owner is kind)
        twice = [key for key, count in keys.items() if count > 1]
        assert twice == (["escape"] if kind is ImchatApp else [])


SENT_AS_ANOTHER = re.compile(
    r"alt\+[bf]|alt\+enter|shift\+enter|ctrl\+enter|ctrl\+[ihm]|ctrl\+shift\+.*|ctrl\+\d"
)
"""What a terminal without the kitty protocol cannot send, or Textual reads as another key."""


def test_every_action_has_a_key_that_works_in_every_terminal() -> None:
    """None needs the kitty protocol."""
    keymap.import_all()
    keys: dict[str, set[str]] = {}
    for _, binding in keymap.own_bindings():
        keys.setdefault(binding.id or "", set()).add(binding.key)
    dead = {id for id, known in keys.items() if all(map(SENT_AS_ANOTHER.fullmatch, known))}
    assert dead == set()
    for key in {key for known in keys.values() for key in known}:
        if (letter := key.removeprefix("alt+")) != key and not SENT_AS_ANOTHER.fullmatch(key):
            [event] = XTermParser().feed(f"\x1b{letter}")
            assert isinstance(event, events.Key)
            assert event.key == key


@pytest.mark.parametrize(
    "keys",
    [
        {"quit": "f10"},
        {"quit": "ctrl+x, alt+q"},
        {"help": "?"},
        {"sort": "question_mark"},
        {"quit": "f1", "help": "ctrl+q"},
        {"vim_down": "n"},
    ],
)
def test_good_keys_are_taken(keys: dict[str, str]) -> None:
    """Several, letters, names of characters, and two that change places."""
    keymap.check(keys)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"quti": "f10"}, "nothing is named 'quti'"),
        ({"quit": "f99"}, "quit: 'f99' is no key"),
        ({"quit": "hyperspace+a"}, "quit: 'hyperspace+a' is no key"),
        ({"quit": ""}, "quit: '' is no key"),
        ({"quit": "f10,"}, "quit: '' is no key"),
        ({"quit": "ctrl+i"}, "sends ctrl+i as tab"),
        ({"quit": "f1"}, "f1 would be both"),
        ({"close_chat": "alt+w"}, "alt+w would be both"),
    ],
)
def test_a_wrong_name_or_key_is_said(keys: dict[str, str], words: str) -> None:
    """In one line that says where it stands."""
    with pytest.raises(SetupError, match=re.escape(words)) as caught:
        keymap.check(keys)
    assert "[screens.keys]" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, []),
        ({"close_chat": "ctrl+o", "vim_down": "n", "sort": "ctrl+o"}, []),
        ({"close_chat": "ctrl+j"}, [
            "ctrl+j in the composer, the note box is 'break_line', not 'close_chat'",
        ]),
        ({"note": "ctrl+a"}, [
            ("ctrl+a in the input, the composer, the note box is a key that is always there, "
            "not 'note'"),
        ]),
        ({"toggle_status": "enter"}, [
            "enter in the composer is 'send', not 'toggle_status'",
            "enter in the note box is 'store_note', not 'toggle_status'",
        ]),
        ({"break_line": "ctrl+q"}, [
            "ctrl+q in the composer, the note box is 'quit', not 'break_line'",
        ]),
    ],
)  # fmt: skip
async def test_a_key_that_hides_another_is_told(keys: dict[str, str], said: list[str]) -> None:
    """When the screen begins: where, and which action has it there."""
    app = AgentApp(client(AGENT))
    app.set_up(ScreenSettings(keys=keys), Memory())
    async with staged(app):
        told = [note.message for note in app._notifications]
        for words in said:
            assert f"[screens.keys] {words}" in told
        assert bool(told) == bool(said)


@pytest.mark.parametrize(
    "app",
    [
        lambda: CustomerApp(client(AGENT), topic=None, desk=DEFAULT_DESK),
        lambda: DashboardApp(client(AGENT)),
    ],
)
async def test_other_screens_have_no_such_keys_as_they_come(app: Callable[[], ImchatApp]) -> None:
    """Nothing is told where nobody chose anything."""
    async with staged(app()) as (running, _):
        assert not [note.message for note in running._notifications]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1bd\x1b[5~", ["alt+d", "pageup"]),
        ("\x1ba\x1ba", ["alt+a", "alt+a"]),
        ("\x1b1\x1b2x", ["alt+1", "alt+2", "x"]),
        ("\x1bb\x1bf", ["ctrl+left", "ctrl+right"]),
        ("\x1b[A\x1bOB", ["up", "down"]),
    ],
)
def test_alt_and_a_letter_are_a_key_whatever_follows(sent: str, keys: list[str]) -> None:
    """As any terminal sends them; nothing of it becomes text."""
    found = [event for event in XTermParser().feed(sent) if isinstance(event, events.Key)]
    assert [event.key for event in found] == keys
    assert not [event for event in found if event.is_printable and "alt" in event.key]
