"""Where something is written that the server will be given."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

NEAR = 8
"""The count is shown when no more than an eighth of the limit is left."""

MODIFIERS = {"alt", "ctrl", "meta", "super", "hyper"}
"""With one of these a key is no letter, even where the terminal tells which letter it has."""


class Writing(TextArea):
    """Text up to `limit` bytes: Enter hands it in, Ctrl+J breaks the line.

    What is pasted is inserted, however many lines it has, and never handed in. What is
    composed with an input method comes in whole and is left alone.
    """

    BINDING_GROUP_TITLE = "Where you write"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="send"),
        Binding("ctrl+j,shift+enter", "break_line", "New line", id="break_line"),
    ]

    def __init__(self, *, limit: int, id: str | None = None) -> None:
        super().__init__(compact=False, highlight_cursor_line=False, id=id)
        self.limit = limit

    @property
    def size_bytes(self) -> int:
        """How much of the limit the text takes."""
        return len(self.text.encode())

    def action_submit(self) -> None:
        """Hand in what is written. For the widgets to write."""
        raise NotImplementedError

    def action_break_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def write(self, text: str) -> None:
        """Have this text instead, quietly: nobody wrote it. It cannot be undone into."""
        with self.prevent(TextArea.Changed):
            self.text = text
        self.move_cursor(self.document.end)
        self.count()

    def on_text_area_changed(self) -> None:
        """Keep the count true."""
        self.count()

    def count(self) -> None:
        """Show the bytes when they come near the limit."""
        size = self.size_bytes
        near = size > self.limit - self.limit // NEAR
        self.border_subtitle = f"{size:,} of {self.limit:,} bytes" if near else ""
        self.set_class(size > self.limit, "-over")

    def takes_key(self, key: str) -> bool:
        """Whether this key was used up before what it is bound to. For the widgets to add."""
        return False

    async def _on_key(self, event: events.Key) -> None:
        # A TextArea takes Enter and its like for text, whatever they are bound to.
        if event.is_printable and not MODIFIERS & {*event.key.split("+")[:-1]}:
            return  # a letter is a letter, whatever it may be bound to elsewhere
        if self.takes_key(event.key) or await self.app._check_bindings(event.key):
            event.stop()
            event.prevent_default()
