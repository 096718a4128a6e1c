"""A conversation of others, on a screen of its own."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from imchat.errors import RequestError
from imchat.ids import Uid
from imchat.tui.paged_talk import PagedTalk
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.modal import LeftOnce
from imchat.tui.widgets.title_bar import TitleBar


class TalkScreen(LeftOnce[None], Screen[None]):
    """What two said, to be read; `title` and `who` stand on top, `name_of` names them."""

    DEFAULT_CSS = """
    TalkScreen #standing { height: 1; padding: 0 2; color: $text-muted; }
    TalkScreen.-trouble #standing { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left", "leave", "Back", id="talk_leave"),
    ]

    def __init__(
        self, talk: PagedTalk, *, title: str, who: str, name_of: Callable[[Uid], str]
    ) -> None:
        super().__init__()
        self.paged = talk
        self._title, self._who = title, who
        self._name_of = name_of
        self._loads = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Whose chat, what is said, how it stands, the keys."""
        yield TitleBar(self._title)
        yield ChatReader(self.paged.read_back)
        yield Static(id="standing")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the newest of it."""
        self.query_one(TitleBar).standing = Content.styled(self._who, "bold")
        self.query_one(ChatLog).focus()
        self.run_worker(self.follow(), group="follow")
        self.show()

    async def follow(self) -> None:
        """Read, once; for the screens to go on."""
        try:
            await self.paged.read_on()
        except RequestError as error:
            self.say(f"It cannot be read: {error}", trouble=True)
        self.show()

    def show(self) -> None:
        """Show what was read."""
        if not self.is_left:
            empty = "Nothing has been said." if self.paged.begun else "Reading…"
            self.query_one(ChatReader).show(self.paged.talk, self._name_of, empty=empty)

    def say(self, words: str, *, trouble: bool) -> None:
        """Say in one line how it stands, and whether that is bad."""
        if not self.is_left:
            self.set_class(trouble, "-trouble")
            self.query_one("#standing", Static).update(Content(" ".join(words.split())))

    async def on_chat_log_needs_earlier(self, event: ChatLog.NeedsEarlier) -> None:
        """Load what came before."""
        event.stop()
        if not self._loads.locked():
            self.run_worker(self._load(), group="earlier")

    async def _load(self) -> None:
        async with self._loads:
            try:
                if await self.paged.read_back():
                    self.show()
            except RequestError as error:
                self.notify(f"What came before cannot be loaded: {error}", markup=False)

    def action_leave(self) -> None:
        """Back to the screen before."""
        self.dismiss(None)
