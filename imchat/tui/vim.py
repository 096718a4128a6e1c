"""Keys like those of vim, for who wants them: they move where nothing is being typed."""

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, TextArea

BINDINGS: list[BindingType] = [
    Binding("j", "move('down')", "Down (vim)", id="vim_down", show=False),
    Binding("k", "move('up')", "Up (vim)", id="vim_up", show=False),
    Binding("g", "move('first')", "First, when pressed twice (vim)", id="vim_first", show=False),
    Binding("G", "move('last')", "Last (vim)", id="vim_last", show=False),
    Binding("ctrl+d", "move('page_down')", "Page down (vim)", id="vim_page_down", show=False),
    Binding("ctrl+u", "move('page_up')", "Page up (vim)", id="vim_page_up", show=False),
    Binding("escape", "stop_typing", "Leave the text (vim)", id="vim_leave", show=False),
    Binding("i", "type", "Go to the text (vim)", id="vim_type", show=False),
]
MOVES = {
    "down": ("down",),
    "up": ("up",),
    "first": ("ctrl+home", "home"),
    "last": ("ctrl+end", "end"),
    "page_down": ("pagedown",),
    "page_up": ("pageup",),
}
"""The keys that make each move otherwise: the first that is bound where the focus is."""


def is_typing(focused: Widget | None) -> bool:
    """Whether keys are letters there."""
    return isinstance(focused, Input | TextArea) and not getattr(focused, "read_only", False)
