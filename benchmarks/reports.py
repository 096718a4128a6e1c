"""`imchat export` and `imchat report` on a store with many messages, and who waits meanwhile."""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.chats import chats, put
from benchmarks.options import Options
from benchmarks.servers import cpu_s
from benchmarks.trail import put_trail
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Store

DAYS = 14
PING_EVERY_S = 0.01
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What the commands are run on."""

    messages: int
    chats: int
    events: int
    store_mib: int

    def __str__(self) -> str:
        return (
            f"{self.messages:,} messages of {self.chats:,} chats, {self.events:,} events: "
            f"the store takes {self.store_mib:,} MiB"
        )


@dataclass(frozen=True, slots=True)
class Folded:
    """All events counted into the roll-ups, as a node that is behind does."""

    events: int
    took_s: float
    longest_ms: float
    rollups_mib: float

    def __str__(self) -> str:
        return (
            f"{self.events:,} events folded in {self.took_s:.1f} s of calls, "
            f"{1e6 * self.took_s / self.events:.1f} µs each, the longest call "
            f"{self.longest_ms:.1f} ms; the roll-ups take {self.rollups_mib:.1f} MiB"
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """A command as a process, and how long the store kept others waiting meanwhile."""

    command: str
    messages: int
    took_s: float
    cpu_s: float
    store_cpu_s: float
    peak_mib: int
    pings: int
    p99_ms: float
    longest_ms: float

    def __str__(self) -> str:
        return (
            f"imchat {self.command:<44} {self.took_s:>6.1f} s, CPU {self.cpu_s:.1f} + "
            f"{self.store_cpu_s:.1f} s of the store, peak {self.peak_mib} MiB; pings of the store: "
            f"p99 {self.p99_ms:.1f} ms, longest {self.longest_ms:.1f} ms"
        )


async def run(options: Options) -> AsyncIterator[Filled | Folded | Ran]:
    """Fill a store, fold its log, run each command, or those that begin with a word of `only`.

    Run it on a tenth as well to see whether memory grows.
    """
    with tempfile.TemporaryDirectory() as directory:
        embedded = EmbeddedStore(Path(directory, "data"))
        await embedded.start()
        try:
            async for row in _measure(embedded, Path(directory), options):
                yield row
        finally:
            await embedded.stop()


async def _measure(
    embedded: EmbeddedStore, directory: Path, options: Options
) -> AsyncIterator[Filled | Folded | Ran]:
    messages = options.messages
    until = time.time_ns() // 1_000_000
    async with Redis.from_url(embedded.url) as redis:
        await redis.config_set("appendfsync", "no")
        count = await put(redis, "main", chats(messages, until=until, days=DAYS))
        events = await put_trail(redis, "main", chats(messages, until=until, days=DAYS))
        yield Filled(messages, count, events, await _mib(redis))
        yield await _fold(embedded, redis, events)
        today = time.strftime("%Y-%m-%d", time.gmtime(until / 1000 + 86_400))
        first = time.strftime("%Y-%m-%d", time.gmtime(until / 1000 - DAYS * 86_400))
        for command in (
            f"export --output {directory}/all.jsonl",
            f"export --format csv --output {directory}/all.csv",
            f"export --format parquet --output {directory}/all.parquet",
            f"report --since {DAYS + 1}d --by agent",
            f"report --since {first} --until {today} --by agent",
            f"report --since {DAYS + 1}d --html {directory}/report.html",
        ):
            if not options.only or command.split()[0] in options.only:
                yield await _run(command, embedded, redis, messages)


async def _fold(embedded: EmbeddedStore, redis: Redis, events: int) -> Folded:
    before = await _used(redis)
    took, longest, more = 0.0, 0.0, True
    async with Store(embedded.url) as store:
        await store.library.load()
        while more:
            began = time.perf_counter()
            more = (await store.fold()).more
            took += time.perf_counter() - began
            longest = max(longest, time.perf_counter() - began)
    return Folded(events, took, 1e3 * longest, (await _used(redis) - before) / 2**20)


async def _run(command: str, embedded: EmbeddedStore, redis: Redis, messages: int) -> Ran:
    store_pid = int((await redis.info("server"))["process_id"])
    used, of_store = resource.getrusage(resource.RUSAGE_CHILDREN), cpu_s(store_pid)
    began = time.perf_counter()
    # Through a process of its own, which says what it took: a peak is of all children.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PEAK, *command.split(), "--redis", embedded.url,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    ended = asyncio.create_task(process.communicate())
    pings = []
    while not ended.done():
        asked = time.perf_counter()
        await redis.ping()
        pings.append(1e3 * (time.perf_counter() - asked))
        await asyncio.sleep(PING_EVERY_S)
    _, said = await ended
    took_s = time.perf_counter() - began
    assert process.returncode == 0, said
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Ran(
        " ".join(word for word in command.split() if not word.startswith("/")), messages, took_s,
        cpu, cpu_s(store_pid) - of_store, int(said) // 1024, len(pings),
        sorted(pings)[int(0.99 * len(pings))], max(pings),
    )  # fmt: skip


_PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "imchat", *sys.argv[1:]], check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


async def _used(redis: Redis) -> int:
    return int((await redis.info("memory"))["used_memory"])


async def _mib(redis: Redis) -> int:
    return await _used(redis) // 2**20
