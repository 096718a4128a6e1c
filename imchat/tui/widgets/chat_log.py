"""A conversation on the screen: only what is seen is laid out and drawn."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import SELECT_ALL, Selection
from textual.strip import Strip
from textual.timer import Timer

from imchat.client import Line
from imchat.ids import Uid
from imchat.tui.finding import Finder
from imchat.tui.layout import Layout
from imchat.tui.marking import Marking, Move, Point
from imchat.tui.talk import Talk
from imchat.tui.widgets.chat_rows import INDENT, ChatRows
from imchat.tui.wrapping import index_at

SCROLLS_A_SECOND = 20
"""Rows, while the mouse marks beyond an edge."""
_EXTENDING = {
    "left": "to the left", "right": "to the right", "up": "a row up", "down": "a row down",
    "home": "to the row's begin", "end": "to the row's end",
}


class _Anchor(NamedTuple):
    """A row by its message: counted from the first row of the text, and what begins there."""

    line: Line
    row: int
    at: int | None


class ChatLog(ScrollView, can_focus=True):
    """Shows one conversation at a time; stays at its end while it is there.

    `show()` is for each time that something may have changed, and costs little when nothing
    has. One log serves all chats of a screen.
    """

    DEFAULT_CSS = """
    ChatLog {
        background: $background;
        padding: 0 1;
        border: round $border-blurred;
        border-title-color: $text-warning;
        border-subtitle-color: $text-warning;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
        &:focus { border: round $primary; }
        & .chat-log--day { color: $text-muted; }
        & .chat-log--new { color: $text-warning; }
        & .chat-log--mine { color: $text-primary; text-style: bold; }
        & .chat-log--theirs { color: $text-accent; text-style: bold; }
        & .chat-log--faint { color: $text-muted; }
        & .chat-log--body { color: $foreground; }
        & .chat-log--failed { color: $text-error; }
        & .chat-log--link { color: $text-primary; text-style: underline; }
        & .chat-log--found { background: $warning 30%; }
        & .chat-log--here { background: $warning; color: $background; }
        & .chat-log--marked { background: $primary 40%; }
        & .chat-log--caret { background: $foreground; color: $background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chat-log--{component}"
        for component in (
            "day", "new", "mine", "theirs", "faint", "body", "failed", "link", "found", "here",
            "marked", "caret",
        )
    }
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

    class NeedsEarlier(Message):
        """The top is near and there is more before it."""

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
        self._talk: Talk | None = None
        self._laid = Layout()
        self._finder = Finder()
        self._marking = Marking(self._laid)
        self._inks: dict[str, Style] = {}
        self._rows = ChatRows(self._laid, self._finder, self._marking, self._ink)
        self._empty = ""
        self._shown: tuple[object, ...] = ()
        """What else than the lines was drawn last."""
        self._come = 0
        """Lines that came since the end was left."""
        self._follows = True
        """Whether one was at the end before the size changed, or something came."""
        self._seen: Line | None = None
        """The line that the rule of what is new stood before when it was seen."""
        self._dragging = False
        self._pulling: Timer | None = None

    # --- what is shown -------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether the newest message is on the screen."""
        return self.scroll_offset.y >= self._laid.height - self._page

    @property
    def has_room(self) -> bool:
        """Whether all that is known fits on the screen."""
        return self._laid.height <= self._page

    @property
    def lines(self) -> list[Line]:
        """The messages that are shown, with those that one must scroll to."""
        return self._laid.lines

    def follow(self) -> None:
        """Go to the end, and stay there as more comes."""
        self._measure(len(self.lines) - 1)
        self.scroll_end(animate=False, immediate=True)
        self._follows = True
        self._say_new()

    def show(
        self, talk: Talk | None, name_of: Callable[[Uid], str], *, empty: str
    ) -> None:
        """Show a conversation as it is now, or the `empty` words where there is nothing."""
        opened = talk is not self._talk
        if opened:
            self._leave_talk(talk)
        follow = opened or self._follows
        self._rows.name_of, self._empty = name_of, empty
        changed = self._take(talk)
        self._rule_new(talk, opened=opened, follow=follow)
        if opened or (changed and follow):
            self.follow()
        self._say_new()
        now = self._what_is_drawn(talk)
        if opened or changed or now != self._shown:
            self._shown = now
            self.refresh()

    def _leave_talk(self, talk: Talk | None) -> None:
        self._talk = self._rows.talk = talk
        self._laid.set_new(None)
        self._laid.update([])
        self._marking.clear()
        self._come = 0
        if self in self.screen.selections:
            self.screen.selections = {}

    def _take(self, talk: Talk | None) -> bool:
        """Take the lines as they are now, and stay where one was reading."""
        lines = talk.lines if talk else []
        layout, known = self._laid, len(self.lines)
        anchor = self._anchor()
        first = self.lines[0] if self.lines else None
        head = int(talk is not None and talk.has_earlier and bool(lines))
        changed = layout.update(lines) or layout.head != head
        layout.head = head
        if changed:
            before = (layout.index_of(first) or 0) if first is not None else 0
            self._come += max(0, len(lines) - known - before) if known else 0
            self._finder.update(lines)
            self._return_to(anchor)
        return changed

    def _what_is_drawn(self, talk: Talk | None) -> tuple[object, ...]:
        names = {line.sender: self._rows.name_of(line.sender) for line in self.lines[-1:]}
        return (
            talk.read_by_peer if talk else 0, self._empty, names,
            self._rows.name_of(talk.me) if talk else "", self._laid.new,
        )

    def _rule_new(self, talk: Talk | None, *, opened: bool, follow: bool) -> None:
        """A rule stands before the first message that was not read when one came to it."""
        unread = talk.unread if talk else 0
        if not unread or talk is None:
            return
        line = self._laid.new
        is_old = line is None or self._is_read(line, unread, talk)
        if (opened or is_old) and not (follow and not opened and self.app.app_focus):
            self._laid.set_new(_first_unread(self.lines, unread, talk))
            self._measure(len(self.lines) - 1)

    def _is_read(self, line: Line, unread: int, talk: Talk) -> bool:
        first = _first_unread(self.lines, unread, talk)
        return first is not None and (line.seq or 0) < (first.seq or 0)

    def action_first_unread(self) -> None:
        """Go to the rule before what is new; the end if there is none."""
        new = self._laid.new
        index = self._laid.index_of(new) if new is not None else None
        if index is None:
            self.follow()
        else:
            self._go(index, 0)

    def _say_new(self) -> None:
        """On the border: what is new and not on the screen."""
        if self.at_end:
            self._come = 0
        below = f"↓ {self._come} new" if self._come else ""
        above = "↑ new · Alt+U" if self._is_new_above() else ""
        if (self.border_title, self.border_subtitle) != (above, below):
            self.border_title, self.border_subtitle = above, below

    def _is_new_above(self) -> bool:
        new = self._laid.new
        if new is None or new is self._seen or not self._page:
            return False
        index = self._laid.index_of(new)
        if index is not None and self._laid.top(index) < self.scroll_offset.y:
            return True
        self._seen = new
        return False

    # --- where one is --------------------------------------------------------

    @property
    def _page(self) -> int:
        return self.scrollable_content_region.height

    def _anchor(self) -> _Anchor | None:
        """What is on top of the screen."""
        if not self.lines:
            return None
        index, row = self._laid.at(self.scroll_offset.y)
        block = self._laid.block(index)
        row -= len(block.lead)
        at = block.rows[min(row, len(block.rows) - 1)][0] if row >= 0 else None
        return _Anchor(self.lines[index], row, at)

    def _return_to(self, anchor: _Anchor | None) -> None:
        """Have a row on top again, also when others came before it."""
        index = self._laid.index_of(anchor.line) if anchor is not None else None
        if anchor is None or index is None:
            self._measure(len(self.lines) - 1)
        else:
            # A message with another before it may be led by other rows than without.
            self._go(index, len(self._laid.block(index).lead) + anchor.row)

    def _return_to_text(self, anchor: _Anchor) -> None:
        """Have a text on top again that was wrapped anew."""
        index = self._laid.index_of(anchor.line)
        if index is None or anchor.at is None:
            self._return_to(anchor)
        else:
            self._go(index, self._laid.block(index).row_of(anchor.at))

    def _go(self, index: int, row: int) -> None:
        """Have a row of a message on top."""
        self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        y = max(0, self._laid.top(index) + row)
        if y != self.scroll_offset.y:
            self.scroll_to(y=y)

    def _measure(self, index: int) -> None:
        """Have exact heights around a message, with what is on top staying there."""
        if index < 0:
            self._set_height()
            return
        top, row = self._laid.at(self.scroll_offset.y)
        changed = self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        if changed:
            y = self._laid.top(top) + row
            if y != self.scroll_offset.y:
                self.scroll_to(y=y)

    def _set_height(self) -> None:
        size = Size(self.scrollable_content_region.width, self._laid.height)
        if size != self.virtual_size:
            # Nothing but the scrollbar depends on it, so the screen need not be laid out.
            self.set_reactive(ChatLog.virtual_size, size)
            self._scroll_update(size)

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew, and stay where one was reading."""
        anchor = self._anchor()
        self._rows.width = self.scrollable_content_region.width
        self._laid.widen(self._rows.text_width)
        if self._follows or anchor is None:
            self.follow()
        else:
            self._return_to_text(anchor)
        self.refresh()

    def scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        **how: Any,  # noqa: ANN401 (Textual's own options)
    ) -> None:
        """At once, never by and by: rows that are laid out on the way would make it jump."""
        super().scroll_to(x, y, **{**how, "animate": False})

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes near, and ask for what came before when the top does."""
        super().watch_scroll_y(old_value, new_value)
        if not self.lines or not self._page:
            return
        self._measure(self._laid.at(round(new_value))[0])
        self._follows = self.at_end
        self._say_new()
        if new_value <= self._page and new_value < old_value:
            self.post_message(self.NeedsEarlier())

    def action_scroll_home(self) -> None:
        """The first key to the top loads what came before."""
        if not self._moved("home"):
            super().action_scroll_home()
            self.post_message(self.NeedsEarlier())

    # --- what is looked for --------------------------------------------------

    def look_for(self, query: str) -> None:
        """Show where a text stands, and go to its newest place; of an empty one nothing."""
        self._finder.look_for(query, self.lines)
        self.refresh()
        if query:
            self.step(-1)

    def step(self, step: int) -> bool:
        """Go to the next hit, up (-1) or down (1); gives whether there is one."""
        start = self._laid.at(self.scroll_offset.y + self._page - 1)[0] if self.lines else 0
        line = self._finder.step(step, self._laid.index_of, start)
        index = self._laid.index_of(line) if line is not None else None
        if line is None or index is None:
            return False
        self._show_hit(index, line)
        self.refresh()
        return True

    @property
    def found(self) -> tuple[int, int]:
        """Which of how many messages that were found one is at, the newest being 1."""
        return self._finder.number, len(self._finder.hits)

    def _show_hit(self, index: int, line: Line) -> None:
        self._laid.measure(index, above=3 * self._page, below=3 * self._page)
        self._set_height()
        block = self._laid.block(index)
        at = self._finder.spans(line)[0][0]
        y = self._laid.top(index) + block.row_of(at)
        if not self.scroll_offset.y <= y < self.scroll_offset.y + self._page:
            self.scroll_to(y=y - self._page // 2)

    # --- what is marked ------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is marked, for Textual's own key to copy."""
        text = self._marking.text
        return (text, "\n") if text else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Textual lets go of what is marked: Escape, or a click elsewhere."""
        if self not in self.screen.selections and not self._dragging:
            self._marking.clear()
        self.refresh()

    def action_mark(self) -> None:
        """Show the caret on the newest message on the screen; once more: mark from there on."""
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

    def action_ask(self, what: str) -> None:
        """Hand on what is for others to do."""
        self.post_message(self.Asked(what))

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
            self.follow()

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

    # --- drawing -------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row, layout = y + self.scroll_offset.y, self._laid
        if not self.lines:
            words = self._empty if y == self._page // 3 else ""
            segments = self._rows.words(words) if words else []
        elif row >= layout.height:
            segments = []
        elif row < layout.head:
            segments = self._rows.head()
        else:
            segments = self._rows.row(*layout.at(row))
        # One strip and no more: this is what most of the drawing of a busy chat is made of.
        width = self._rows.width
        used = sum(segment.cell_length for segment in segments)
        if used > width:
            return Strip(segments, used).adjust_cell_length(width)
        if used < width:
            segments.append(Segment(" " * (width - used), self._ink("")))
        return Strip(segments, width)

    def notify_style_update(self) -> None:
        """Wear the new colours."""
        super().notify_style_update()
        self._inks.clear()

    def _ink(self, component: str) -> Style:
        if component not in self._inks:
            self._inks[component] = (
                self.get_component_rich_style(f"chat-log--{component}")
                if component
                else self.rich_style
            )
        return self._inks[component]


def _first_unread(lines: list[Line], unread: int, talk: Talk) -> Line | None:
    for line in reversed(lines):
        if line.sender != talk.me:
            unread -= 1
            if not unread:
                return line
    return None
