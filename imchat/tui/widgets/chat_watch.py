"""A chat of two others, read while they talk."""

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from imchat.client import Client
from imchat.errors import Forbidden, NotFound, RequestError
from imchat.ids import Uid
from imchat.tui.acts import Acts, ChatAt
from imchat.tui.watched_chat import WatchedChat
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.modal import LeftOnce
from imchat.tui.widgets.title_bar import TitleBar

EVERY_S = 0.5
REFUSED_EVERY_S = 5.0


class ChatWatch(LeftOnce[None], Screen[None]):
    """Reads on about twice a second. `now()` is where the chat is by now, None when it is over."""

    DEFAULT_CSS = """
    ChatWatch #watched { height: 1; padding: 0 2; color: $text-muted; }
    ChatWatch.-trouble #watched { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left", "leave", "Back", id="watch_leave"),
        Binding("c", "close", "Close chat", id="watch_close"),
        Binding("m", "transfer", "Transfer", id="watch_transfer"),
    ]

    def __init__(
        self,
        client: Client,
        acts: Acts,
        chat: ChatAt,
        *,
        now: Callable[[], ChatAt | None],
        name_of: Callable[[Uid], str],
    ) -> None:
        super().__init__()
        assert chat.agent is not None, "who waits has said nothing yet"
        self._client = client
        self._acts = acts
        self._chat = chat
        self._agent = chat.agent
        self._now = now
        self._name_of = name_of
        self._watched = WatchedChat(client, chat.customer, chat.agent)
        self._trouble = ""
        self._read_s: float | None = None
        self._loads = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Whose chat, what is said, how it stands, the keys."""
        yield TitleBar("watching")
        yield ChatReader(self._watched.read_back)
        yield Static(id="watched")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read on until the screen is left."""
        self.query_one(ChatLog).focus()
        self.run_worker(self._follow(), group="watched")
        self.set_interval(EVERY_S, self._say)
        self._say()
        self._show()

    async def _follow(self) -> None:
        while True:
            pause_s = EVERY_S
            try:
                if await self._watched.read_on():
                    self._show()
                self._trouble, self._read_s = "", time.monotonic()
            except (Forbidden, NotFound) as error:
                self._trouble, pause_s = str(error), REFUSED_EVERY_S
            except RequestError as error:
                self._trouble = str(error)
            self._say()
            await asyncio.sleep(pause_s)

    def _show(self) -> None:
        if self._is_left:
            return
        empty = "Nothing has been said." if self._watched.begun else "Reading…"
        self.query_one(ChatReader).show(self._watched.talk, self._name_of, empty=empty)

    def _say(self) -> None:
        if self._is_left:
            return
        who = f"{self._chat.customer} with {self._name_of(self._agent)}"
        self.query_one(TitleBar).standing = Content.styled(who, "bold")
        words, trouble = self._standing()
        self.set_class(trouble, "-trouble")
        self.query_one("#watched", Static).update(Content(" ".join(words.split())))

    @property
    def _is_left(self) -> bool:
        """Timers run on for a moment when the screen is left and its widgets are gone."""
        return not self.query(TitleBar)

    def _standing(self) -> tuple[str, bool]:
        """How it stands in one line, and whether that is bad."""
        if self._client.state != "online":
            return f"Not connected; as it was {self._age()}.", True
        if self._trouble:
            return f"It cannot be read: {self._trouble}", True
        at = self._now()
        if at is None:
            return "This chat is over.", False
        if at.agent is None:
            return f"{at.customer} waits again{f' at {at.desk}' if at.desk else ''}.", False
        if at.agent != self._agent:
            return f"{self._name_of(at.agent)} has this chat now.", False
        return "live · they do not see you", False

    def _age(self) -> str:
        if self._read_s is None:
            return "before it could be read"
        return f"{round(time.monotonic() - self._read_s)} s ago"

    async def on_chat_log_needs_earlier(self, event: ChatLog.NeedsEarlier) -> None:
        """Load what came before."""
        event.stop()
        if not self._loads.locked():
            self.run_worker(self._load(), group="earlier")

    async def _load(self) -> None:
        async with self._loads:
            try:
                if await self._watched.read_back():
                    self._show()
            except RequestError as error:
                self.notify(f"What came before cannot be loaded: {error}", markup=False)

    # --- what is done --------------------------------------------------------

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_close(self) -> None:
        """Close this chat."""
        chats = self._open()
        self._acts.begin(lambda: self._acts.close(chats))

    def action_transfer(self) -> None:
        """Give this chat to another agent, or to a desk."""
        chats = self._open()
        self._acts.begin(lambda: self._acts.transfer(chats))

    def _open(self) -> list[ChatAt]:
        at = self._now()
        return [] if at is None else [at]
