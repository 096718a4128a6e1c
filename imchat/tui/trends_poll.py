"""Asks the server for its trends whenever a step of them is over."""

import asyncio
import contextlib
from collections.abc import Callable

from imchat import protocol
from imchat.client import Client
from imchat.errors import Forbidden, RequestError

AFTER_STEP_S = 0.3
AGAIN_S = 3.0
REFUSED_S = 60.0
"""A server that knows no trends may be a newer one later."""


class TrendsPoll:
    """`trends` are the newest; `missing` says why there are none, `trouble` why they are old."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._again = asyncio.Event()
        self.trends: protocol.Trends | None = None
        self.missing = "Reading…"
        self.trouble = ""
        self.refused = False
        """Whether the server keeps no trends at all."""

    def ask_again(self) -> None:
        """Ask at once: there is a new connection."""
        self._again.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Ask until cancelled, and call `changed` after each reply."""
        while True:
            self._again.clear()
            pause_s = await self._ask()
            changed()
            with contextlib.suppress(TimeoutError):  # then a step is over
                await asyncio.wait_for(self._again.wait(), pause_s)

    async def _ask(self) -> float:
        """Ask once; gives the seconds until the next time."""
        try:
            trends = await self._client.trends()
        except Forbidden:
            self.trends, self.trouble, self.refused = None, "", True
            self.missing = "This server keeps no trends."
            return REFUSED_S
        except RequestError as error:
            self.trouble = " ".join(str(error).split())
            return AGAIN_S
        self.trends, self.trouble, self.refused = trends, "", False
        self.missing = "Nobody has asked yet."
        step_ms = trends.step_s * 1000
        return (step_ms - trends.at % step_ms) / 1000 + AFTER_STEP_S
