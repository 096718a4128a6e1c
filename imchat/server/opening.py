"""Opens the store of a server, which may take a while to load its data."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from imchat.errors import Unavailable
from imchat.server.together import beside
from imchat.settings import ServerSettings
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Rules, Store

POLL_S = 0.05


class Opening:
    """A store on its way: it is there, and may be asked once `done()` is over.

    Use `opening()`. One that is `patient` waits also for a store that does not answer at all.
    """

    def __init__(self, url: str, store: Store, *, patient: bool) -> None:
        self.url = url
        self.store = store
        self._patient = patient

    async def done(self) -> None:
        """Wait until the store has loaded, and put the library in.

        Raises SetupError when it cannot be used, and Unavailable when it ends before; if patient,
        not the latter.
        """
        library = self.store.library
        while True:
            try:
                if await library.can_be_loaded():
                    await library.load()
                    return
            except Unavailable:
                if not self._patient:
                    raise
            await asyncio.sleep(POLL_S)


@contextlib.asynccontextmanager
async def opening(settings: ServerSettings, *, patient: bool = False) -> AsyncIterator[Opening]:
    """The store of these settings; an embedded one runs until the end of the block.

    Raises SetupError when it cannot be started or used, also later, and Unavailable when
    the store of `redis` does not answer and we are not patient.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = settings.redis
        if url is None:
            embedded = EmbeddedStore(settings.data_dir)
            stack.push_async_callback(embedded.stop)
            await embedded.begin()
            await stack.enter_async_context(beside(_keep(embedded)))
            url = embedded.url
        rules = Rules(
            history_days=settings.history_days,
            grace_s=settings.grace_s,
            max_queue=settings.max_queue,
        )
        store = await stack.enter_async_context(Store(url, site=settings.site, rules=rules))
        if settings.redis is not None and not patient:
            await store.library.can_be_loaded()  # what is wrong with it is said at once
        yield Opening(url, store, patient=patient or settings.redis is None)


async def _keep(embedded: EmbeddedStore) -> None:
    await embedded.loaded()
    await embedded.supervise()
