"""Asks before a link that somebody else wrote is opened."""

import asyncio
import sys
import webbrowser
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from imchat.tui.links import host_in_ascii
from imchat.tui.widgets.modal import Modal
from imchat.tui.widgets.options import Options


class OpenLink(Modal[str | None]):
    """Shows links in full; gives the one that is to be opened. c copies it instead."""

    DEFAULT_CSS = """
    OpenLink { align: center middle; }
    OpenLink > Vertical {
        width: 90%; max-width: 100; height: auto; max-height: 90%; padding: 1 2;
        border: round $primary; background: $surface;
        & OptionList {
            height: auto; max-height: 16; border: none; padding: 0; margin: 1 0;
            background: $surface;
            &:focus { border: none; background-tint: transparent; }
        }
        & .hint { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy the link", id="copy_link"),
        Binding("escape", "dismiss(None)", "Cancel", id="leave_link"),
    ]

    def __init__(self, urls: list[str]) -> None:
        super().__init__()
        self._urls = urls

    def compose(self) -> ComposeResult:
        """The links, and the keys."""
        with Vertical():
            yield Label("Open a link" if len(self._urls) > 1 else "Open this link?")
            yield Options(*(Option(_in_full(url)) for url in self._urls), markup=False)
            yield Label("Enter opens it in your browser · c copies it · Esc", classes="hint")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it, where there is something that can."""
        try:
            webbrowser.get()
        except webbrowser.Error:
            said = "There is no browser here; c copies the link."
            self.notify(said, severity="warning", timeout=4)
        else:
            self.dismiss(self._urls[event.option_index])

    def action_copy(self) -> None:
        """Copy the one that is chosen."""
        chosen = self.query_one(OptionList).highlighted
        self.app.copy_to_clipboard(self._urls[chosen or 0])
        self.notify("The link is copied.", timeout=2)
        self.dismiss(None)


async def open_in_browser(url: str) -> None:
    """Open a link in the user's browser.

    In a process of its own, for a browser may talk, may take its time, and one that is made
    for terminals must not have this one.
    """
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "webbrowser", "-t", url,
        stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True,
    )
    await process.wait()


def _in_full(url: str) -> Content:
    host = host_in_ascii(url)
    if host is None:
        return Content(url)
    return Content.assemble(url, ("\n  its host is really ", "$text-warning"), (host, "bold"))
