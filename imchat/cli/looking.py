"""The store of a site, for the commands that look at what is in it."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imchat.settings import ServerSettings
    from imchat.store.store import Store


@contextlib.asynccontextmanager
async def opened_site(site: "ServerSettings") -> "AsyncIterator[Store]":
    """The store of `redis`, or the server's own, whether or not that runs, with the library in it.

    Raises SetupError when there is none, and Unavailable.
    """
    from imchat.store.embedded import running_store
    from imchat.store.store import Store

    with contextlib.ExitStack() as stack:
        url = site.redis or stack.enter_context(running_store(site.data_dir))
        async with Store(url, site=site.site) as store:
            await store.library.load()
            yield store
