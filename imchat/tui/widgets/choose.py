"""Asks a supervisor which of several is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.content import Content

from imchat.tui import fuzzy
from imchat.tui.theme import MUTED
from imchat.tui.widgets.picker import Choice, Picker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Named(Generic[T]):
    """What may be meant: its name, what stands beside it, and what it is."""

    name: str
    beside: str
    value: T


class Choose(Picker[T], Generic[T]):
    """Gives what was picked, or None. All of them, in their order, before one types."""

    HINT_IN = "letters of the name"

    def __init__(self, title: str, several: Sequence[Named[T]]) -> None:
        super().__init__()
        self.ASKS = Content(title)
        self.several = several

    def choices(self, query: str) -> Sequence[Choice[T]]:
        """Those that are called so, or have it beside them."""
        found = fuzzy.best(query, self.several, lambda named: [named.name, named.beside])
        return [
            Choice(named.value, Content.assemble(named.name, (f"  {named.beside}", MUTED)))
            for named in found
        ]
