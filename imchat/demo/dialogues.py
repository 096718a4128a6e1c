"""What the bots say: the plays in `plays/`, read once, and filled in for each customer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Literal

from imchat.ids import DEFAULT_DESK, Desk

Language = Literal["english", "chinese", "mixed"]
Side = Literal["customer", "agent"]

LANGUAGES: tuple[Language, ...] = ("english", "chinese", "mixed")
_SIDES: dict[str, Side] = {"C": "customer", "A": "agent"}
_ALTERNATIVES = re.compile(r"\[([^\[\]|]+(?:\|[^\[\]|]+)+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that one side says."""

    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A play: its first line is the customer's, and the topic of the chat."""

    language: Language
    subject: str
    desk: Desk
    lines: tuple[Line, ...]

    def filled(self, words: Mapping[str, str], random: Random) -> "Dialogue":
        """The dialogue with one of each alternative, and `words` where it leaves room.

        `{agent}` stays: who that will be is known when the chat is assigned.
        """
        words = {**words, "agent": "{agent}"}
        return Dialogue(
            self.language,
            self.subject,
            self.desk,
            tuple(Line(line.side, _filled(line.text, words, random)) for line in self.lines),
        )


def _filled(text: str, words: Mapping[str, str], random: Random) -> str:
    chosen = _ALTERNATIVES.sub(lambda found: random.choice(found[1].split("|")), text)
    return chosen.format_map(words)


@cache
def all_dialogues() -> tuple[Dialogue, ...]:
    """Every play there is."""
    return tuple(dialogue for language in LANGUAGES for dialogue in _read(language))


def _read(language: Language) -> list[Dialogue]:
    text = (resources.files(__package__) / "plays" / f"{language}.txt").read_text("utf-8")
    # What stands before the first empty line says how to read the rest.
    return [_dialogue(language, play.splitlines()) for play in text.strip().split("\n\n")[1:]]


def _dialogue(language: Language, play: list[str]) -> Dialogue:
    subject, _, desk = play[0].removeprefix("# ").partition(" @")
    lines = tuple(Line(_SIDES[line[0]], line[2:]) for line in play[1:])
    return Dialogue(language, subject, Desk(desk or DEFAULT_DESK), lines)
