"""Idle connections: how many a second are opened, what each holds, what keeping them costs."""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import uvloop

from benchmarks import servers
from benchmarks.options import Options
from benchmarks.servers import Running, cpu_s, memory_bytes
from benchmarks.wire import Wire, dial, kind_of
from imchat import protocol, tokens

ADDRESSES = [f"127.0.1.{n}" for n in range(1, 21)]
A_SECOND = 2_000.0
IDLE_S = 45.0
"""Longer than two keepalives."""


class Task(msgspec.Struct):
    """Connect once for each token, so many a second, and stay `idle_s`."""

    url: str
    tokens: list[str]
    a_second: float
    idle_s: float


class Crowd:
    """The clients, in a process of their own."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._left = len(task.tokens)
        self._all_welcome = asyncio.Event()

    async def run(self) -> None:
        """Say `open` and how long it took when all are welcome; then stay."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for n, token in enumerate(self._task.tokens):
                group.create_task(self._come(n, token))
                due = began + n / self._task.a_second
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
        await self._all_welcome.wait()
        sys.stdout.write(f"{time.perf_counter() - began}\n")
        sys.stdout.flush()
        await asyncio.sleep(self._task.idle_s)

    async def _come(self, n: int, token: str) -> None:
        hello = protocol.Hello(token=token)
        address = ADDRESSES[n % len(ADDRESSES)]
        await dial(self._task.url, hello, self._heard, self._lost, address=address)

    def _heard(self, _: Wire, data: bytes) -> None:
        if kind_of(data) == "welcome":
            self._left -= 1
            if not self._left:
                self._all_welcome.set()

    def _lost(self, wire: Wire) -> None:
        sys.exit(f"a connection was lost ({wire.how_it_ended}), {self._left} were not welcome yet")


@dataclass(frozen=True, slots=True)
class Idle:
    """`open_s` until all were welcome; memory of the node for each; CPU of one core, %."""

    count: int
    open_s: float
    bytes_each: float
    cpu_percent: float

    def __str__(self) -> str:
        return (
            f"{self.count:,} connections welcome in {self.open_s:.1f} s "
            f"({self.count / self.open_s:,.0f} a second), {self.bytes_each / 1024:.1f} KiB of "
            f"the node each, {self.cpu_percent:.2f} % of a core while they idle"
        )


async def run(options: Options) -> AsyncIterator[Idle]:
    """A new node for each round."""
    for _ in range(options.rounds):
        async with servers.imchat() as site:
            yield await measure(site, count=options.connections, a_second=A_SECOND)


async def measure(site: Running, *, count: int, a_second: float) -> Idle:
    """Let a crowd in and look at the node while it does nothing."""
    task = Task(
        url=site.urls[0],
        tokens=[
            tokens.mint(site.secret, tokens.identity(f"idle-{n}", "customer"), ttl_s=3_600)
            for n in range(count)
        ],
        a_second=a_second,
        idle_s=IDLE_S + 5,
    )
    [node] = site.pids
    before = memory_bytes(node)
    crowd = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.connections",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write(msgspec.json.encode(task))
    crowd.stdin.write_eof()
    said = await crowd.stdout.readline()
    if not said:
        raise RuntimeError("the crowd ended before all were welcome")
    open_s = float(said)
    each = (memory_bytes(node) - before) / count
    began = cpu_s(node)
    await asyncio.sleep(IDLE_S)
    used = cpu_s(node) - began
    crowd.kill()
    await crowd.wait()
    return Idle(count, open_s, each, 100 * used / IDLE_S)


if __name__ == "__main__":
    gc.disable()
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    uvloop.run(Crowd(given).run())
