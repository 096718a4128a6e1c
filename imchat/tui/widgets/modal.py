"""Screens that come before others and are left once, however often one asks for it."""

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.screen import ModalScreen, Screen

T = TypeVar("T")

if TYPE_CHECKING:
    _Screen = Screen
else:
    # Textual finds styles and keys along the first base that is a widget, and that must be
    # the kind of screen which it really is.
    class _Screen(Generic[T]):
        pass


class LeftOnce(_Screen[T], Generic[T]):
    """Goes itself when it is dismissed, and once.

    A second click or key may come when the first has dismissed it already, and what it
    waited for when another screen lies before it. Textual would take away whichever screen
    is in front, or end the app where there is none.
    """

    _due: tuple[T | None] | None = None

    @property
    def is_left(self) -> bool:
        """Whether its widgets go: timers, and replies that were waited for, may still come."""
        return not self.display

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Leave it; as soon as it is in front, if another one lies before it."""
        if self.app.screen is self:
            return super().dismiss(result)
        if self in self.app.screen_stack:
            self._due = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Leave it now if that could not be done before."""
        if self._due is not None:
            (result,), self._due = self._due, None
            self.dismiss(result)


class Modal(LeftOnce[T], ModalScreen[T], Generic[T]):
    """A question before the screen that it is about, which stays in sight."""


class Palette(LeftOnce[None], CommandPalette):
    """The menu of everything that can be done."""

    def on_mount(self) -> None:
        """Wear a new theme as well: Textual leaves out screens of its own."""
        wear = self.app.stylesheet.update
        self.app.theme_changed_signal.subscribe(self, lambda _: wear(self))

    def _action_command_list(self, action: str) -> None:
        # Textual's list has no pages, and no page before or after, where it has no room.
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)
