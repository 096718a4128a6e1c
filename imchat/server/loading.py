"""Whether a node serves yet: it listens before its store has loaded its data."""

import asyncio
import random

from imchat.errors import Unavailable

PATIENCE_S = 6.0, 8.0
"""How long a hello waits: it is answered before its client gives up, ours after 10 s."""


class Loading:
    """The time from when a node listens until it serves."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the store may be asked, under the node's lease."""
        return self._over.is_set()

    def end(self) -> None:
        """From now on it may."""
        self._over.set()

    async def over(self) -> None:
        """Wait until it may."""
        await self._over.wait()

    async def over_soon(self) -> None:
        """Wait until it may, as long as a hello can. Raises Unavailable.

        Those who came at once are not sent away at once, as they would all be back at once.
        """
        try:
            async with asyncio.timeout(random.uniform(*PATIENCE_S)):
                await self._over.wait()
        except TimeoutError:
            raise Unavailable("the store is still loading; come again soon") from None
