"""How soon a screen is there, how soon it answers, and what it holds in memory.

The apps are the real commands in a pseudo-terminal on a real server. Only the conversation
of twenty thousand messages is shown in this process, as nobody could say so much before.
"""

import asyncio
import contextlib
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import reading, servers
from benchmarks.options import Options
from benchmarks.reading import WORDS
from benchmarks.servers import Running, memory_bytes
from benchmarks.terminals import Terminal, at, terminal, token
from imchat.client import Client
from imchat.ids import Desk, Uid

STARTS = 7
CUSTOMERS = 5
ARRIVE_A_S = 50
KEYS = "ñøåßþðæœłđ"
"""None of them stands anywhere else on the screen."""
KEY_EVERY_S = 0.11
SAID = 200
"""Messages of each chat while memory is watched."""
APPS = {"agent": ["agent"], "customer": ["customer"], "dashboard": ["dashboard"]}
ROLES = {"agent": "agent", "customer": "customer", "dashboard": "supervisor"}
FRAME = ("imchat", "Help", "Menu")
"""Drawn by all of them: the line on top, and the keys below."""
BARE = "from textual.app import App"


@dataclass(frozen=True, slots=True)
class Painted:
    """From the start of the process to its whole first picture; ms, medians.

    `bare` is a process that only imports Textual.
    """

    app: str
    took_ms: float
    cpu_ms: float
    bare_ms: float
    bare_cpu_ms: float

    def __str__(self) -> str:
        return (
            f"{self.app:<10} first picture after {self.took_ms:>4.0f} ms "
            f"({self.cpu_ms:.0f} ms of CPU), {self.took_ms - self.bare_ms:.0f} ms "
            f"({self.cpu_ms - self.bare_cpu_ms:.0f} ms of CPU) over importing Textual"
        )


