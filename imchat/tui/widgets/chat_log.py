"""A conversation to be read, marked, copied, and opened at its links."""

from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.selection import SELECT_ALL, Selection
from textual.timer import Timer

from imchat.client import Line
from imchat.tui.marking import Move, Point
from imchat.tui.talk import Talk
from imchat.tui.widgets.chat_news import ChatNews
from imchat.tui.widgets.chat_rows import INDENT
from imchat.tui.wrapping import index_at

SCROLLS_A_SECOND = 20
"""Rows, while the mouse marks beyond an edge."""
_EXTENDING = {
    "left": "to the left", "right": "to the right", "up": "a row up", "down": "a row down",
    "home": "to the row's begin", "end": "to the row's end",
}


class ChatLog(ChatNews, can_focus=True):
    """The conversation with its keys and the mouse: what is marked stays so as more comes."""

    # Textual's own marking takes rows for places; here they move as more comes before them.
    ALLOW_SELECT = False
    BINDING_GROUP_TITLE = "The conversation"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask('find')", "Find", id="find"),
        Binding("n", "ask('older')", "Next found, older", id="find_older", show=False),
        Binding("N", "ask('newer')", "Next found, newer", id="find_newer", show=False),
        Binding("u", "first_unread", "First unread", id="first_unread", show=False),
        Binding("l", "ask('links')", "Open link", id="open_link"),
        Binding("v", "mark", "Mark", id="mark"),
        Binding("y", "copy", "Copy", id="copy_marked"),
        Binding("escape", "leave", "Mark no more", id="unmark", show=False),
        *(
            Binding(
                f"shift+{key}", f"extend('{key}')", f"Mark {words}", id=f"mark_{key}", show=False
            )
            for key, words in _EXTENDING.items()
        ),
        Binding(
            "ctrl+left", "extend_word('word_left')", "A word back", id="mark_word_left", show=False
        ),
        Binding(
            "ctrl+right", "extend_word('word_right')", "A word on", id="mark_word_right", show=False
        ),
    ]

    class Asked(Message):
        """A key asks for something that is not the log's own to do: find, older, newer or links."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    class LinkChosen(Message):
        """A link was clicked."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    def __init__(self) -> None:
        super().__init__()
        self._dragging = False
        self._pulling: Timer | None = None

    def action_ask(self, what: str) -> None:
        """Hand on what is for others to do."""
        self.post_message(self.Asked(what))

    # --- what is marked ------------------------------------------------------

    def _leave_talk(self, talk: Talk | None) -> None:
        super()._leave_talk(talk)
        self._marking.clear()
        if self in self.screen.selections:
            self.screen.selections = {}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is marked, for Textual's own key to copy."""
        text = self._marking.text
        return (text, "\n") if text else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Textual lets go of what is marked: Escape, or a click elsewhere."""
        gone = self not in self.screen.selections and not self._dragging
        # A caret alone is not Textual's to let go of.
        if gone and self._marking.extent is not None:
            self._marking.clear()
        self.refresh()

    def action_mark(self) -> None:
        """Show the caret on the newest message on the screen; then mark from there on, or not."""
        if not self.lines:
            return
        marking = self._marking
        if marking.caret is None:
            bottom = min(self.scroll_offset.y + self._page, self._laid.height) - 1
            index, _ = self._laid.at(bottom)
            marking.caret = self.lines[index], 0
        else:
            marking.anchor = None if marking.anchor else marking.caret
        self._marked()

    def action_copy(self) -> None:
        """Copy what is marked, or the message under the caret."""
        marking = self._marking
        text = marking.text or (marking.caret[0].body if marking.caret else "")
        if not text:
            self.notify("Nothing is marked: v begins, or drag the mouse.", timeout=3)
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {len(text):,} characters.", timeout=2)
        self.unmark()

    def action_leave(self) -> None:
        """Mark nothing any more."""
        self.unmark()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is marked, the keys that move and leave a caret are for others."""
        if action in {"leave", "extend_word"}:
            return self.marks
        return super().check_action(action, parameters)

    @property
    def marks(self) -> bool:
        """Whether there is a caret, or something marked."""
        return self._marking.caret is not None

    def action_extend(self, how: Move) -> None:
        """Mark more, or less."""
        if self._marking.caret is None:
            self.action_mark()
        if self._marking.anchor is None:
            self._marking.anchor = self._marking.caret
        self._moved(how)

    def action_extend_word(self, how: Move) -> None:
        """Move the caret by a word, where there is one."""
        self._moved(how)

    def action_scroll_home(self) -> None:
        if not self._moved("home"):
            super().action_scroll_home()

    def action_scroll_up(self) -> None:
        if not self._moved("up"):
            super().action_scroll_up()

    def action_scroll_down(self) -> None:
        if not self._moved("down"):
            super().action_scroll_down()

    def action_scroll_left(self) -> None:
        if not self._moved("left"):
            raise SkipAction

    def action_scroll_right(self) -> None:
        if not self._moved("right"):
            raise SkipAction

    def action_scroll_end(self) -> None:
        if not self._moved("end"):
            super().action_scroll_end()

    def _moved(self, how: Move) -> bool:
        """Move the caret, if there is one; what is marked follows it."""
        if self._marking.caret is None:
            return False
        self._marking.move(how)
        self._marked()
        self._show_caret()
        return True

    def _show_caret(self) -> None:
        caret = self._marking.caret
        index = self._laid.index_of(caret[0]) if caret else None
        if caret is None or index is None:
            return
        block = self._laid.block(index)
        y, top = self._laid.top(index) + block.row_of(caret[1]), self.scroll_offset.y
        if y < top:
            self.scroll_to(y=y)
        elif y >= top + self._page:
            self.scroll_to(y=y - self._page + 1)

    def _marked(self) -> None:
        marks = self._marking.extent is not None
        if marks != (self in self.screen.selections):
            self.screen.selections = {self: SELECT_ALL} if marks else {}
        self.refresh()

    def unmark(self) -> None:
        """Mark nothing any more."""
        self._marking.clear()
        self._marked()

    # --- links ---------------------------------------------------------------

    def links_in_sight(self) -> list[str]:
        """The links of the messages on the screen, the lowest first, each once."""
        if not self.lines:
            return []
        first, _ = self._laid.at(self.scroll_offset.y)
        last, _ = self._laid.at(self.scroll_offset.y + self._page - 1)
        urls = [
            self.lines[index].body[slice(*link)]
            for index in range(last, first - 1, -1)
            for link in reversed(self._laid.block(index).links)
        ]
        return list(dict.fromkeys(urls))

    def _link_at(self, line: Line, at: int) -> str | None:
        index = self._laid.index_of(line)
        if index is None:
            return None
        for start, end in self._laid.block(index).links:
            if start <= at < end:
                return line.body[start:end]
        return None

    # --- the mouse -----------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to mark."""
        offset = event.get_content_offset(self)
        point = self._point(offset) if offset is not None else None
        if event.button == 1 and point is not None:
            self._marking.clear()
            self._marking.anchor = point
            self._dragging = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark up to here; beyond an edge the log follows."""
        if self._dragging:
            self._drag_to(event.offset - self.gutter.top_left)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """What is marked stays so."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()
            self._pull(0, Offset(0, 0))
            if self._marking.extent is None:
                self._marking.clear()

    def on_click(self, event: events.Click) -> None:
        """Open a link, go to what is new; twice marks a word, three times the message."""
        if event.y >= self.outer_size.height - 1 and self._come:
            self.follow()
            return
        offset = event.get_content_offset(self)
        place = self._under(offset) if offset is not None else None
        if place is None or event.button != 1:
            return
        line, at = place
        if event.chain == 1:
            if url := self._link_at(line, at):
                self.post_message(self.LinkChosen(url))
            return
        if event.chain == 2:
            self._marking.mark_word(line, at)
        else:
            self._marking.mark(line, 0, len(line.body))
        self._marked()

    def _drag_to(self, offset: Offset) -> None:
        beyond = (offset.y >= self._page) - (offset.y < 0)
        self._pull(beyond, offset)
        point = self._point(offset.clamp(0, 0) if offset.y < 0 else offset)
        if point is not None and (self._marking.caret or point != self._marking.anchor):
            self._marking.caret = point
            self._marked()

    def _pull(self, step: int, offset: Offset) -> None:
        if self._pulling is not None:
            self._pulling.stop()
            self._pulling = None
        if step:
            def pull() -> None:
                self.scroll_relative(y=step)
                self._drag_to_edge(offset)

            self._pulling = self.set_interval(1 / SCROLLS_A_SECOND, pull)

    def _drag_to_edge(self, offset: Offset) -> None:
        point = self._point(Offset(offset.x, 0 if offset.y < 0 else self._page - 1))
        if point is not None:
            self._marking.caret = point
            self._marked()

    def _point(self, offset: Offset) -> Point | None:
        """The character at a place on the screen, or the nearest in its row."""
        if not self.lines:
            return None
        row = self.scroll_offset.y + min(max(0, offset.y), self._page - 1)
        index, row = self._laid.at(row)
        block, line = self._laid.block(index), self.lines[index]
        number = row - len(block.lead)
        if number < 0:
            return line, 0
        start, end = block.rows[min(number, len(block.rows) - 1)]
        at = start + index_at(line.body[start:end], offset.x - INDENT)
        return line, min(at, max(start, end - 1)) if number < len(block.rows) else end

    def _under(self, offset: Offset) -> Point | None:
        """The character at a place on the screen, where there is one."""
        row = self.scroll_offset.y + offset.y
        if not self.lines or row >= self._laid.height:
            return None
        index, row = self._laid.at(row)
        block, line = self._laid.block(index), self.lines[index]
        number = row - len(block.lead)
        if not 0 <= number < len(block.rows):
            return None
        start, end = block.rows[number]
        at = start + index_at(line.body[start:end], offset.x - INDENT)
        return (line, at) if start <= at < end and offset.x >= INDENT else None
