"""A steady load: agents whose slots are all full, customers of whom some always wait.

All are real clients in this process. Chats begin, are talked in and closed all the time, so
there is always something under way when a fault strikes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from imchat.errors import ImchatError
from imchat.ids import Uid
from tests.faults.bots import Bot, Shape, Stage
from tests.faults.ledger import Ledger
from tests.support import eventually

Token = Callable[[str, str], str]
"""Makes a token of a role and a uid."""


class Load:
    """Use `loading()`. Each bot connects to the next of the given URLs."""

    def __init__(self, urls: Sequence[str], token: Token, shape: Shape) -> None:
        self.stage = Stage(shape=shape, ledger=Ledger())
        names = [("agent", f"agent-{n}") for n in range(shape.agents)]
        names += [("customer", f"customer-{n}") for n in range(shape.slots + shape.waiting)]
        self.bots = [
            Bot(self.stage, role, Uid(uid), urls[n % len(urls)], token(role, uid))
            for n, (role, uid) in enumerate(names)
        ]

    @property
    def active(self) -> int:
        """Chats at work, as their customers know them."""
        return sum(
            chat.agent is not None
            for bot in self.bots
            for chat in bot.client.chats.values()
            if chat.customer == bot.uid
        )

    @property
    def online(self) -> int:
        """Bots with a connection."""
        return sum(bot.client.state == "online" for bot in self.bots)

    async def full(self) -> None:
        """Wait until (nearly) all slots are taken."""
        wanted = 0.95 * self.stage.shape.slots
        await eventually(lambda: self.active >= wanted, "all slots are full", timeout=60)

    async def all_online(self, *, timeout: float = 45) -> None:
        """Wait until everybody has a connection."""
        await eventually(
            lambda: self.online == len(self.bots), "everybody is back", timeout=timeout
        )

    async def hush(self, *, timeout: float) -> None:
        """Have nobody say any more, and wait until all that was said is answered."""
        self.stage.quiet.set()
        await eventually(
            lambda: all(bot.is_quiet for bot in self.bots), "all is quiet", timeout=timeout
        )


@contextlib.asynccontextmanager
async def loading(urls: Sequence[str], token: Token, shape: Shape) -> AsyncIterator[Load]:
    """A load until the end of the block."""
    load = Load(urls, token, shape)

    async def live(bot: Bot) -> None:
        try:
            await bot.live()
        except* ImchatError as errors:
            load.stage.faults.append(f"{bot.uid} ended: {errors.exceptions[0]}")

    bots = [asyncio.create_task(live(bot)) for bot in load.bots]
    try:
        yield load
        for bot in bots:
            if bot.done():
                bot.result()
    finally:
        for bot in bots:
            bot.cancel()
        await asyncio.gather(*bots, return_exceptions=True)
