"""Where a private note is written."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from imchat.ids import Uid
from imchat.protocol import MAX_REMARK
from imchat.tui.widgets.writing import Writing


class NoteBox(Writing):
    """Enter adds the note, about `about`; it stays here until it is stored."""

    DEFAULT_CSS = """
    NoteBox {
        height: auto; min-height: 3; max-height: 7;
        border: round $border-blurred; background: $background; padding: 0;
        border-title-color: $text-muted; border-subtitle-color: $text-warning;
        &:focus { border: round $primary; }
        &.-over { border: round $error; border-subtitle-color: $text-error; }
    }
    """

    BINDING_GROUP_TITLE = "The note"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Store note", id="store_note"),
        Binding("pageup", "scroll_panel(-1)", "Customer: up", id="panel_up", show=False),
        Binding("pagedown", "scroll_panel(1)", "Customer: down", id="panel_down", show=False),
    ]

    class Scrolled(Message):
        """What stands above is to be scrolled by so many pages."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    class Submitted(Message):
        """A note is to be added about whom it was written."""

        def __init__(self, body: str, about: Uid) -> None:
            super().__init__()
            self.body = body
            self.about = about

    def __init__(self) -> None:
        super().__init__(limit=MAX_REMARK)
        self.about = Uid("")
        self.border_title = "add a note"

    def action_scroll_panel(self, pages: int) -> None:
        """Scroll what is known of the customer, not the note."""
        self.post_message(self.Scrolled(pages))

    def action_submit(self) -> None:
        """Add what is written, unless it is nothing or too much."""
        body = self.text.strip()
        if len(body.encode()) > self.limit:
            self.notify(f"A note is at most {self.limit:,} bytes.", severity="warning")
        elif body:
            self.post_message(self.Submitted(body, self.about))
