"""Gathers the messages of all connections into one call of the store at a time.

While a call is under way the next batch gathers, so an idle node stores a message
at once and a busy one pays a round trip a batch.
"""

import asyncio
import logging
from collections.abc import Callable

from imchat.errors import REQUEST_ERRORS, RequestError, Unavailable
from imchat.server.metrics import Metrics
from imchat.store.facts import PostResult
from imchat.store.store import Post, Store

log = logging.getLogger(__name__)

MAX_BATCH = 256

Done = Callable[[PostResult | RequestError], None]


class Poster:
    """Stores messages in the order in which they are submitted."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._pending: list[tuple[Post, Done]] = []
        self._wake = asyncio.Event()

    def submit(self, post: Post, done: Done) -> None:
        """Store a message soon; `done` is called once with what came of it."""
        self._pending.append((post, done))
        self._wake.set()

    async def run(self) -> None:
        """Store what is submitted, until cancelled."""
        while True:
            await self._wake.wait()
            batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
            if not self._pending:
                self._wake.clear()
            await self._store_batch(batch)

    async def _store_batch(self, batch: list[tuple[Post, Done]]) -> None:
        try:
            results = await self._store.post([post for post, _ in batch])
        except Unavailable as error:
            for post, done in batch:
                done(Unavailable(str(error), ref=post.id))
            return
        self._metrics.batches_stored += 1
        for (post, done), result in zip(batch, results, strict=True):
            if result.refused is None:
                self._metrics.messages_stored += 1
                done(result)
            else:
                done(REQUEST_ERRORS[result.refused](result.message, ref=post.id))
