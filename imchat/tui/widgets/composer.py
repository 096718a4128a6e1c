"""Where a message is written."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from imchat.ids import Uid
from imchat.protocol import MAX_BODY
from imchat.tui.widgets.writing import Writing


class Completion(Protocol):
    """Offers something in place of what is written, and has the first say on keys."""

    def takes_key(self, key: str, written: str) -> bool:
        """Whether it used the key up."""


class Composer(Writing):
    """Enter sends, Ctrl+J breaks the line; it grows with the text, up to some lines.

    `closed_because` says why nothing can be sent now, or is empty. `sent` gives what was
    sent before, the newest last, for Up in an empty composer to bring back.
    """

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 9;
        border: round $border-blurred;
        background: $background;
        &:focus { border: round $primary; }
        border-title-color: $text-warning;
        border-subtitle-color: $text-warning;
        &.-shut { border: round $border-blurred; color: $text-muted; }
        &.-over { border: round $error; border-subtitle-color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_log(-1)", "Earlier", id="log_up", show=False),
        Binding("pagedown", "scroll_log(1)", "Later", id="log_down", show=False),
    ]

    class Submitted(Message):
        """A message is to be sent to whom it was written for."""

        def __init__(self, body: str, to: Uid) -> None:
            super().__init__()
            self.body = body
            self.to = to

    class Scrolled(Message):
        """The conversation is to be scrolled by so many pages."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(
        self,
        *,
        sent: Callable[[], Sequence[str]] = tuple,
        completion: Completion | None = None,
    ) -> None:
        super().__init__(limit=MAX_BODY)
        self.closed_because = ""
        self._to = Uid("")
        self._sent = sent
        self._completion = completion
        self._recalled: tuple[int, str] | None = None
        """How far back, and what; as long as nobody changes it."""

    def open(self, placeholder: str, *, to: Uid) -> None:
        """Messages can be sent, to `to` from now on."""
        self._to = to
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
            self.count()

    def count(self) -> None:
        """Keep the count true; where something is written, the border says why it cannot go."""
        super().count()
        self.border_title = Content(self.closed_because if self.text else "")

    def take(self, text: str) -> None:
        """Have this text instead of what is written, as if it were typed: it can be undone."""
        end = self.replace(text, self.document.start, self.document.end).end_location
        self.move_cursor(end)

    def takes_key(self, key: str) -> bool:
        """Whether the completion wants it."""
        return self._completion is not None and self._completion.takes_key(key, self.text)

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
            self._recalled = None
            self.clear()
            self.post_message(self.Submitted(body, self._to))

    def action_copy(self) -> None:
        """Copy what is marked here, or else in the conversation."""
        if self.selected_text:
            super().action_copy()
        else:
            self.screen.action_copy_text()

    def action_scroll_log(self, pages: int) -> None:
        """Scroll the conversation, not the text."""
        self.post_message(self.Scrolled(pages))

    # --- what was sent before ------------------------------------------------

    def action_cursor_up(self, select: bool = False) -> None:
        """Up; where there is nothing to go up in, back to what was sent before."""
        if select or not self._recall(1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down; in what was brought back, forward again."""
        if select or not self._recall(-1):
            super().action_cursor_down(select)

    def _recall(self, step: int) -> bool:
        back = self._back
        row, _ = self.cursor_location
        edge = 0 if step > 0 else self.document.line_count - 1
        if back is None or row != edge or (back == 0 and step < 0):
            return False
        sent = self._sent()
        back = min(back + step, len(sent))
        text = sent[-back] if back else ""
        self._recalled = (back, text) if back else None
        if text != self.text:
            self.take(text)
        return True

    @property
    def _back(self) -> int | None:
        """How far back what is written is from; None when it was written now."""
        if self._recalled is not None and self._recalled[1] == self.text:
            return self._recalled[0]
        return None if self.text else 0
