"""Renews the node's lease, sweeps up after lost connections and dead nodes, counts events."""

import asyncio
import logging
from collections.abc import Callable

from imchat.errors import Unavailable
from imchat.store import facts
from imchat.store.store import SWEEP_LIMIT, Store

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 0.5
RENEWALS_A_LEASE = 5
FOLD_EVERY_S = 1.0


class Janitor:
    """One for each node; any number of them may sweep one site."""

    def __init__(self, store: Store, read_to: Callable[[], str]) -> None:
        self._store = store
        self._read_to = read_to

    async def take_lease(self, node: str) -> facts.Lease:
        """Begin the lease of a node as soon as the store answers."""
        while True:
            try:
                return await self._store.lease(node, join=True)
            except Unavailable:
                log.warning("node %s waits for the store", node)
                await asyncio.sleep(SWEEP_EVERY_S)

    async def hold_lease(self, node: str) -> None:
        """Renew the lease; returns when the node was declared dead meanwhile."""
        while True:
            await asyncio.sleep(self._store.rules.lease_s / RENEWALS_A_LEASE)
            try:
                lease = await self._store.lease(node, read_to=self._read_to())
            except Unavailable:
                log.warning("the lease waits for the store")
                continue
            if not lease.held:
                log.error("node %s was declared dead; its connections start anew", node)
                return

    async def sweep(self) -> None:
        """Act on dead nodes and graces that are over, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                while await self._store.sweep() >= SWEEP_LIMIT:
                    pass
            except Unavailable:
                log.debug("the sweep waits for the store")

    async def fold(self) -> None:
        """Count what happens into the roll-ups and trends, until cancelled.

        Of a crowd of events no more than half of the store's time is taken.
        """
        clock = asyncio.get_running_loop().time
        while True:
            pause = FOLD_EVERY_S
            began = clock()
            try:
                if (await self._store.fold()).more:
                    pause = clock() - began
            except Unavailable:
                log.debug("the fold waits for the store")
            await asyncio.sleep(pause)
