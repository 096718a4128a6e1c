"""Asks how a chat was."""

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label

from imchat.client import clean
from imchat.protocol import MAX_REMARK
from imchat.tui.widgets.modal import Modal

SCORES = {1: "1 bad", 2: "2", 3: "3 fair", 4: "4", 5: "5 very good"}


class Rated(NamedTuple):
    """What was answered."""

    score: int
    comment: str


class Rating(Modal[Rated | None]):
    """Gives the score and the comment, or None. A digit chooses, then Enter sends."""

    BINDING_GROUP_TITLE = "Rating"
    DEFAULT_CSS = """
    Rating { align: center middle; }
    Rating > Vertical {
        width: 64; max-width: 100%; height: auto; padding: 1 2;
        border: round $primary; background: $surface;
        border-subtitle-color: $text-muted;
    }
    Rating Horizontal { height: 1; margin: 1 0; }
    Rating Button { margin-right: 1; }
    Rating Input { border: round $border-blurred; background: $surface; }
    Rating Input:focus { border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(score), f"choose({score})", f"Score {score}", id=f"score_{score}")
            for score in SCORES
        ),
        Binding("escape", "dismiss(None)", "Not now", id="not_now"),
    ]

    def __init__(self, agent: str) -> None:
        super().__init__()
        self._agent = agent
        self._score: int | None = None

    def compose(self) -> ComposeResult:
        """The question, five answers, room for words."""
        with Vertical() as box:
            box.border_subtitle = "1 to 5, then Enter · Esc: not now"
            yield Label(Content(f"How was the chat with {self._agent}?"))
            with Horizontal():
                for score, word in SCORES.items():
                    yield Button(
                        word, id=f"score-{score}", compact=True, action=f"screen.choose({score})"
                    )
            yield Input(
                placeholder="Anything to add? Enter sends.", select_on_focus=False
            )

    def action_choose(self, score: int) -> None:
        """Take a score, and go on to the words."""
        self._score = score
        for other in SCORES:
            chosen = other == score
            self.query_one(f"#score-{other}", Button).variant = "primary" if chosen else "default"
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send it, once there is a score."""
        comment = clean(event.value.strip())
        if self._score is None:
            self.notify("Choose from 1 to 5 first.")
            self.query_one("#score-1").focus()
        elif len(comment.encode()) > MAX_REMARK:
            self.notify(f"At most {MAX_REMARK:,} bytes, please.", severity="warning")
        else:
            self.dismiss(Rated(self._score, comment))
