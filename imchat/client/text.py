"""Makes text that others wrote harmless before anything shows, logs or stores it."""

import re
from typing import Any, TypeVar

import msgspec

_REPLACED = [*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0xD800, 0xE000)]
"""C0, DEL, C1, and halves of surrogate pairs, which cannot be written anywhere."""
_KEPT = [0x0A, 0x09]
_BREAKS = [0x2028, 0x2029]
"""Unicode's own ends of a line and of a paragraph."""
# Marks, embeddings, overrides and isolates that reorder what stands around them.
_DROPPED = [0x0D, 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]

_TABLE: dict[int, str | None] = (
    dict.fromkeys(_REPLACED, "\N{REPLACEMENT CHARACTER}")
    | {code: chr(code) for code in _KEPT}
    | dict.fromkeys(_BREAKS, "\n")
    | dict.fromkeys(_DROPPED)
)
_JOINER = "\u200d"
_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf"
    "\u2934-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
"""Roughly Unicode's Extended_Pictographic, with the tones of skin."""
_PICTURES = re.compile(
    f"[{_PICTURE}]\ufe0f?(?:{_JOINER}[{_PICTURE}]\ufe0f?){{0,4}}|{_JOINER}"
)
"""Pictures joined as in a family of four, or a joiner that joins nothing."""
_ON_ONE_LINE = str.maketrans("\n\t", "  ")
_OF_MANY_LINES = {"body", "topic"}
"""The fields whose text keeps its line ends and tabs."""

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)


def clean(text: str) -> str:
    """`text` without what a terminal obeys instead of showing.

    C0 but newline and tab, DEL and C1 become U+FFFD; carriage returns and the
    bidirectional controls go, and so do joiners that join no pictures; Unicode's line and
    paragraph ends become newlines.
    """
    if text.isprintable():
        return text
    if _JOINER in text:
        # What is joined counts as one picture. A letter behind a joiner would have no width
        # for who measures it, and some for the terminal, which it would write out of shape.
        text = _PICTURES.sub(lambda found: found[0].strip(_JOINER), text)
    return text.translate(_TABLE)


def clean_line(text: str) -> str:
    """`clean`, for what is shown on one line: names, uids, reasons."""
    return clean(text).translate(_ON_ONE_LINE)


def clean_frame(frame: AnyStruct) -> AnyStruct:
    """The frame with every text in it cleaned.

    Uids, desks, ids and codes too: an honest server's have nothing to clean, and a
    hostile one's must not be obeyed either.
    """
    changes = _changes(frame)
    return msgspec.structs.replace(frame, **changes) if changes else frame


def _changes(struct: msgspec.Struct) -> dict[str, Any]:
    changes = {}
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        # Almost everything is one of these, and every message of a busy client comes here.
        if value is None or type(value) is int or (type(value) is str and value.isprintable()):
            continue
        changes[name] = _cleaned(value, name)
    return changes


def _cleaned(value: Any, field: str = "") -> Any:  # noqa: ANN401 (whatever a frame is made of)
    match value:
        case str():
            return clean(value) if field in _OF_MANY_LINES else clean_line(value)
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {_cleaned(key): _cleaned(item) for key, item in value.items()}
        case msgspec.Struct():
            return clean_frame(value)
    return value
