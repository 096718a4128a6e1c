"""Asks the server for its measures again and again, while somebody looks at them."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Literal

from imchat import protocol
from imchat.client import Client
from imchat.errors import BadFrame, Forbidden, RequestError
from imchat.ids import Uid

Days = Literal[1, 7]

EVERY_S = 15.0
AGAIN_S = 3.0
REFUSED_S = 60.0
"""A server that knows no reports may be a newer one later."""
LATE_S = 2 * EVERY_S
"""So long without a reply, and what is shown is old."""
SETTLED_S = 0.15
"""A cursor that moves on sooner asks for nobody."""


class ReportsPoll:
    """`missing` says why there is no report, `trouble` why it is old.

    `look_at()` says whose days are wanted too, which `of()` then has.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._again = asyncio.Event()
        self._moved = asyncio.Event()
        self._reports: dict[Days, protocol.Report] = {}
        self._of: dict[Uid, protocol.Report] = {}
        self._agent: Uid | None = None
        self.days: Days = 1
        self.missing = "Reading…"
        self._refusal = ""
        self._heard_s = time.monotonic()

    @property
    def trouble(self) -> str:
        """The client asks again and again by itself, so silence is trouble too."""
        is_late = time.monotonic() - self._heard_s > LATE_S
        return self._refusal or ("The server does not answer" if is_late else "")

    @property
    def report(self) -> protocol.Report | None:
        """By agent; its `daily` is that of all."""
        return self._reports.get(self.days)

    def of(self, agent: Uid) -> protocol.Report | None:
        """Of one agent; its `daily` is the agent's."""
        return self._of.get(agent)

    def ask_again(self) -> None:
        """Ask at once: there is a new connection."""
        self._again.set()

    def next_days(self) -> None:
        """The other number of days."""
        self.days = 7 if self.days == 1 else 1
        self.ask_again()

    def look_at(self, agent: Uid | None) -> None:
        """Ask for the days of this agent soon, and from now on."""
        if agent != self._agent:
            self._agent = agent
            self._moved.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Ask for all until cancelled, and call `changed` after each reply."""
        while True:
            self._again.clear()
            pause_s = await self._ask()
            changed()
            self._moved.set()
            with contextlib.suppress(TimeoutError):  # then it is time again
                await asyncio.wait_for(self._again.wait(), pause_s)

    async def run_of_one(self, changed: Callable[[], None]) -> None:
        """The same of the one that is looked at."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(SETTLED_S)
            self._moved.clear()
            agent = self._agent
            if agent is None or not self._reports:
                continue
            with contextlib.suppress(RequestError):  # who asks for all says why
                self._of[agent] = await self._client.report(agent=agent)
                changed()

    async def _ask(self) -> float:
        """Ask once; gives the seconds until the next time."""
        days = self.days
        try:
            report = await self._client.report(days=days)
        except (Forbidden, BadFrame) as error:
            self._reports.clear()
            self._heard_s = time.monotonic() + REFUSED_S
            knows_it = isinstance(error, Forbidden)
            self._refusal = ""
            self.missing = str(error) if knows_it else "This server is too old to tell reports."
            return REFUSED_S
        except RequestError as error:
            self._refusal = " ".join(str(error).split())
            return AGAIN_S
        self._reports[days] = report
        self._heard_s = time.monotonic()
        self._refusal, self.missing = "", "Reading…"
        return EVERY_S
