"""A conversation of two others, page by page as the server gives it."""

from typing import Protocol

from imchat.ids import Uid
from imchat.protocol import History, StoredMessage
from imchat.tui.talk import Overheard

PAGE = 100


class ReadPage(Protocol):
    """Asks the server for a page, exclusive of `after` and `before`; neither is the newest."""

    async def __call__(
        self, *, after: int | None = None, before: int | None = None, limit: int
    ) -> History: ...


class PagedTalk:
    """Reads a conversation from its newest page on, forwards and backwards.

    `talk` is what is known of it, from the side of `me`; `begun` whether anything was read.
    """

    def __init__(self, read: ReadPage, *, me: Uid) -> None:
        self._read = read
        self._messages: list[StoredMessage] = []
        self._last_seq = 0
        self.talk = Overheard(self._messages, me=me)
        self.begun = False

    async def read_on(self) -> bool:
        """Take what is new; whether there was anything. Raises a RequestError."""
        after = self._last_seq if self.begun else None
        page = await self._read(after=after, limit=PAGE)
        is_all = not (self.begun and page.more and page.messages)
        self._last_seq = page.last_seq if is_all else page.messages[-1].seq
        if not self.begun:
            self.begun, self.talk.has_earlier = True, page.more
        self._messages += page.messages
        return bool(page.messages)

    async def read_back(self) -> bool:
        """Take the page before what is known; whether there was one. Raises a RequestError."""
        if not (self._messages and self.talk.has_earlier):
            return False
        first = self._messages[0].seq
        page = await self._read(before=first, limit=PAGE)
        self.talk.has_earlier = page.more
        self._messages[:0] = page.messages
        return True
