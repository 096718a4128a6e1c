"""Canned replies to choose from while `/name` is typed."""

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Offset
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from imchat.tui.replies import Replies, Reply, query_in
from imchat.tui.theme import MUTED

ROWS = 8


class ReplyPopup(OptionList, can_focus=False):
    """Stands over the composer while a slash and a part of a name are all that is written.

    Up and down choose, Enter and Tab give the text to `insert`, Escape goes back to
    writing. The focus stays in the composer.
    """

    DEFAULT_CSS = """
    ReplyPopup {
        overlay: screen; constrain: inside inside;
        display: none;
        width: 100%; max-width: 90; height: auto; max-height: 10;
        border: round $primary; background: $surface; padding: 0;
        border-title-color: $text-muted; border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted { background: $primary 25%; text-style: none; }
        &.-open { display: block; }
    }
    """

    def __init__(self, replies: Replies, insert: Callable[[str], None]) -> None:
        super().__init__(markup=False)
        self.border_title = "canned replies"
        self.border_subtitle = "↑↓  Enter  Esc"
        self._replies = replies
        self._insert = insert
        self._found: list[Reply] = []
        self._written = ""
        self._unwanted = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return self.has_class("-open")

    def look(self, written: str) -> None:
        """Offer what answers to the text of the composer."""
        if written == self._written:
            return
        self._written = written
        query = query_in(written)
        if query is None:
            self._unwanted = False
        wanted = query is not None and not self._unwanted
        self._offer(self._replies.find(query or "") if wanted else [])

    def _offer(self, found: list[Reply]) -> None:
        if found != self._found:
            self._found = found
            self.clear_options()
            self.add_options(Option(_row(reply)) for reply in found)
        if found:
            self.highlighted = 0
        self.set_class(bool(found), "-open")
        self.styles.offset = Offset(0, -(min(len(found), ROWS) + 2))

    def takes_key(self, key: str, written: str) -> bool:
        """Whether the key chooses among what is offered for the text."""
        self.look(written)
        if not self.is_open:
            return False
        match key:
            case "up":
                self.action_cursor_up()
            case "down":
                self.action_cursor_down()
            case "enter" | "tab":
                self._choose(self.highlighted or 0)
            case "escape":
                self._unwanted = True
                self._offer([])
            case _:
                return False
        return True

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """One was clicked on."""
        event.stop()
        self._choose(event.option_index)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Nobody else's business: it is no chat of a list."""
        event.stop()

    def _choose(self, index: int) -> None:
        self._insert(self._found[index].text)


def _row(reply: Reply) -> Content:
    text = " ".join(reply.text.split())
    return Content.assemble((f"/{reply.name}", "bold $text-primary"), "  ", (text, MUTED))
