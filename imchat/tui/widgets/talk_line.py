"""The one row between the conversation and where one writes."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

MEANS = "asks"


class TalkLine(Static):
    """Says what was not sent, with what can be done about it, or else who is writing.

    It has one row whatever it says: nothing else moves.
    """

    DEFAULT_CSS = """
    TalkLine {
        height: 1; padding: 0 2; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    class Asked(Message):
        """It was clicked where it names an action."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def show_writing(self, name: str) -> None:
        """Show who writes, "" for nobody."""
        self._say(Content(f"{name} is writing…" if name else ""))

    def show_unsent(self, count: int, *, again: str, back: str) -> None:
        """Show how many were not sent, and the keys `again` and `back`."""
        self._say(
            Content.assemble(
                (f"{count:,} not sent  ", "bold $text-error"),
                _asking("send_again", f"{again} again"), "  ",
                _asking("take_back", f"{back} take back"),
            )
        )

    def _say(self, said: Content) -> None:
        if self.content != said:
            self.update(said, layout=False)

    def on_click(self, event: events.Click) -> None:
        """Do what stands there."""
        if (action := event.style.meta.get(MEANS)) is not None:
            self.post_message(self.Asked(action))


def _asking(action: str, words: str) -> Content:
    return Content.styled(words, "$text-primary underline").stylize(
        Style.from_meta({MEANS: action})
    )
