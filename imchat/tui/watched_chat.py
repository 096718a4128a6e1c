"""A conversation of two others, page by page as the server gives it. No I/O of its own."""

from imchat.client import Client, Conversation
from imchat.ids import Uid

FIRST_PAGE = 100
PAGE = 100
NOBODY = Uid("")
"""Who watches is neither of the two."""


class WatchedChat:
    """Reads a conversation from its newest page on, forwards and backwards."""

    def __init__(self, client: Client, customer: Uid, agent: Uid) -> None:
        self._client = client
        self._between = (customer, agent)
        self.conversation = Conversation(NOBODY, customer, last_seq=None)

    async def read_on(self) -> bool:
        """Take what is new; whether there was anything. Raises a RequestError."""
        known = self.conversation
        if not known.begun:
            return await self._begin()
        before = known.last_seq
        page = await self._client.transcript(self._between, after=before, limit=PAGE)
        to = page.messages[-1].seq if page.more and page.messages else page.last_seq
        known.heal(page.messages, to=to)
        return known.last_seq != before

    async def read_back(self) -> bool:
        """Take the page before what is known; whether there was one. Raises a RequestError."""
        known = self.conversation
        if not (known.begun and known.has_earlier):
            return False
        page = await self._client.transcript(
            self._between, before=known.first_seq, limit=PAGE
        )
        known.prepend(page.messages, more=page.more)
        return True

    async def _begin(self) -> bool:
        page = await self._client.transcript(self._between, limit=FIRST_PAGE)
        known = self.conversation
        known.begin(page.messages[0].seq - 1 if page.messages else page.last_seq)
        known.heal(page.messages, to=page.last_seq)
        known.has_earlier = page.more
        return bool(page.messages)
