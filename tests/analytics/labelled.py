"""The labelled set in tests/data; its README says how it was labelled."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent.parent / "data" / "customer_messages.tsv"
LANGUAGES = {"en": "english", "zh": "chinese", "mix": "mixed"}
TONES = {"negative": -1, "neutral": 0, "positive": 1}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with its labels; `seen` if it was looked at while the method was chosen."""

    language: str
    tone: int
    intent: str
    text: str
    seen: bool


@cache
def labelled() -> tuple[Labelled, ...]:
    """All of it, in the order of the file."""
    lines = DATA.read_text("utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return tuple(
        Labelled(LANGUAGES[language], TONES[tone], intent, text, number % 2 == 0)
        for number, (language, tone, intent, text) in enumerate(rows)
    )