@dataclass(frozen=True, slots=True)
class Typed:
    """From a key to its letter on the terminal, ms; CPU of the app, % of a core."""

    keys: int
    arrived_a_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_percent: float

    def __str__(self) -> str:
        return (
            f"a key is shown after {self.p50_ms:.1f} ms (p95 {self.p95_ms:.1f}, "
            f"p99 {self.p99_ms:.1f}) of {self.keys} keys while "
            f"{self.arrived_a_second:.0f} messages/s arrive; {self.cpu_percent:.0f} % of a core"
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """What an agent's console has resident after so many chats that ended."""

    chats: int
    messages: int
    bytes: int

    def __str__(self) -> str:
        return (
            f"after {self.chats:>3} chats of {SAID} messages the agent's console has "
            f"{self.bytes / 2**20:.1f} MiB"
        )


async def run(options: Options) -> AsyncIterator[object]:
    """One after the other."""
    async with servers.imchat() as site:
        for _ in range(options.rounds):
            async for painted in _paint(site):
                yield painted
            yield await _type(site, options.seconds)
            yield await reading.run()
        async for kept in _keep(site, options.rounds):
            yield kept


# --- the first picture --------------------------------------------------------


async def _paint(site: Running) -> AsyncIterator[Painted]:
    bare = [await _bare() for _ in range(STARTS)]
    for app, command in APPS.items():
        took, cpu = [], []
        for _ in range(STARTS):
            # A customer that comes back too soon would find its chat, another picture.
            who = token(site.secret, ROLES[app], f"{app}-{time.monotonic_ns()}")
            async with _app(site, *command, token_=who) as screen:
                took.append(await screen.draws(*FRAME) - screen.began)
                cpu.append(screen.cpu_s())
        yield Painted(
            app, 1e3 * statistics.median(took), 1e3 * statistics.median(cpu),
            1e3 * statistics.median(wall for wall, _ in bare),
            1e3 * statistics.median(used for _, used in bare),
        )


async def _bare() -> tuple[float, float]:
    """The time and the CPU of a process that imports Textual and does nothing, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", BARE)
    await process.wait()
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, used


def _app(
    site: Running, *command: str, token_: str
) -> contextlib.AbstractAsyncContextManager[Terminal]:
    return terminal("-m", "imchat", *command, "--url", site.urls[0], token=token_)


# --- a key among many messages ------------------------------------------------


async def _type(site: Running, seconds: float) -> Typed:
    agent = Uid(f"agent-{time.monotonic_ns()}")
    mine = token(site.secret, "agent", agent, capacity=CUSTOMERS, desks=[_desk(agent)])
    async with _app(site, "agent", token_=mine) as screen, asyncio.TaskGroup() as group:
        await screen.draws("slots free")
        customers = [Customer(site, agent, n) for n in range(CUSTOMERS)]
        tasks = [group.create_task(customer.talk()) for customer in customers]
        await asyncio.gather(*(customer.begun.wait() for customer in customers))
        await screen.draws("Where is my parcel")
        took: list[float] = []
        sent, used, began = _sent(customers), screen.cpu_s(), time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key in KEYS:
                await asyncio.sleep(KEY_EVERY_S)
                pressed = time.perf_counter()
                screen.type(key)
                took.append(await screen.draws(key) - pressed)
            screen.type("\x7f" * len(KEYS))
            await asyncio.sleep(KEY_EVERY_S)
        lasted = time.perf_counter() - began
        typed = _typed(took, (_sent(customers) - sent) / lasted, screen.cpu_s() - used, lasted)
        for task in tasks:
            task.cancel()
    return typed


def _desk(agent: Uid) -> Desk:
    """A desk for this agent alone: others that were here a moment ago are still in grace."""
    return Desk(f"desk-of-{agent}")


def _typed(took: list[float], rate: float, used_s: float, lasted_s: float) -> Typed:
    took.sort()
    p50, p95, p99 = (1e3 * at(took, share) for share in (0.5, 0.95, 0.99))
    return Typed(len(took), rate, p50, p95, p99, 100 * used_s / lasted_s)


def _sent(customers: "list[Customer]") -> int:
    return sum(customer.sent for customer in customers)


class Customer:
    """Has a chat with the agent, and writes all the time."""

    def __init__(self, site: Running, agent: Uid, n: int) -> None:
        self._site, self._agent, self._n = site, agent, n
        self.sent = 0
        self.begun = asyncio.Event()

    async def talk(self) -> None:
        """Until cancelled."""
        mine = token(self._site.secret, "customer", f"{self._agent}-customer-{self._n}")
        loop = asyncio.get_running_loop()
        async with Client(self._site.urls[0], mine) as client:
            await client.request(desk=_desk(self._agent))
            self.begun.set()
            began = loop.time()
            while True:
                await client.send(self._agent, WORDS[self.sent % len(WORDS)] * 3)
                self.sent += 1
                due = began + (self.sent + self._n / CUSTOMERS) * CUSTOMERS / ARRIVE_A_S
                await asyncio.sleep(max(0.0, due - loop.time()))


# --- memory -------------------------------------------------------------------


async def _keep(site: Running, rounds: int) -> AsyncIterator[Kept]:
    """Chats one after the other, of others each time, as in eight hours."""
    agent = Uid(f"agent-{time.monotonic_ns()}")
    mine = token(site.secret, "agent", agent, capacity=CUSTOMERS, desks=[_desk(agent)])
    async with _app(site, "agent", token_=mine) as screen:
        await screen.draws("slots free")
        for turn in range(1, 4 + 4 * rounds):
            await asyncio.gather(
                *(_chat(site, agent, turn * CUSTOMERS + n) for n in range(CUSTOMERS))
            )
            screen.drawn = b""
            yield Kept(turn * CUSTOMERS, turn * CUSTOMERS * SAID, memory_bytes(screen.pid))


async def _chat(site: Running, agent: Uid, n: int) -> None:
    mine = token(site.secret, "customer", f"{agent}-customer-{n}")
    async with Client(site.urls[0], mine, in_flight=8) as client:
        assigned = await client.request(desk=_desk(agent))
        for start in range(0, SAID, 20):
            await asyncio.gather(
                *(client.send(agent, WORDS[m % 4] * 5) for m in range(start, start + 20))
            )
        await client.close(assigned.chat.chat)
