"""Where a message is written."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from imchat.client import clean
from imchat.protocol import MAX_BODY

COUNTER_FROM = MAX_BODY - 1024


class Composer(TextArea):
    """Enter sends, Ctrl+J breaks the line; it grows with the text, up to some lines.

    `closed_because` says why nothing can be sent now, or is empty.
    """

    BINDING_GROUP_TITLE = "Where you write"
    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 9;
        border: round $border-blurred;
        background: $background;
        &:focus { border: round $primary; }
        border-title-color: $text-warning;
        &.-shut { border: round $border-blurred; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="send"),
        Binding("ctrl+j,shift+enter", "break_line", "New line", id="break_line"),
        Binding("pageup", "scroll_log(-1)", "Earlier", id="log_up", show=False),
        Binding("pagedown", "scroll_log(1)", "Later", id="log_down", show=False),
    ]

    class Submitted(Message):
        """A message is to be sent."""

        def __init__(self, body: str) -> None:
            super().__init__()
            self.body = body

    class Scrolled(Message):
        """The conversation is to be scrolled by so many pages."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(self) -> None:
        super().__init__(compact=False, highlight_cursor_line=False)
        self.closed_because = ""

    def open(self, placeholder: str) -> None:
        """Messages can be sent."""
        self._set("", placeholder)

    def shut(self, because: str) -> None:
        """Messages cannot be sent; what is written stays."""
        self._set(because, because)

    def _set(self, because: str, placeholder: str) -> None:
        # A name may stand in it, so it must not be read as markup.
        text = Content(placeholder)
        if (self.closed_because, self.placeholder) != (because, text):
            self.closed_because, self.placeholder = because, text
            self.set_class(bool(because), "-shut")
            # What is written hides the placeholder.
            self.border_title = Content(because)

    def action_submit(self) -> None:
        """Send what is written, unless it is nothing or too much."""
        body = self.text.strip()
        if not body:
            return
        if self.closed_because:
            self.notify(self.closed_because, severity="warning", markup=False)
        elif len(body.encode()) > MAX_BODY:
            self.notify(f"A message is at most {MAX_BODY:,} bytes.", severity="warning")
        else:
            self.clear()
            self.post_message(self.Submitted(body))

    def action_break_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_scroll_log(self, pages: int) -> None:
        """Scroll the conversation, not the text."""
        self.post_message(self.Scrolled(pages))

    def on_text_area_changed(self) -> None:
        """Count the bytes when they come near the limit."""
        size = len(self.text.encode())
        self.border_subtitle = f"{size:,} of {MAX_BODY:,} bytes" if size > COUNTER_FROM else ""

    async def _on_key(self, event: events.Key) -> None:
        # Textual runs what a key is bound to after the key has bubbled up, and what is
        # typed meanwhile overtakes it: here keys act in the order in which they came.
        bound = self.screen.active_bindings.get(event.key)
        if bound is not None and bound.node is not self:
            # Another's key may have been set to a letter, which is for writing here.
            bound = None if self.check_consume_key(event.key, event.character) else bound
        if bound is not None and bound.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(bound.binding.action, bound.node)

    def _on_paste(self, event: events.Paste) -> None:  # type: ignore[override]
        # What is pasted comes from elsewhere as well; TextArea inserts it next.
        event.text = clean(event.text)
