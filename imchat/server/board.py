"""What is pushed coalesced: places in the queue (once a second), snapshots (ten a second)."""

import asyncio
import logging

import msgspec

from imchat import protocol
from imchat.errors import Unavailable
from imchat.server import views
from imchat.server.hub import Hub
from imchat.server.waiting import Told, Waiting
from imchat.store.store import Store

log = logging.getLogger(__name__)

POSITIONS_EVERY_S = 1.0
SNAPSHOTS_EVERY_S = 0.1


class Board:
    """Asks the store for what changed and tells who waits or watches on this node."""

    def __init__(self, store: Store, hub: Hub, waiting: Waiting) -> None:
        self._store = store
        self._hub = hub
        self._waiting = waiting

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
        for queued in await self._store.positions(list(told)):
            chat = queued.chat
            before = told.get(chat.id)
            # Gone from here: what happened to it meanwhile was told as a fact of its own.
            if before is not None and before.position != chat.position:
                told[chat.id] = Told(chat.position, queued.eta_s)
                self._hub.push(chat.customer, views.told(queued))

    async def push_snapshots(self, events: str) -> None:
        """Send a snapshot to who watches whenever anything in it changed, until cancelled."""
        while True:
            await self._hub.watched.wait()
            try:
                await self._while_watched(events)
            except Unavailable:
                await asyncio.sleep(POSITIONS_EVERY_S)

    async def _while_watched(self, events: str) -> None:
        last: protocol.Snapshot | None = None
        read_to = ""
        while self._hub.watchers:
            site = await self._store.site()
            snapshot = views.snapshot(site)
            if last is None or msgspec.structs.replace(last, at=snapshot.at) != snapshot:
                last = snapshot
                frame = protocol.encode(snapshot)
                for outbox in self._hub.watchers:
                    outbox.push(frame)
            await asyncio.sleep(SNAPSHOTS_EVERY_S)
            # Entries are numbered by the store's clock, so none since this snapshot is missed.
            # Waits and counts change without an event: look at least once a second.
            read_to = read_to or f"{site.at - 1}"
            read_to, _ = await self._store.read_events(
                events, read_to, block_ms=round(POSITIONS_EVERY_S * 1000)
            )
