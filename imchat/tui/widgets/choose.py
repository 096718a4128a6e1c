"""Picks one of many by typing a part of its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from imchat.client.text import clean_line
from imchat.tui.widgets.painted import Row, spread
from imchat.tui.widgets.painted_list import PaintedList

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """What may be picked: its name, what stands beside it, and what it is."""

    name: str
    beside: str
    value: T


class _Choices(PaintedList, Generic[T]):
    PREFIX = "choices"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--name", "choices--faint", "choices--cursor"}
    DEFAULT_CSS = """
    _Choices {
        height: 12;
        & > .choices--name { color: $foreground; }
        & > .choices--faint { color: $text-muted; }
        & > .choices--cursor { background: $primary 25%; }
    }
    """

    def __init__(self, choices: Sequence[Choice[T]]) -> None:
        super().__init__()
        self.can_focus = False  # The keys are typed into the line above.
        self.shown = list(choices)

    def show(self, choices: list[Choice[T]]) -> None:
        self.shown = list(choices)
        self.cursor = 0
        self.repaint()

    def length(self) -> int:
        return len(self.shown)

    def item(self, index: int, width: int) -> Row:
        choice = self.shown[index]
        ink = self.ink("cursor") if index == self.cursor else self.ink("name")
        return [Segment(spread(f" {choice.name}", f"{choice.beside} ", width), ink)]

    def nothing(self, width: int) -> list[Row]:
        return [[Segment(spread(" Nothing is called so.", "", width), self.ink("faint"))]]


class Choose(ModalScreen[T | None], Generic[T]):
    """Gives what was picked, or None. Best matches first; all of them before one types."""

    DEFAULT_CSS = """
    Choose { align: center middle; }
    Choose > Vertical {
        width: 64; max-width: 95%; height: auto; max-height: 95%; padding: 0 1;
        border: round $primary; background: $surface;
    }
    Choose Input, Choose Input:focus { height: 1; border: none; padding: 0; margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", id="choose_down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", id="choose_up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", id="choose_page_down", show=False),
        Binding("pageup", "move(-10)", "Page up", id="choose_page_up", show=False),
        Binding("escape", "leave", "Leave", id="choose_leave"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice[T]]) -> None:
        super().__init__()
        self._title = title
        self.choices = list(choices)

    def compose(self) -> ComposeResult:
        """What is asked, the line to type, what there is."""
        with Vertical():
            yield Label(Content(self._title))
            yield Input(placeholder="type a part of the name", compact=True)
            yield _Choices[T](self.choices)

    def on_mount(self) -> None:
        """No higher than what there is."""
        self.query_one(_Choices).styles.height = max(1, min(12, len(self.choices)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        self.query_one(_Choices).show(self._matching(clean_line(event.value).strip()))

    def _matching(self, query: str) -> list[Choice[T]]:
        if not query:
            return self.choices
        matcher = Matcher(query)
        scored = [(matcher.match(f"{c.name} {c.beside}"), c) for c in self.choices]
        found = [(score, choice) for score, choice in scored if score > 0]
        return [choice for _, choice in sorted(found, key=lambda pair: -pair[0])]

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.query_one(_Choices).action_move(rows)

    def on_input_submitted(self) -> None:
        """Pick what stands under the cursor."""
        self._pick()

    def on_painted_list_chosen(self) -> None:
        """Pick what was clicked."""
        self._pick()

    def _pick(self) -> None:
        choices: _Choices[T] = self.query_one(_Choices)
        if choices.shown:
            self.dismiss(choices.shown[choices.cursor].value)

    def action_leave(self) -> None:
        """Pick nothing."""
        self.dismiss(None)
