"""The cost of a request and its close, with few and many agents, and few and many waiting.

A node cannot ask as fast as Valkey answers, so the calls are packed beforehand by the
store's own methods and sent many at a time, as several nodes at work would.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from redis.asyncio import Redis

from benchmarks.options import Options
from benchmarks.servers import cpu_s
from imchat.ids import ChatId, Desk, Uid
from imchat.store.attempts import Attempts, Pack
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Rules, Store

FREE = (10, 1_000, 100_000)
WAITING = (0, 1_000, 100_000)
BUSY = 10
"""Agents while others wait."""
CAPACITY = 3
CUSTOMERS = 500
PAIRS = 8_000
AT_ONCE = 64
"""Calls that Valkey finds when it looks."""
DESK, NODE = Desk("default"), "node"

Command = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Pairs a second, and Valkey's CPU a pair, µs."""

    agents: int
    waiting: int
    a_second: float
    store_us: float

    def __str__(self) -> str:
        return (
            f"{self.agents:>8} agents {self.waiting:>8} waiting {self.a_second:>8.0f} pairs/s   "
            f"CPU of the store a pair, µs: {self.store_us:>6.1f}"
        )


class _Packed(Exception):
    """A call, ready to be sent."""


class _Packing(Attempts):
    """Sends nothing."""

    async def make(
        self, name: str, key: str, pack: Pack, read: Callable[[bytes], Any]
    ) -> NoReturn:
        raise _Packed("FCALL", name, 1, key, pack(None))


class Site:
    """A store with so many agents; customer n asks for ticket n, which are counted from 1."""

    def __init__(self, store: Store, redis: Redis) -> None:
        self._store = store
        self._redis = redis

    async def fill(self, agents: int, customers: int) -> None:
        """Connect them all."""
        await self._store.library.load()
        await self._store.lease(NODE, join=True)
        self._customers = customers
        self._store.library._attempts = _Packing(self._redis)
        await self.send(self._come(f"agent-{n}", "agent") for n in range(agents))
        await self.send(self._come(f"customer-{n}", "customer") for n in range(customers))

    async def send(self, asking: Iterable[Coroutine[Any, Any, object]]) -> float:
        """Have calls granted, so many at once; gives how long it took, s."""
        pool = self._redis.connection_pool
        connection: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            commands = iter([_packed(call) for call in asking])
            chunks = []
            while chunk := list(islice(commands, AT_ONCE)):
                chunks.append((len(chunk), connection.pack_commands(chunk)))
            began = time.perf_counter()
            ahead = 0
            for count, data in chunks:
                await connection.send_packed_command(data)
                await _granted(connection, ahead)
                ahead = count
            await _granted(connection, ahead)
            return time.perf_counter() - began
        finally:
            await pool.release(connection)

    def request(self, ticket: int) -> Coroutine[Any, Any, object]:
        """Its customer asks."""
        uid = self._customer(ticket)
        return self._store.request(uid, name=uid, desk=DESK, topic=None, connection=uid)

    def close(self, ticket: int) -> Coroutine[Any, Any, object]:
        """Its customer closes."""
        uid = self._customer(ticket)
        return self._store.close(ChatId(str(ticket)), uid=uid, role="customer", connection=uid)

    def _customer(self, ticket: int) -> Uid:
        return Uid(f"customer-{ticket % self._customers}")

    def _come(self, uid: str, role: str) -> Coroutine[Any, Any, object]:
        return self._store.connect(
            Uid(uid), role=role, name=uid, node=NODE, connection=uid, capacity=CAPACITY,
            desks=[DESK],
        )


def _packed(asking: Coroutine[Any, Any, object]) -> Command:
    try:
        asking.send(None)
    except _Packed as packed:
        return packed.args
    raise AssertionError("a call was answered that was never sent")


async def _granted(connection: Any, count: int) -> None:  # noqa: ANN401 (redis-py's)
    for _ in range(count):
        answer = await connection.read_response()
        assert b"refused" not in answer, answer


async def measure(agents: int, waiting: int | None) -> Row:
    """Without `waiting` each request is served at once, and then closed.

    With it, a request queues behind so many, and a close serves the first of them.
    """
    with tempfile.TemporaryDirectory() as directory:
        embedded = EmbeddedStore(Path(directory))
        await embedded.start()
        rules = Rules(max_queue=10 * max(WAITING))
        try:
            async with (
                Store(embedded.url, rules=rules) as store,
                Redis.from_url(embedded.url) as redis,
            ):
                pid = (await redis.info("server"))["process_id"]
                site = Site(store, redis)
                open_ones = 0 if waiting is None else agents * CAPACITY + waiting
                await site.fill(agents, open_ones + CUSTOMERS)
                await site.send(site.request(ticket) for ticket in range(1, open_ones + 1))
                pairs = [
                    call
                    for ticket in range(open_ones + 1, open_ones + 1 + PAIRS)
                    for call in (site.request(ticket), site.close(ticket - open_ones))
                ]
                before = cpu_s(pid)
                took = await site.send(pairs)
                used = cpu_s(pid) - before
        finally:
            await embedded.stop()
    return Row(agents, waiting or 0, PAIRS / took, 1e6 * used / PAIRS)


async def run(options: Options) -> AsyncIterator[Row]:
    """Every size in turn, so often."""
    for _ in range(options.rounds):
        for agents in FREE:
            yield await measure(agents, None)
        for waiting in WAITING:
            yield await measure(BUSY, waiting)
