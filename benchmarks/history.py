"""How soon a server is there on a store that holds many messages, and how soon the help is.

All messages are of this day, so the store remembers the ids of all of them as well: more than
it would of messages that came over a month.
"""

import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.load import lost
from benchmarks.options import Options
from benchmarks.servers import cpu_s
from benchmarks.wire import Wire, dial
from imchat import protocol, tokens
from imchat.ids import Desk, Uid
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Post, Rules, Store, tail_of

BATCH = 256
CONVERSATIONS = 100
CALLS = 4
"""Batches under way at once, so that the disk is not waited for."""
NODE = "filler"
BODY = "x" * 120
LONG_S = 3_600
HELPS = 9
TRY_LATER = f"{protocol.CloseCode.TRY_LATER:d}"


@dataclass(frozen=True, slots=True)
class Filled:
    """What it took to store the messages, and what they take."""

    messages: int
    took_s: float
    disk_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.messages:,} messages stored in {self.took_s:.0f} s, "
            f"{self.disk_bytes / 2**20:.0f} MiB on the disk"
        )


@dataclass(frozen=True, slots=True)
class Started:
    """From the start of the process until it listens, and until a client is welcome.

    Beside it the CPU that the node and its store used until then.
    """

    messages: int
    listens_s: float
    welcome_s: float
    node_cpu_s: float
    store_cpu_s: float

    def __str__(self) -> str:
        return (
            f"imchat serve on {self.messages:>9,} messages: listens after "
            f"{self.listens_s:.2f} s, first welcome after {self.welcome_s:.2f} s; "
            f"CPU: node {self.node_cpu_s:.2f} s, store {self.store_cpu_s:.2f} s"
        )


@dataclass(frozen=True, slots=True)
class Helped:
    """`imchat --help`; the median of a few, and the CPU of one."""

    took_ms: float
    cpu_ms: float

    def __str__(self) -> str:
        return f"imchat --help: {self.took_ms:.0f} ms, {self.cpu_ms:.0f} ms of CPU"


async def run(options: Options) -> AsyncIterator[Filled | Started | Helped]:
    """The same start on an empty store beside that on a full one."""
    yield await _help()
    with tempfile.TemporaryDirectory() as directory:
        full = Path(directory, "full")
        took_s = await fill(full, options.messages)
        yield Filled(options.messages, took_s, _disk_bytes(full))
        for turn in range(options.rounds):
            yield await _start(Path(directory, f"empty-{turn}"), 0)
            yield await _start(full, options.messages)


async def fill(data_dir: Path, messages: int) -> float:
    """Store so many messages, evenly over the conversations; gives the seconds it took."""
    embedded = EmbeddedStore(data_dir)
    await embedded.start()
    try:
        async with Store(embedded.url, rules=Rules(lease_s=LONG_S)) as store:
            await store.lease(NODE, join=True)
            agents = [await _chat(store, Uid(f"customer-{n}"), n) for n in range(CONVERSATIONS)]
            began = time.perf_counter()
            for start in range(0, messages, BATCH * CALLS):
                numbers = range(start, min(start + BATCH * CALLS, messages))
                posts = [_post(n, agents[n % CONVERSATIONS]) for n in numbers]
                batches = [posts[at : at + BATCH] for at in range(0, len(posts), BATCH)]
                for results in await asyncio.gather(*map(store.post, batches)):
                    assert all(result.refused is None for result in results)
                # As a node that keeps up does; the store's clock is this machine's.
                await store.lease(NODE, read_to=f"{time.time_ns() // 1_000_000}")
            took_s = time.perf_counter() - began
            await store.retire(NODE)
            return took_s
    finally:
        await embedded.stop()


async def _chat(store: Store, customer: Uid, n: int) -> Uid:
    """Open a chat; gives its agent."""
    agent = Uid(f"agent-{n}")
    for uid, role in ((agent, "agent"), (customer, "customer")):
        await store.connect(
            uid, role=role, name=uid, node=NODE, connection=f"{uid}@{NODE}", capacity=1,
            desks=[Desk("default")],
        )
    standing = await store.request(
        customer, name=customer, desk=Desk("default"), topic=None,
        connection=f"{customer}@{NODE}",
    )
    assert standing.chat.agent is not None
    return standing.chat.agent


def _post(n: int, agent: Uid) -> Post:
    customer = Uid(f"customer-{n % CONVERSATIONS}")
    return Post(
        sender=customer, to=agent, role="customer", id=f"{n}",
        tail=tail_of(id=f"{n}", body=BODY), connection=f"{customer}@{NODE}",
    )


async def _start(data_dir: Path, messages: int) -> Started:
    began = time.perf_counter()
    async with servers.imchat(data_dir=data_dir) as site:
        listens_s = time.perf_counter() - began
        answered, welcome = asyncio.Event(), False

        def heard(_: Wire, data: bytes) -> None:
            nonlocal welcome
            if data.startswith(b'{"type":"welcome"'):
                welcome = True
                answered.set()

        def gone(wire: Wire) -> None:
            if not welcome and TRY_LATER not in wire.how_it_ended:
                lost(wire)
            answered.set()

        who = tokens.identity("visitor-1", "customer")
        hello = protocol.Hello(token=tokens.mint(site.secret, who, ttl_s=LONG_S))
        while not welcome:  # who waited long for a large store is sent away, and comes again
            answered.clear()
            await dial(site.urls[0], hello, heard, gone, address="127.0.0.1")
            await answered.wait()
        welcome_s = time.perf_counter() - began
        assert site.store_pid is not None
        return Started(
            messages, listens_s, welcome_s, cpu_s(site.pids[0]), cpu_s(site.store_pid)
        )


async def _help() -> Helped:
    took_s = []
    used = _children_s()
    for _ in range(HELPS):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "imchat", "--help", stdout=asyncio.subprocess.DEVNULL
        )
        await process.wait()
        took_s.append(time.perf_counter() - began)
    used = _children_s() - used
    return Helped(1e3 * statistics.median(took_s), 1e3 * used / HELPS)


def _children_s() -> float:
    """The CPU of all children that have ended, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _disk_bytes(directory: Path) -> int:
    return sum(
        Path(at, name).lstat().st_size for at, _, names in os.walk(directory) for name in names
    )
