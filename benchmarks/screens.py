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
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from textual.app import App, ComposeResult

from benchmarks import servers
from benchmarks.options import Options
from benchmarks.servers import Running, memory_bytes
from benchmarks.terminals import Terminal, at, terminal, token
from imchat import protocol
from imchat.client import Client
from imchat.ids import ChatId, Desk, Uid
from imchat.tui import theme
from imchat.tui.talk import Overheard
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader

STARTS = 7
CUSTOMERS = 5
ARRIVE_A_S = 50
KEYS = "ñøåßþðæœłđ"
"""None of them stands anywhere else on the screen."""
KEY_EVERY_S = 0.11
MESSAGES = 20_000
PAGES = 200
SAID = 200
"""Messages of each chat while memory is watched."""
APPS = {"agent": ["agent"], "customer": ["customer"], "dashboard": ["dashboard"]}
ROLES = {"agent": "agent", "customer": "customer", "dashboard": "supervisor"}
FRAME = ("imchat", "Quit", "Help")
"""Drawn by all of them: the line on top, and the keys below."""
BARE = "from textual.app import App"
WORDS = ["Where is my parcel? ", "你好，我想退货。", "See https://shop.example/orders/7 ", "👍 "]


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
class Read:
    """A long conversation: until it is drawn, and until a page up is, ms."""

    messages: int
    open_ms: float
    page_p50_ms: float
    page_p99_ms: float
    find_ms: float
    resize_ms: float

    def __str__(self) -> str:
        return (
            f"{self.messages:,} messages: opened in {self.open_ms:.0f} ms, a page up in "
            f"{self.page_p50_ms:.1f} ms (p99 {self.page_p99_ms:.1f}), found in "
            f"{self.find_ms:.0f} ms, another width in {self.resize_ms:.0f} ms"
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
            yield await _read()
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


# --- a long conversation ------------------------------------------------------


class Reading(App[None]):
    """Nothing but a conversation."""

    def compose(self) -> ComposeResult:
        """The conversation."""
        yield ChatReader()

    def on_mount(self) -> None:
        """In the colours of the apps."""
        self.register_theme(theme.DARK)
        self.theme = theme.DARK.name

    async def drawn(self) -> None:
        """Wait until what was changed stands on the terminal."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()


async def _read() -> Read:
    long = _long_talk()
    app = Reading()
    async with app.run_test(size=(120, 40)) as pilot:
        reader, log = app.query_one(ChatReader), app.query_one(ChatLog)
        await app.drawn()
        with _timed() as opened:
            reader.show(long, str, empty="")
            await app.drawn()
        pages = []
        for _ in range(PAGES):
            with _timed() as page:
                log.scroll_page_up()
                await app.drawn()
            pages += page
        pages.sort()
        with _timed() as found:
            log.look_for("of number 100 ")
            await app.drawn()
        with _timed() as resized:
            await pilot.resize_terminal(90, 40)
            await app.drawn()
    return Read(
        MESSAGES, 1e3 * opened[0], 1e3 * at(pages, 0.5), 1e3 * at(pages, 0.99),
        1e3 * found[0], 1e3 * resized[0],
    )


def _long_talk() -> Overheard:
    both = Uid("ann"), Uid("bob")
    talk = Overheard(
        [
            protocol.StoredMessage(
                chat=ChatId("1"), seq=n + 1, id=f"{n}", sender=both[n // 3 % 2],
                to=both[1 - n // 3 % 2], body=f"of number {n} " + WORDS[n % 4] * (1 + n % 9),
                at=1_700_000_000_000 + n * 40_000,
            )
            for n in range(MESSAGES)
        ],
        me=both[0],
    )
    # A client has its lines before they are shown.
    assert len(talk.lines) == MESSAGES
    return talk


@contextlib.contextmanager
def _timed() -> Iterator[list[float]]:
    """A list that holds the seconds which the block took, when it is over."""
    took: list[float] = []
    began = time.perf_counter()
    yield took
    took.append(time.perf_counter() - began)


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
