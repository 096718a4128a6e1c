"""The show: a server, the team, the customers that come, and the check at the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from imchat import protocol, tokens
from imchat.demo import cast
from imchat.demo.accounts import Account
from imchat.demo.bots import AgentBot, CustomerBot
from imchat.demo.dialogues import Side
from imchat.demo.summary import Summary
from imchat.demo.waits import either
from imchat.errors import first_cause
from imchat.ids import Uid
from imchat.server.node import Node, running
from imchat.settings import ServerSettings
from imchat.store.store import Store

TOKEN_TTL_S = 30 * 86_400
WIND_UP_S = 20.0
CUSTOMER_CLOSES = 0.6
OPENING = 0.85
"""So full is the house when the curtain rises: there is something to see at once."""
CHAT_S = 14.0
"""About what a chat takes."""


@dataclass(slots=True)
class Visit:
    """A customer's errand; both sides play it and hand in their accounts."""

    part: cast.Part
    closer: Side
    chat: protocol.Chat | None = None
    """Once it has an agent."""
    accounts: dict[Side, Account] = field(default_factory=dict)

    @property
    def uid(self) -> Uid:
        """The customer's."""
        return self.part.person.uid


class Stage:
    """What the bots share. Use `on_stage()`."""

    def __init__(self, node: Node, settings: ServerSettings, summary: Summary) -> None:
        self.url = node.url
        self.store_url = node.store_url
        self.summary = summary
        self.random = Random()
        self.visits: dict[Uid, Visit] = {}
        self.hurry = asyncio.Event()
        """The show is to end: nobody pauses any more, who waits goes home."""
        self.opened = asyncio.Event()
        """The team is at work and the first customers are in the house."""
        self._settings = settings
        self._secret = tokens.read_secret(settings.data_dir)
        self._casting = cast.Casting(self.random)
        self._left = asyncio.Event()
        self._on_break = 0
        self._began = asyncio.get_running_loop().time()

    def token(self, identity: tokens.Identity) -> str:
        """A token that outlives the show."""
        return tokens.mint(self._secret, identity, ttl_s=TOKEN_TTL_S)

    async def pause(self, seconds: float, *, unless: asyncio.Event | None = None) -> None:
        """Wait so long, but not if the show is to end or the event comes first."""
        events = (self.hurry, unless) if unless else (self.hurry,)
        await either(*(event.wait() for event in events), within_s=seconds)

    @contextlib.asynccontextmanager
    async def break_room(self) -> AsyncIterator[bool]:
        """Gives whether an agent may go away now: few at a time, and never the last one."""
        has_room = self._on_break < self.summary.agents // 8 + (self.summary.agents > 1)
        self._on_break += has_room
        self.summary.breaks += has_room
        try:
            yield has_room
        finally:
            self._on_break -= has_room

    # --- who comes and goes --------------------------------------------------

    @contextlib.asynccontextmanager
    async def performing(self) -> AsyncIterator[None]:
        """Have the team at work and customers coming until the end of the block."""
        team = [AgentBot(self, identity) for identity in cast.team(self.summary.agents)]
        async with asyncio.TaskGroup() as self._tasks:
            workers = [self._tasks.create_task(agent.work()) for agent in team]
            self._coming = self._tasks.create_task(self._open(team))
            try:
                yield
            finally:
                for task in (self._coming, *workers):
                    task.cancel()

    async def _open(self, team: list[AgentBot]) -> None:
        for agent in team:
            await agent.arrived()
        self._admit(self._opening_crowd())
        self.opened.set()
        await self._come()

    def _opening_crowd(self) -> int:
        slots = self.summary.agents * self._settings.capacity
        return round(OPENING * min(slots, self.summary.rate * CHAT_S))

    async def _come(self) -> None:
        """Customers come one by one, independently of each other: a Poisson process."""
        loop = asyncio.get_running_loop()
        at = loop.time()
        while True:
            at += self.random.expovariate(self.summary.rate)
            await asyncio.sleep(at - loop.time())
            self._admit(1)

    def _admit(self, count: int) -> None:
        for _ in range(count):
            closer: Side = "customer" if self.random.random() < CUSTOMER_CLOSES else "agent"
            visit = Visit(self._casting.next_part(), closer)
            self.visits[visit.uid] = visit
            self._tasks.create_task(self._receive(visit))

    async def _receive(self, visit: Visit) -> None:
        try:
            await CustomerBot(self, visit).visit()
        except Exception as error:  # noqa: BLE001 (the show goes on, the fault is told at its end)
            self.summary.fault(f"customer {visit.uid} broke down: {first_cause(error)!r}")
            self.leave(visit)

    def leave(self, visit: Visit) -> None:
        """The customer is gone."""
        if self.visits.get(visit.uid) is visit:
            del self.visits[visit.uid]
            self._casting.farewell(visit.part.person)
            self._left.set()

    def settle(self, visit: Visit, side: Side, account: Account) -> None:
        """Take the account of a side; with the second the chat is done."""
        visit.accounts[side] = account
        if len(visit.accounts) == 2:
            language = visit.part.dialogue.language
            self.summary.settle(language, visit.accounts["customer"], visit.accounts["agent"])
            self.leave(visit)

    # --- the end -------------------------------------------------------------

    async def finish(self) -> Summary:
        """Let nobody in, let all chats come to their end fast, and check everything."""
        self._coming.cancel()
        self.hurry.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WIND_UP_S):
                while self.visits:
                    self._left.clear()
                    await self._left.wait()
        self.summary.seconds = asyncio.get_running_loop().time() - self._began
        for visit in self.visits.values():
            missing = {"customer", "agent"} - visit.accounts.keys()
            self.summary.fault(f"the chat of {visit.uid} never ended for {' and '.join(missing)}")
        await self._audit()
        return self.summary

    async def _audit(self) -> None:
        summary = self.summary
        async with Store(self.store_url, site=self._settings.site) as store:
            await store.library.load()
            faults = await store.audit()
            totals = (await store.site()).totals
        summary.audit_faults = len(faults)
        for sentence in faults:
            summary.fault(f"the store: {sentence}")
        if self.visits:
            return  # known faults, and the sums cannot agree
        for what, stored, seen in (
            ("requests", totals.requested, summary.customers),
            ("assignments", totals.assigned, summary.served),
            ("chats that ended in the queue", totals.abandoned,
             summary.abandoned + summary.sent_home),
            ("closed chats", totals.closed, summary.customers),
            ("messages", totals.messages, summary.stored),
        ):  # fmt: skip
            if stored != seen:
                summary.fault(f"the store counts {stored} {what}, the bots {seen}")


@contextlib.asynccontextmanager
async def on_stage(directory: Path, *, agents: int, rate: float) -> AsyncIterator[Stage]:
    """A server on an embedded store in `directory`, and the show on it."""
    # The bots are a crowd from one address, which no limit shall hold up.
    settings = ServerSettings(port=0, data_dir=directory, trusted_proxy=("127.0.0.1",))
    async with running(settings) as node:
        stage = Stage(node, settings, Summary(agents=agents, rate=rate))
        async with stage.performing():
            yield stage
