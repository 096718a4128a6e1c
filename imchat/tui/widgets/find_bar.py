"""Where one writes what is looked for in a conversation."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static


class FindBar(Horizontal):
    """Hidden until `open()`; says how many there are, and that more is being loaded."""

    DEFAULT_CSS = """
    FindBar {
        height: 1; padding: 0 1; background: $panel; display: none;
        &.-open { display: block; }
        & > #slash { width: 2; color: $text-warning; }
        & > Input {
            width: 1fr; height: 1; border: none; padding: 0; background: $panel;
            &:focus { border: none; background-tint: transparent; }
        }
        & > #found { width: auto; color: $text-muted; padding: 0 1; }
    }
    """
    BINDING_GROUP_TITLE = "Finding"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Older", id="found_above"),
        Binding("down", "step(1)", "Newer", id="found_below"),
        Binding("escape", "close", "Stop finding", id="close_find"),
    ]

    class Looked(Message):
        """Something else is looked for."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Stepped(Message):
        """Go to the next one up (-1) or down (1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Left(Message):
        """Go on in the conversation, among what was found; `closed` with nothing looked for."""

        def __init__(self, *, closed: bool) -> None:
            super().__init__()
            self.closed = closed

    def compose(self) -> ComposeResult:
        """A slash, the text, what came of it."""
        yield Static("/", id="slash")
        yield Input(compact=True, placeholder="find in this conversation")
        yield Static(id="found")

    @property
    def is_open(self) -> bool:
        """Whether something may be looked for."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show it, with what was looked for last."""
        self.add_class("-open")
        field = self.query_one(Input)
        field.focus()
        field.action_select_all()

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def say(self, words: str) -> None:
        """What came of it."""
        self.query_one("#found", Static).update(Content(words))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look while it is written."""
        event.stop()
        self.post_message(self.Looked(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The log has the focus then, for n and N."""
        event.stop()
        self.post_message(self.Left(closed=not event.value))

    def action_step(self, step: int) -> None:
        """Go on without leaving the field."""
        self.post_message(self.Stepped(step))

    def action_close(self) -> None:
        """Look for nothing any more."""
        self.post_message(self.Left(closed=True))
