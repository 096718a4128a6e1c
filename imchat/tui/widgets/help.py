"""Every key of the screen below, as it is bound now."""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from imchat.tui.actions import Action
from imchat.tui.widgets.modal import Modal


class HelpScreen(Modal[None]):
    """Keys and what they do, by where they work, with the names by which they are remapped."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $primary; border-title-color: $text-primary;
        border-subtitle-color: $text-muted; background: $surface;
    }
    HelpScreen VerticalScroll {
        height: auto; max-height: 1fr; scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
    }
    HelpScreen .place { margin-top: 1; color: $text-primary; text-style: bold; }
    HelpScreen .said { margin-top: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss(None)", "Close the help", id="close_help"),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        """A part for each place."""
        wide = max((len(action.keys) for action in self._actions), default=0)
        with Vertical() as box:
            box.border_title = "Keys"
            box.border_subtitle = "Esc closes"
            with VerticalScroll() as body:
                body.can_focus = True
                for place, actions in groupby(self._actions, key=lambda action: action.place):
                    yield Label(Content(place), classes="place")
                    for action in actions:
                        yield Static(_row(action, wide))
                yield Static(
                    "The names on the right are for other keys, in your settings.",
                    classes="said", markup=False,
                )


def _row(action: Action, wide: int) -> Content:
    return Content.assemble(
        (action.keys.rjust(wide), "bold"), "  ", f"{action.name:<32}  ",
        (action.id, "$text-muted"),
    )
