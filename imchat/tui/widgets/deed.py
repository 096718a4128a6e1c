"""Asks before a supervisor's act, does it, and shows what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label, LoadingIndicator

from imchat.errors import ImchatError
from imchat.tui.widgets.modal import Modal


class Deed(Modal[bool]):
    """Gives True when it was done. Asked, doing, or failed, which its `stage` says.

    Enter and y do it, also again after it failed; Escape and n leave it. To leave it
    while it is under way only ends the waiting: the server may have done it.
    """

    DEFAULT_CSS = """
    Deed { align: center middle; }
    Deed > Vertical {
        width: auto; min-width: 40; max-width: 90%; height: auto; padding: 1 2;
        border: round $warning; background: $surface;
    }
    Deed Label { width: auto; max-width: 100%; }
    Deed #state { color: $text-muted; display: none; }
    Deed.-doing #state, Deed.-failed #state { display: block; }
    Deed.-failed #state { color: $text-error; }
    Deed LoadingIndicator { height: 1; width: 12; display: none; }
    Deed.-doing LoadingIndicator { display: block; }
    Deed Horizontal { width: auto; height: 1; margin-top: 1; }
    Deed Button { margin-right: 1; }
    Deed.-doing #yes { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "do", "Yes", id="deed_yes"),
        Binding("n,escape", "leave", "No", id="deed_no"),
    ]

    def __init__(self, question: str, yes: str, act: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._act = act
        self.stage: Literal["asked", "doing", "failed"] = "asked"

    def compose(self) -> ComposeResult:
        """The question, how it goes, two answers."""
        with Vertical():
            yield Label(Content(self._question))
            yield LoadingIndicator()
            yield Label("", id="state")
            with Horizontal():
                yield Button(Content(self._yes), variant="primary", id="yes", compact=True)
                yield Button("No (Esc)", id="no", compact=True)

    def on_mount(self) -> None:
        """Enter says yes."""
        self.query_one("#yes").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by mouse, or by Enter on the button that has the focus."""
        event.stop()
        if event.button.id == "yes":
            self.action_do()
        else:
            self.action_leave()

    def action_do(self) -> None:
        """Do it, unless it is being done."""
        if self.stage != "doing":
            self._enter("doing", "The server is asked…", "Wait no longer (Esc)")
            self.run_worker(self._do(), group="deed", exclusive=True)

    def action_leave(self) -> None:
        """Leave it, or wait no longer."""
        if self.stage == "doing":
            self.app.notify(
                "No longer waited for; the server may have done it.",
                severity="warning", markup=False,
            )
        self.dismiss(False)

    async def _do(self) -> None:
        try:
            await self._act()
        except ImchatError as error:
            self._enter("failed", " ".join(str(error).split()), "Leave it (Esc)")
            self.query_one("#yes", Button).label = Content("Again")
            self.query_one("#yes").focus()
        except asyncio.CancelledError:
            raise  # The screen is left.
        else:
            self.dismiss(True)

    def _enter(self, stage: Literal["doing", "failed"], said: str, no: str) -> None:
        self.stage = stage
        for name in ("doing", "failed"):
            self.set_class(name == stage, f"-{name}")
        self.query_one("#state", Label).update(Content(said))
        self.query_one("#no", Button).label = Content(no)
        if stage == "doing":
            self.query_one("#no").focus()
