"""A conversation as it goes on: its end is followed, and what is new is said."""

from collections.abc import Callable

from imchat.client import Line
from imchat.ids import Uid
from imchat.tui.talk import Talk
from imchat.tui.widgets.chat_view import ChatView


class ChatNews(ChatView):
    """Shows one conversation at a time; a rule stands before what is new in it.

    `show()` is for each time that something may have changed, and costs little when nothing
    has. One widget serves all chats of a screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._talk: Talk | None = None
        self._shown: tuple[object, ...] = ()
        """What else than the lines was drawn last."""
        self._come = 0
        """Lines that came since the end was left."""
        self._seen: Line | None = None
        """The line that the rule of what is new stood before when it was seen."""

    # --- what is shown -------------------------------------------------------

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
        self._come = 0

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

    # --- what is new ---------------------------------------------------------

    def follow(self) -> None:
        """Go to the end, and stay there as more comes: nothing is new there."""
        super().follow()
        self._say_new()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Who comes to what is new need not be told of it."""
        super().watch_scroll_y(old_value, new_value)
        if self.lines and self._page:
            self._say_new()

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


def _first_unread(lines: list[Line], unread: int, talk: Talk) -> Line | None:
    for line in reversed(lines):
        if line.sender != talk.me:
            unread -= 1
            if not unread:
                return line
    return None
