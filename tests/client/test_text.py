"""No text of another may make a terminal obey, and ordinary text stays as it is."""

import typing
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imchat import protocol
from imchat.client.text import clean, clean_frame, clean_line
from imchat.ids import ChatId, Uid

ESCAPE = "\x1b]2;owned\x07\u202e\x9b31m\x7f\r"

BIDI_CONTROLS = {
    unicodedata.lookup(name)
    for name in (
        "LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK", "ARABIC LETTER MARK",
        "LEFT-TO-RIGHT EMBEDDING", "RIGHT-TO-LEFT EMBEDDING", "POP DIRECTIONAL FORMATTING",
        "LEFT-TO-RIGHT OVERRIDE", "RIGHT-TO-LEFT OVERRIDE", "LEFT-TO-RIGHT ISOLATE",
        "RIGHT-TO-LEFT ISOLATE", "FIRST STRONG ISOLATE", "POP DIRECTIONAL ISOLATE",
    )
}

any_text = st.text(st.characters(exclude_categories=[]))
"""Halves of surrogate pairs too, which hypothesis leaves out unless it is told not to."""
hostile_text = st.lists(
    st.one_of(
        st.sampled_from(sorted(BIDI_CONTROLS)),
        st.characters(categories=["Cc", "Cs", "Zl", "Zp"]),
        any_text,
    )
).map("".join)
ordinary_text = st.lists(
    st.one_of(
        st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])),
        st.sampled_from([
            "你好，请问我的包裹在哪里？", "王　小明", "👩‍💻", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "❤️",
            "e\u0301", "שלום", "مرحبا", "हिन्दी", "a\u00adb", "line\nline", "a\tb", "می\u200cخواهم",
        ]),
    )
).map("".join)


def is_obeyed(character: str) -> bool:
    """Whether a terminal may do something by this character but show it."""
    if character in BIDI_CONTROLS:
        return True
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character not in "\n\t"


@given(st.one_of(any_text, hostile_text))
def test_nothing_that_a_terminal_obeys_comes_out(text: str) -> None:
    """No C0 but newline and tab, no DEL, no C1, no bidi control, no half of a pair."""
    assert not any(is_obeyed(character) for character in clean(text))


@given(st.one_of(any_text, hostile_text))
def test_one_line_has_no_line_end_either(text: str) -> None:
    """A name cannot draw a second line."""
    line = clean_line(text)
    assert not any(is_obeyed(character) or character in "\n\t" for character in line)
    assert len(line.splitlines()) <= 1


@given(ordinary_text)
def test_ordinary_text_is_untouched(text: str) -> None:
    """Every script, joined emoji, combining marks, newlines and tabs stay as they are."""
    assert clean(text) == text


@given(ordinary_text.map(lambda text: text.replace("\n", "").replace("\t", "")))
def test_ordinary_names_are_untouched(text: str) -> None:
    """Ideographic spaces too."""
    assert clean_line(text) == text


@given(st.one_of(any_text, hostile_text))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """What is clean stays so."""
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(st.one_of(any_text, hostile_text))
def test_what_is_clean_can_be_written(text: str) -> None:
    """It has an encoding, so no screen and no log fails on it."""
    clean(text).encode()


def test_what_a_terminal_obeys_is_shown_as_replaced() -> None:
    """The rest of the text stays, so a reader sees that something was there."""
    assert clean("\x1b[31mred\x07\r\n\tx\u202e\x85\u2028\udcff") == "�[31mred�\n\tx�\n�"


# --- frames ------------------------------------------------------------------


def hostile(kind: Any) -> Any:
    """A value of this type whose every text is hostile."""
    if isinstance(kind, typing.NewType):
        return hostile(kind.__supertype__)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return hostile(arguments[0])
    if origin is list:
        return [hostile(arguments[0])]
    if origin is dict:
        return {hostile(arguments[0]): hostile(arguments[1])}
    if arguments and origin is not typing.Literal:  # a union: rather something than None
        return hostile(next(argument for argument in arguments if argument is not type(None)))
    if origin is typing.Literal:
        return ESCAPE
    if issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(**{name: hostile(hints[name]) for name in kind.__struct_fields__})
    return ESCAPE if kind is str else kind(1)


def texts_in(value: Any) -> list[str]:
    """Every text in a frame, the keys of dicts too."""
    match value:
        case str():
            return [value]
        case list():
            return [text for item in value for text in texts_in(item)]
        case dict():
            return texts_in(list(value.keys())) + texts_in(list(value.values()))
        case msgspec.Struct():
            return texts_in([getattr(value, name) for name in value.__struct_fields__])
    return []


@pytest.mark.parametrize("kind", typing.get_args(protocol.ServerFrame))
def test_every_text_of_every_frame_is_cleaned(kind: type[msgspec.Struct]) -> None:
    """Bodies and names, and uids, desks, ids and codes of a server that is hostile itself."""
    frame = hostile(kind)
    assert ESCAPE in texts_in(frame)
    cleaned = clean_frame(frame)
    assert type(cleaned) is kind
    assert len(texts_in(cleaned)) == len(texts_in(frame))
    for text in texts_in(cleaned):
        assert not any(is_obeyed(character) for character in text)


def test_a_body_keeps_its_lines_and_a_name_does_not() -> None:
    """A message may have lines and tabs; a name with one would break the list it stands in."""
    message = protocol.Message(
        chat=ChatId("1"), seq=1, id="a\nb", sender=Uid("bob"),
        to=Uid("ann"), body="one\n\ttwo", at=1,
    )
    cleaned = clean_frame(message)
    assert (cleaned.body, cleaned.id) == ("one\n\ttwo", "a b")


def test_a_clean_frame_is_not_copied() -> None:
    """Most are clean, and a busy client takes thousands a second."""
    status = protocol.Status(uid=Uid("ann"), state="online", load=1, capacity=3)
    assert clean_frame(status) is status


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("👩\u200d👩\u200d👧\u200d👦", "👩\u200d👩\u200d👧\u200d👦"),
        ("👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿", "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("a\u200db\u200d", "ab"),
        ("\u200dpaid", "paid"),
        ("👍\u200d", "👍"),
        ("👍\u200dx", "👍x"),
        ("👍" + "\u200d👍" * 9, "👍\u200d👍\u200d👍\u200d👍\u200d👍" * 2),
    ],
)
def test_a_joiner_stays_only_between_pictures(text: str, cleaned: str) -> None:
    """Behind a joiner what is measured as nothing would be drawn all the same."""
    assert clean(text) == cleaned
    assert clean(cleaned) == cleaned
