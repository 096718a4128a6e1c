"""Composes the parts of a server, starts and stops them in order, owns every task."""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator

from imchat import tokens
from imchat.analytics.report.lately import Lately
from imchat.errors import Unavailable
from imchat.protocol import CloseCode
from imchat.server.board import Board
from imchat.server.colleagues import Colleagues
from imchat.server.gateway import Gateway
from imchat.server.hub import Hub
from imchat.server.inbox import Inbox
from imchat.server.janitor import Janitor
from imchat.server.limits import Limits
from imchat.server.loading import Loading
from imchat.server.metrics import Metrics
from imchat.server.opening import Opening, opening
from imchat.server.port import url_of
from imchat.server.poster import Poster
from imchat.server.services import Services
from imchat.server.together import beside
from imchat.server.waiting import Waiting
from imchat.server.watching import Watching
from imchat.settings import ServerSettings
from imchat.store import facts

log = logging.getLogger(__name__)

GARBAGE = 2_000, 10, 50
"""When Python looks for cycles: at all objects only after a million more of them. Each
look at those of thousands of connections keeps everybody waiting for a while, and while
as many come at once Python would look again and again."""


class Node:
    """A running server: `port` it listens on, `store_url` of the store it uses.

    Any number of nodes may run against one store. Use `running()` or `listening()`.
    """

    def __init__(self, settings: ServerSettings, services: Services, opened: Opening) -> None:
        self.port = settings.port
        self.store_url = opened.url
        self._settings = settings
        self._services = services
        self._opened = opened
        self._joins = False  # whether the store may know it
        self._inbox = Inbox(services.store, services.hub, services.waiting)
        self._board = Board(
            services.store, services.hub, services.waiting, services.watching
        )
        self._janitor = Janitor(services.store, lambda: self._inbox.read_to)

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return url_of(self._settings.host, self.port)

    @property
    def name(self) -> str:
        """What it is called; another name when it was declared dead."""
        return self._services.node

    async def ready(self) -> None:
        """Wait until it serves those whom it lets in."""
        await self._services.loading.over()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Serve until the end of the block, then close the clients with 1001 and retire.

        It listens at once, and lets clients in when the store has loaded. An error of any
        task ends the block with it.
        """
        services = self._services
        try:
            async with beside(self._serve()), Gateway(services).listen() as self.port:
                yield
        finally:
            if self._joins:
                with contextlib.suppress(Unavailable):  # the lease runs out by itself as well
                    await services.store.retire(services.node)

    async def _serve(self) -> None:
        """All that is done beside the connections, and nothing of it before the store is there."""
        services = self._services
        await self._opened.done()
        self._joins = True
        lease = await self._janitor.take_lease(services.node)
        work = (
            services.poster.run(),
            self._live(lease),
            self._janitor.sweep(),
            self._janitor.fold(),
            self._board.push_positions(),
            self._board.push_snapshots(lease.events),
        )
        async with beside(*work):
            services.loading.end()
            log.info("ready")
            await asyncio.Event().wait()  # until cancelled

    async def _live(self, lease: facts.Lease) -> None:
        """Read the inbox under a lease; begin a new life when this one was declared over."""
        services = self._services
        while True:
            async with beside(self._inbox.run(lease.inbox)):
                await self._janitor.hold_lease(services.node)
            name = new_name()
            lease = await self._janitor.take_lease(name)
            services.node = name
            # Only now, so that they come back to a node that lives.
            services.hub.close_all(CloseCode.GOING_AWAY, "this node was declared dead")


def new_name() -> str:
    """A name for a node that no other had."""
    return f"{socket.gethostname().partition('.')[0]}-{os.getpid()}-{secrets.token_hex(3)}"


@contextlib.asynccontextmanager
async def listening(settings: ServerSettings, *, patient: bool = False) -> AsyncIterator[Node]:
    """A node that listens, and serves once its store has loaded; it is stopped with the block.

    Raises SetupError when it cannot start, also later, and Unavailable when the store of
    `redis` does not answer; who is `patient` waits for that one instead.
    """
    gc.set_threshold(*GARBAGE)
    async with opening(settings, patient=patient) as opened:
        metrics = Metrics()
        store = opened.store
        services = Services(
            settings=settings,
            secret=tokens.ensure_secret(settings.data_dir),
            node=new_name(),
            store=store,
            hub=Hub(),
            poster=Poster(store, metrics),
            waiting=Waiting(),
            watching=Watching(),
            limits=Limits(settings.rate),
            metrics=metrics,
            loading=Loading(),
            lately=Lately(store),
            colleagues=Colleagues(store),
        )
        node = Node(settings, services, opened)
        async with node.listening():
            log.info("listening on %s", node.url)
            yield node


@contextlib.asynccontextmanager
async def running(settings: ServerSettings) -> AsyncIterator[Node]:
    """The same, once it serves."""
    async with listening(settings) as node:
        await node.ready()
        yield node
