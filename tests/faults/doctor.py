"""What must be so at every moment: asked of the store again and again while all goes on."""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator

from imchat.errors import Unavailable
from imchat.store.facts import Site as Standing
from imchat.store.store import Store
from tests.faults.site import Site
from tests.faults.trail import Event

LOOK_S = 0.25
PAGE = 1_000
EVENTS = "imchat:{main}:events"
AUDIT_EVERY = 6
"""Looks, for one audit: it visits every key."""


def faults_of(standing: Standing) -> Iterator[str]:
    """What may not be so as of one moment."""
    served = Counter(customer for agent in standing.agents for customer in agent.customers)
    for customer, times in served.items():
        if times > 1:
            yield f"{customer} has {times} agents"
    waiting = {desk.name for desk in standing.desks if desk.waiting}
    for agent in standing.agents:
        if agent.load > agent.capacity:
            yield f"{agent.uid} holds {agent.load} of {agent.capacity}"
        free = agent.state == "online" and not agent.in_grace and agent.load < agent.capacity
        if free and waiting & set(agent.desks):
            yield f"{agent.uid} has a free slot while somebody waits"
    for desk in standing.desks:
        for head in desk.head:
            if served[head.customer]:
                yield f"{head.customer} waits and has an agent"


class Watch:
    """Looks at a site, past all proxies. Use `watching()`."""

    def __init__(self, store: Store) -> None:
        self.faults: list[str] = []
        self.looks = 0
        self.most_at_work = 0
        """Chats."""
        self.longest_wait_s = 0.0
        """How long a look took, or came late: the machine may be busy with others."""
        self._store = store

    async def look_on(self) -> None:
        """Look until cancelled; a store that is away is waited for."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + LOOK_S
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(Unavailable):
                standing = await self._store.site()
                self.longest_wait_s = max(self.longest_wait_s, clock() - due)
                await self._look(standing)

    async def _look(self, standing: Standing) -> None:
        self.looks += 1
        self.most_at_work = max(self.most_at_work, sum(a.load for a in standing.agents))
        self.faults += faults_of(standing)
        if self.looks % AUDIT_EVERY == 0:
            self.faults += await self._store.audit()


@contextlib.asynccontextmanager
async def watching(site: Site) -> AsyncIterator[Watch]:
    """A watch until the end of the block."""
    async with site.store() as store:
        watch = Watch(store)
        task = asyncio.create_task(watch.look_on())
        try:
            yield watch
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def examine(site: Site) -> list[str]:
    """What `imchat doctor` finds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "imchat", "doctor", "--redis", site.store_url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return [] if process.returncode == 0 else said.decode().splitlines()


async def events_of(site: Site) -> list[Event]:
    """The site's audit log, from its beginning."""
    events: list[Event] = []
    after = "-"
    async with site.redis() as redis:
        while page := await redis.xrange(EVENTS, after, count=PAGE):
            ids, entries = zip(*page, strict=True)
            events += entries
            after = f"({ids[-1]}"
    return events
