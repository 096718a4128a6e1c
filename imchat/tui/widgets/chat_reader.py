"""A conversation to read: the log, the bar that finds in it, and its links."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from imchat.errors import RequestError
from imchat.ids import Uid
from imchat.tui.talk import Talk
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.find_bar import FindBar
from imchat.tui.widgets.open_link import OpenLink, open_in_browser


class ChatReader(Vertical):
    """Shows one conversation at a time; for who writes in it, and for who only reads.

    `load_earlier` puts what came before in front of what is shown, for who looks for
    something that is not there yet; without it one finds in what is there.
    """

    DEFAULT_CSS = """
    ChatReader { width: 1fr; height: 1fr; }
    ChatReader ChatLog { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end_find", "Stop finding", id="end_find", show=False),
    ]

    def __init__(self, load_earlier: Callable[[], Awaitable[object]] | None = None) -> None:
        super().__init__()
        self._load_earlier = load_earlier
        self._talk: Talk | None = None
        self._name_of: Callable[[Uid], str] = str
        self._empty = ""
        self._looks_further = False
        """Whether what came before is being loaded to find something in it."""
        self._found_from: Widget | None = None
        """Where the keys were when one began to look for something."""

    def compose(self) -> ComposeResult:
        """The log; below it the bar, when something is looked for."""
        yield ChatLog()
        yield FindBar()

    @property
    def chat_log(self) -> ChatLog:
        """The log itself."""
        return self.query_one(ChatLog)

    def show(self, talk: Talk | None, name_of: Callable[[Uid], str], *, empty: str) -> None:
        """Show a conversation as it is now, or the `empty` words where there is nothing."""
        if talk is not self._talk:
            self._close_find()
        self._talk, self._name_of, self._empty = talk, name_of, empty
        self._show()

    def _show(self) -> None:
        self.chat_log.show(self._talk, self._name_of, empty=self._empty)
        self._say_found()

    # --- finding -------------------------------------------------------------

    def action_find(self) -> None:
        """Look for something; Escape goes back to where one was."""
        bar = self.query_one(FindBar)
        if not bar.has_focus_within:
            self._found_from = self.screen.focused
        bar.open()

    def on_find_bar_looked(self, event: FindBar.Looked) -> None:
        """Go to the newest place of it."""
        event.stop()
        self._stop_loading()
        self.chat_log.look_for(event.query)
        self._say_found()

    def on_find_bar_stepped(self, event: FindBar.Stepped) -> None:
        """Go to another."""
        event.stop()
        self._step(event.step)

    def on_find_bar_left(self, event: FindBar.Left) -> None:
        """Read on, where it was found; with nothing to look for, go back."""
        event.stop()
        before = self._found_from if event.closed else None
        (before if before is not None and before.focusable else self.chat_log).focus()
        if event.closed:
            self._close_find()
        elif not self.chat_log.found[1]:
            self._step(-1)
        else:
            self.call_after_refresh(self._say_found)

    def action_end_find(self) -> None:
        """Look for nothing any more."""
        self._close_find()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is looked for, the key that ends it is for others."""
        return action != "end_find" or self.query_one(FindBar).is_open

    def _close_find(self) -> None:
        self._stop_loading()
        self.query_one(FindBar).close()
        self.chat_log.look_for("")

    def _step(self, step: int) -> None:
        self._stop_loading()
        if not self.chat_log.step(step) and step < 0 and self._can_load:
            self._looks_further = True
            self.run_worker(self._find_earlier(), group="find", exclusive=True)
        self._say_found()

    @property
    def _can_load(self) -> bool:
        return bool(self._load_earlier and self._talk and self._talk.has_earlier)

    async def _find_earlier(self) -> None:
        """Load what came before, page by page, until it is found there."""
        assert self._load_earlier is not None
        bar, talk = self.query_one(FindBar), self._talk
        bar.say("looking in earlier messages… Esc stops")
        try:
            while self._talk is talk and self._can_load:
                known = len(self.chat_log.lines)
                await self._load_earlier()
                self.chat_log.show(talk, self._name_of, empty=self._empty)
                if self.chat_log.step(-1) or len(self.chat_log.lines) == known:
                    break
        except RequestError as error:
            self.notify(f"What came before cannot be loaded: {error}", markup=False)
        self._looks_further = False
        self._say_found()

    def _stop_loading(self) -> None:
        self._looks_further = False
        self.workers.cancel_group(self, "find")

    def _say_found(self) -> None:
        bar = self.query_one(FindBar)
        if bar.is_open and not self._looks_further:
            number, count = self.chat_log.found
            keys = "n older · N newer" if self.chat_log.has_focus else "↑ older · ↓ newer"
            bar.say(f"{number} of {count} · {keys}" if count else "not found")

    # --- the rest ------------------------------------------------------------

    def action_first_unread(self) -> None:
        """Go to the first message that was not read."""
        self.chat_log.action_first_unread()

    def action_links(self) -> None:
        """Choose among the links on the screen."""
        self._ask_to_open(self.chat_log.links_in_sight())

    def on_chat_log_link_chosen(self, event: ChatLog.LinkChosen) -> None:
        """A link was clicked."""
        event.stop()
        self._ask_to_open([event.url])

    def on_chat_log_asked(self, event: ChatLog.Asked) -> None:
        """A key of the log asks for what is done here."""
        event.stop()
        match event.what:
            case "find":
                self.action_find()
            case "older" | "newer":
                self._step(-1 if event.what == "older" else 1)
            case "links":
                self.action_links()

    def _ask_to_open(self, urls: list[str]) -> None:
        def chosen(url: str | None) -> None:
            if url is not None:
                self.run_worker(open_in_browser(url), group="open")

        if urls:
            self.app.push_screen(OpenLink(urls), chosen)
        else:
            self.notify("There is no link on the screen.", timeout=2)
