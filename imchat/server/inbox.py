"""Tails the node's stream: fact, frame, hub."""

import asyncio
import logging

from imchat.errors import Unavailable
from imchat.server import views
from imchat.server.hub import Hub
from imchat.server.waiting import Waiting
from imchat.store.store import Store

log = logging.getLogger(__name__)

RETRY_S = 0.2


class Inbox:
    """What the connections of this node must hear, in the order in which it happened."""

    def __init__(self, store: Store, hub: Hub, waiting: Waiting) -> None:
        self.read_to = "0"
        """The id of the last entry that was passed on."""
        self._store = store
        self._hub = hub
        self._waiting = waiting

    async def run(self, stream: str) -> None:
        """Pass on what comes, until cancelled. A store that is away is waited for."""
        self.read_to = "0"
        while True:
            try:
                read_to, heard = await self._store.read_inbox(stream, self.read_to)
            except Unavailable:
                await asyncio.sleep(RETRY_S)
                continue
            for entry in heard:
                self._waiting.note(entry.fact)
                self._hub.push(entry.to, views.told(entry.fact), skip=entry.skip)
            self.read_to = read_to
