"""What a dashboard costs a node while the site changes a thousand times a second.

The changes do not come through the node: they are calls of the store by this process, which
stands for the other nodes of the site. So what the node uses more is the watching.
"""

import asyncio
import contextlib
import itertools
import statistics
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import servers
from benchmarks.load import lost
from benchmarks.options import Options
from benchmarks.servers import Running, cpu_s
from benchmarks.wire import Wire, dial
from imchat import protocol, tokens
from imchat.ids import ChatId, Desk, Uid
from imchat.store.store import Store

CHANGES_A_S = 1_000
AGENTS, CAPACITY, CUSTOMERS = 50, 3, 200
"""Somewhat more than half of the customers have a chat at any time; a few wait."""
NODE = "driver"
RENEW_S = 2.0
SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Watched:
    """CPU of the node, % of a core; what the watcher was sent."""

    name: str
    changes_a_second: float
    cpu_percent: float
    snapshots_a_second: float
    snapshot_bytes: float

    def __str__(self) -> str:
        return (
            f"{self.name:<10}{self.changes_a_second:>7.0f} changes/s   "
            f"node {self.cpu_percent:>5.2f} % of a core   "
            f"{self.snapshots_a_second:>5.1f} snapshots/s of {self.snapshot_bytes:,.0f} bytes"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What watching adds, % of a core; the median of all rounds."""

    cpu_percent: float

    def __str__(self) -> str:
        return f"watching costs the node {self.cpu_percent:.2f} % of a core"


class Watcher:
    """A supervisor that only reads."""

    def __init__(self) -> None:
        self.snapshots = self.bytes = 0

    def heard(self, wire: Wire, data: bytes) -> None:
        """Count a snapshot."""
        if data.startswith(b'{"type":"welcome"'):
            wire.say(protocol.Watch())
        elif data.startswith(b'{"type":"snapshot"'):
            self.snapshots += 1
            self.bytes += len(data)


class Driver:
    """Customers that ask for an agent and close the chat again, at an even pace."""

    def __init__(
        self,
        store: Store,
        *,
        agents: int = AGENTS,
        customers: int = CUSTOMERS,
        changes_a_s: int = CHANGES_A_S,
    ) -> None:
        self._store = store
        self._agents = agents
        self._customers = customers
        self._changes_a_s = changes_a_s
        self._open: dict[int, ChatId] = {}
        self.changes = 0

    async def begin(self) -> None:
        """Have everybody online."""
        await self._store.lease(NODE, join=True)
        for n in range(self._agents):
            await self._connect(Uid(f"agent-{n}"), "agent")
        for n in range(self._customers):
            await self._connect(Uid(f"customer-{n}"), "customer")

    async def _connect(self, uid: Uid, role: str) -> None:
        await self._store.connect(
            uid, role=role, name=uid, node=NODE, connection=f"{uid}@{NODE}",
            capacity=CAPACITY, desks=[Desk("default")],
        )

    async def renew(self) -> None:
        """Keep the lease, until cancelled."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self._store.lease(NODE)

    async def run(self) -> None:
        """Change something so often, until cancelled."""
        loop = asyncio.get_running_loop()
        began, done = loop.time(), 0
        turns = itertools.cycle(range(self._customers))
        while True:
            due = min(int((loop.time() - began) * self._changes_a_s) - done, self._customers)
            await asyncio.gather(*(self._change(next(turns)) for _ in range(due)))
            done += due
            await asyncio.sleep(0.002)

    async def _change(self, n: int) -> None:
        uid = Uid(f"customer-{n}")
        connection = f"{uid}@{NODE}"
        chat = self._open.pop(n, None)
        if chat is None:
            standing = await self._store.request(
                uid, name=uid, desk=Desk("default"), topic=None, connection=connection
            )
            self._open[n] = standing.chat.id
        else:
            await self._store.close(chat, uid=uid, role="customer", connection=connection)
        self.changes += 1


async def run(options: Options) -> AsyncIterator[Watched | Difference]:
    """Without and with a watcher in turn, on one site."""
    differences = []
    async with servers.imchat() as site, Store(site.store_url) as store:
        driver = Driver(store)
        await driver.begin()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(driver.renew()), group.create_task(driver.run())]
            await asyncio.sleep(SETTLE_S)
            for _ in range(options.rounds):
                alone = await _measure("alone", site, driver, Watcher(), options.seconds)
                yield alone
                async with _watching(site) as watcher:
                    watched = await _measure("watched", site, driver, watcher, options.seconds)
                    yield watched
                differences.append(watched.cpu_percent - alone.cpu_percent)
            for task in tasks:
                task.cancel()
    yield Difference(statistics.median(differences))


@contextlib.asynccontextmanager
async def _watching(site: Running) -> AsyncIterator[Watcher]:
    watcher = Watcher()
    who = tokens.identity("supervisor-1", "supervisor")
    hello = protocol.Hello(token=tokens.mint(site.secret, who, ttl_s=3_600))
    ended = asyncio.Event()

    def gone(wire: Wire) -> None:
        if not ended.is_set():
            lost(wire)

    wire = await dial(site.urls[0], hello, watcher.heard, gone, address="127.0.0.1")
    await asyncio.sleep(SETTLE_S)
    yield watcher
    ended.set()
    wire.cut()
    await asyncio.sleep(SETTLE_S)


async def _measure(
    name: str, site: Running, driver: Driver, watcher: Watcher, seconds: float
) -> Watched:
    [node] = site.pids
    used, changes = cpu_s(node), driver.changes
    snapshots, sent = watcher.snapshots, watcher.bytes
    await asyncio.sleep(seconds)
    snapshots, sent = watcher.snapshots - snapshots, watcher.bytes - sent
    return Watched(
        name,
        changes_a_second=(driver.changes - changes) / seconds,
        cpu_percent=100 * (cpu_s(node) - used) / seconds,
        snapshots_a_second=snapshots / seconds,
        snapshot_bytes=sent / max(snapshots, 1),
    )
