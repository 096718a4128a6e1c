"""Who is there, for the many agents who ask."""

import asyncio
import time

from imchat.store import facts
from imchat.store.store import Store

FRESH_S = 1.0


class Colleagues:
    """Reads the store when it is asked, unless it did a moment ago; who comes meanwhile waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._site: facts.Site | None = None
        self._until = 0.0

    async def site(self) -> facts.Site:
        """How it is now, or was FRESH_S ago at most. Raises Unavailable."""
        async with self._lock:
            if self._site is None or time.monotonic() >= self._until:
                self._site = await self._store.site()
                self._until = time.monotonic() + FRESH_S
            return self._site
