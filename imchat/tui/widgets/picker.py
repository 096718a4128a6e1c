"""A question that is answered by a few letters and Enter."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from imchat.client.text import clean_line
from imchat.tui.theme import MUTED
from imchat.tui.widgets.modal import Modal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """What may be picked, and the line that shows it."""

    value: T
    line: Content


class Picker(Modal[T | None], Generic[T]):
    """A line to type in over a list of what answers to it, best first.

    Up and down choose, Enter takes, Escape gives None; or by the mouse.
    """

    DEFAULT_CSS = """
    Picker { align: center top; }
    Picker > Vertical {
        width: 64; max-width: 94%; height: auto; max-height: 80%; margin-top: 3;
        border: round $primary; background: $surface; padding: 0 1;
        border-title-color: $text-primary; border-subtitle-color: $text-muted;
    }
    Picker Input { border: none; height: 1; padding: 0; background: $surface; margin-bottom: 1; }
    Picker OptionList {
        height: auto; max-height: 14; border: none; padding: 0; background: $surface;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted {
            background: $primary 25%; color: $foreground; text-style: none;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="pick_nothing"),
        Binding("up", "move(-1)", "Up", id="pick_up", show=False),
        Binding("down", "move(1)", "Down", id="pick_down", show=False),
        Binding("pageup", "skip(-10)", "Page up", id="pick_page_up", show=False),
        Binding("pagedown", "skip(10)", "Page down", id="pick_page_down", show=False),
    ]
    ASKS: str | Content = ""
    HINT = "↑↓ choose  Enter take  Esc cancel"
    HINT_IN = "type a few letters"

    def __init__(self) -> None:
        super().__init__()
        self._choices: Sequence[Choice[T]] = []

    def compose(self) -> ComposeResult:
        """What is typed, and what answers to it."""
        with Vertical() as box:
            box.border_title = self.ASKS
            box.border_subtitle = self.HINT
            yield Input(placeholder=self.HINT_IN, compact=True)
            options = OptionList(markup=False)
            options.can_focus = False
            yield options

    def choices(self, query: str) -> Sequence[Choice[T]]:
        """What answers to what is typed, best first. For the pickers to write."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Everything may be picked at first."""
        self._offer("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what answers to it."""
        event.stop()
        self._offer(event.value)

    def _offer(self, query: str) -> None:
        self._choices = self.choices(clean_line(query).strip())
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(choice.line) for choice in self._choices)
        if not self._choices:
            said = "Nothing answers to that." if query else "There is nothing to choose from."
            options.add_option(Option(Content.styled(said, MUTED), disabled=True))
        options.highlighted = 0 if self._choices else None

    def say(self, words: str) -> None:
        """Have these words at the foot."""
        self.query_one(Vertical).border_subtitle = Content(words)

    def offer_again(self, *, kept: Container[T]) -> None:
        """More is known by now: offer what answers to it; a mark on one of `kept` stays there."""
        options = self.query_one(OptionList)
        marked = options.highlighted
        value = self._choices[marked].value if marked is not None else None
        self._offer(self.query_one(Input).value)
        values = [choice.value for choice in self._choices]
        if value is not None and value in kept and value in values:
            options.highlighted = values.index(value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the one that is marked, of what answers to all that is typed."""
        event.stop()
        if event.value != self.query_one(Input).value or not self._choices:
            return
        self._take(self.query_one(OptionList).highlighted or 0)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the one that was clicked on."""
        event.stop()
        self._take(event.option_index)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """It is only looked at."""
        event.stop()

    def _take(self, index: int) -> None:
        self.dismiss(self._choices[index].value)

    def action_move(self, step: int) -> None:
        """Mark the one above or below."""
        options = self.query_one(OptionList)
        if step < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()

    def action_skip(self, steps: int) -> None:
        """Mark one that is so many further down, as far as there are any."""
        options = self.query_one(OptionList)
        if self._choices:
            at = (options.highlighted or 0) + steps
            options.highlighted = max(0, min(at, len(self._choices) - 1))

    def on_click(self, event: events.Click) -> None:
        """A click beside it means no."""
        if event.widget is self:
            self.dismiss(None)
