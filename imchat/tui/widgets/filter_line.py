"""A line to type what a list is narrowed to."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from imchat.client.text import clean_line


class FilterLine(Input):
    """Narrows as one types; Enter keeps the filter, Escape drops it."""

    BINDING_GROUP_TITLE = "Filter"
    DEFAULT_CSS = """
    FilterLine, FilterLine:focus {
        height: 1; border: none; padding: 0 1; background: $panel; display: none;
    }
    FilterLine.-open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "No filter", id="filter_drop"),
    ]

    class Narrowed(Message):
        """The text is another; `done` when it is not typed any more."""

        def __init__(self, text: str, *, done: bool) -> None:
            super().__init__()
            self.text = text
            self.done = done

    def open(self, what: str, text: str) -> None:
        """Begin to type, with the filter as it is."""
        self.placeholder = f"filter {what}: a part of a name, uid, desk or state"
        self.value = text
        self.add_class("-open")
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow at once."""
        event.stop()
        if self.has_class("-open"):
            self.post_message(self.Narrowed(clean_line(self.value).strip(), done=False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self._leave(self.value)

    def action_drop(self) -> None:
        """Show all again."""
        self._leave("")

    def _leave(self, text: str) -> None:
        if self.has_class("-open"):
            self.remove_class("-open")
            self.post_message(self.Narrowed(clean_line(text).strip(), done=True))
