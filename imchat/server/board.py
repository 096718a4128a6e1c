"""What is pushed coalesced: places in the queue once a second, snapshots and the log ten times."""

import asyncio
import logging

from imchat.errors import Unavailable
from imchat.server import views
from imchat.server.hub import Hub
from imchat.server.waiting import Told, Waiting
from imchat.server.watching import Watching
from imchat.store.events import Position
from imchat.store.store import Store

log = logging.getLogger(__name__)

POSITIONS_EVERY_S = 1.0
SNAPSHOTS_EVERY_S = 0.1
LOOK_EVERY_S = 1.0
"""Waits grow and messages are counted without an event."""


class Board:
    """Asks the store for what changed and tells who waits or watches on this node."""

    def __init__(self, store: Store, hub: Hub, waiting: Waiting, watching: Watching) -> None:
        self._store = store
        self._hub = hub
        self._waiting = waiting
        self._watching = watching

    async def push_positions(self) -> None:
        """Tell the waiting customers of this node whenever they move up, until cancelled."""
        while True:
            await asyncio.sleep(POSITIONS_EVERY_S)
            if self._waiting.told:
                try:
                    await self._push_moved()
                except Unavailable:
                    log.debug("positions wait for the store")

    async def _push_moved(self) -> None:
        told = self._waiting.told
        asked = dict(told)
        for queued in await self._store.positions(list(asked)):
            chat = queued.chat
            asked.pop(chat.id, None)
            before = told.get(chat.id)
            # Gone from here: what happened to it meanwhile was told as a fact of its own.
            if before is not None and before.position != chat.position:
                told[chat.id] = Told(chat.position, queued.eta_s)
                self._hub.push(chat.customer, views.told(queued))
        for id, before in asked.items():
            self._waiting.forget(id, before)

    async def push_snapshots(self, events: str) -> None:
        """Send a snapshot to who watches whenever anything in it changed, until cancelled.

        And to those who asked what happens, which `events` is the stream of.
        """
        while True:
            await self._watching.begun.wait()
            try:
                await self._while_watched(events)
            except Unavailable:
                await asyncio.sleep(LOOK_EVERY_S)

    async def _while_watched(self, stream: str) -> None:
        read_to: Position | None = None
        while self._watching.begun.is_set():
            site = await self._store.site()
            self._watching.show(views.snapshot(site))
            await asyncio.sleep(SNAPSHOTS_EVERY_S)
            # Entries are numbered by the store's clock, so none since this snapshot is missed.
            read_to = read_to or (site.at - 1, 0)
            after = self._watching.heard_by_all(read_to)
            happened = await self._store.read_events(
                stream, after, block_ms=round(LOOK_EVERY_S * 1000)
            )
            self._watching.tell(after, happened)
            if happened:
                read_to = max(read_to, happened[-1].position)
