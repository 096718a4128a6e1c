"""Entries of the site's audit log, read out of the stream."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from imchat.store.facts import Event

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LastEvents:
    """Events, oldest first; `position` is of the newest there is, also when none was asked for."""

    position: Position
    events: list[Event]


def position_of(id: str) -> Position:
    """The order of an entry's id, ms and number."""
    ms, _, number = id.partition("-")
    return int(ms), int(number or 0)


def id_of(position: Position) -> str:
    """The id of an entry there."""
    return f"{position[0]}-{position[1]}"


def read_event(id: str, fields: Sequence[str]) -> Event:
    """An entry of its fields and values in turn, also one that a later release wrote."""
    said = dict(zip(fields[::2], fields[1::2], strict=True))
    position = position_of(id)
    try:
        return msgspec.convert({**said, "position": position}, Event, strict=False)
    except msgspec.ValidationError:
        return Event(position=position, at=position[0], what=said.get("what", ""))
