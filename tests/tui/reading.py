"""A conversation on a screen of its own, without a server, for tests of how it is shown."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage
from imchat.tui import theme
from imchat.tui.talk import Overheard, Talk
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader

ANN, BOB = Uid("ann"), Uid("bob")
FIRST_AT_MS = 1_700_000_000_000


def said(
    seq: int, body: str = "", *, sender: Uid = BOB, at: int | None = None
) -> StoredMessage:
    """A stored message of a conversation; one a minute."""
    return StoredMessage(
        chat=ChatId("1"), seq=seq, id=f"id-{sender}-{seq}", sender=sender,
        to=ANN if sender == BOB else BOB, body=body or f"message {seq}",
        at=FIRST_AT_MS + seq * 60_000 if at is None else at,
    )


def overheard(messages: Sequence[StoredMessage]) -> Overheard:
    """A conversation of these messages, from Ann's side."""
    return Overheard(messages, me=ANN)


class ReaderApp(App[None]):
    """Nothing but a conversation."""

    def __init__(self, load_earlier: Callable[[], Awaitable[object]] | None = None) -> None:
        super().__init__()
        self._load_earlier = load_earlier

    def compose(self) -> ComposeResult:
        yield ChatReader(self._load_earlier)

    def on_mount(self) -> None:
        for colours in (theme.DARK, theme.LIGHT):
            self.register_theme(colours)
        self.theme = theme.DARK.name

    @property
    def chat_log(self) -> ChatLog:
        return self.query_one(ChatLog)

    def show(self, talk: Talk | None, *, empty: str = "nothing") -> None:
        """Show it as it is now."""
        self.query_one(ChatReader).show(talk, str.title, empty=empty)

    def rows(self) -> list[str]:
        """The rows of the log as they stand on the screen, without what is beside the text."""
        log = self.chat_log
        height = log.scrollable_content_region.height
        return [log.render_line(y).text.rstrip() for y in range(height)]


@contextlib.asynccontextmanager
async def reading(
    talk: Talk | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    load_earlier: Callable[[], Awaitable[object]] | None = None,
) -> AsyncIterator[tuple[ReaderApp, Pilot[None]]]:
    """The conversation on the screen, the log having the focus."""
    app = ReaderApp(load_earlier)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        app.show(talk)
        app.chat_log.focus()
        await pilot.pause()
        yield app, pilot
