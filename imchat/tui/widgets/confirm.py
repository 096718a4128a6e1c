"""Asks once before something that cannot be undone."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label

from imchat.tui.widgets.modal import Modal


class Confirm(Modal[bool]):
    """Gives True for yes. Enter and y say yes, Escape and n say no."""

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > Vertical {
        width: auto; max-width: 90%; height: auto; padding: 1 2;
        border: round $warning; background: $surface;
    }
    Confirm Label { max-width: 80vw; }
    Confirm Horizontal { width: auto; height: auto; margin-top: 1; }
    Confirm Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="yes"),
        Binding("n,escape", "answer(False)", "No", id="no"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and two answers."""
        with Vertical():
            yield Label(Content(self._question))
            with Horizontal():
                yield Button(Content(self._yes), variant="warning", id="yes", compact=True)
                yield Button("No (Esc)", id="no", compact=True)

    def action_answer(self, yes: bool) -> None:
        """Answer by key."""
        self.dismiss(yes)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by mouse, or by Enter on the button that has the focus."""
        self.dismiss(event.button.id == "yes")
