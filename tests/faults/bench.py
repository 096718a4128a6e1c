"""One fault from beginning to end: a site, a load, the fault, and the count."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from imchat.ids import Uid
from imchat.protocol import StoredMessage
from imchat.store.store import Store
from tests.faults.bots import Shape
from tests.faults.doctor import Watch, events_of, examine, watching
from tests.faults.journal import copy
from tests.faults.ledger import Count, Ledger, Pair, Said, p99
from tests.faults.load import Load, loading
from tests.faults.site import Plan, Site, running_site
from tests.faults.trail import Trail

HUSH_S = 45.0
"""So long after the last message was sent it must be answered, and shown to the other."""
PAGE = 500
SOON_S = 5.0
"""An ack is to come, on a machine that has much else to do."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """What a fault is done to."""

    site: Site
    load: Load
    watch: Watch
    steady_s: float
    faults: list[str] = field(default_factory=list)
    """What the fault itself found wrong."""

    async def steady(self, share: float = 1.0) -> None:
        """Let the load go on for a while."""
        await asyncio.sleep(self.steady_s * share)

    def check(self, true_so: bool, otherwise: str) -> None:
        """Note a fault if it is not so."""
        if not true_so:
            self.faults.append(otherwise)

    async def happened(self) -> Counter[str]:
        """How often each kind of event is in the audit log; a close by its reason."""
        return Counter(
            event["reason"] if event["what"] == "closed" else event["what"]
            for event in await events_of(self.site)
        )

    @contextlib.contextmanager
    def nobody_else_minds(self) -> Iterator[None]:
        """Who comes by the front is served as ever while the block does something to the side."""
        began = time.monotonic()
        yield
        at_the_front = {b.uid for b in self.load.bots if b.client.url == self.site.front.url}
        waits = self.load.stage.ledger.waits(at_the_front, since=began)
        soon_s = SOON_S + self.watch.longest_wait_s  # the machine may be busy with others
        self.check(p99(waits) < soon_s, f"others waited {p99(waits):.1f} s for an ack")


Inject = Callable[[Bench], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault by its name; `what` is a sentence about what is done and must come of it."""

    name: str
    what: str
    inject: Inject
    plan: Plan


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of it; `chats` were at work at most."""

    name: str
    seconds: float
    chats: int
    count: Count
    agents: set[str]
    """The uids of all of them; the others are customers."""
    doctor: list[str]
    """What was found wrong with the indexes and the audit log, during and after."""
    others: list[str]
    """What went wrong besides."""
    notes: list[str]
    logs: str

    @property
    def faults(self) -> list[str]:
        """Every sentence of what is wrong."""
        return [*self.others, *self.doctor, *self.count.faults]


async def run(fault: Fault, *, shape: Shape, steady_s: float) -> Result:
    """Do it to a site under load; the same steady time before and after it."""
    began = time.monotonic()
    async with (
        running_site(fault.plan) as site,
        watching(site) as watch,
        loading([site.front.url, site.side.url], site.token, shape) as load,
    ):
        bench = Bench(site=site, load=load, watch=watch, steady_s=steady_s)
        try:
            await _go_through(fault, bench)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is counted what came of it)
            bench.faults.append(f"it was not gone through with: {error!r}")
        await _hush(bench)
        count = await _counted(site, load)
        trail = Trail(
            grace_s=fault.plan.grace_s, punctual=fault.plan.punctual, busy_s=watch.longest_wait_s
        )
        doctor = [*watch.faults, *await examine(site), *trail.replay(await events_of(site))]
        return Result(
            name=fault.name,
            seconds=time.monotonic() - began,
            chats=watch.most_at_work,
            count=count,
            agents=_agents(site, load),
            doctor=doctor,
            others=[*bench.faults, *load.stage.faults],
            notes=[
                f"re-queued: {trail.requeues}, closed as disconnected: {trail.disconnects}",
                f"the store's longest answer: {watch.longest_wait_s:.1f} s",
                f"requests refused: {dict(load.stage.refusals)}",
            ],
            logs=site.logs(),
        )


async def _go_through(fault: Fault, bench: Bench) -> None:
    await bench.load.full()
    await bench.steady()
    await fault.inject(bench)
    bench.watch.faults += await examine(bench.site)
    await bench.load.all_online()
    await bench.steady()


async def _hush(bench: Bench) -> None:
    clients = (client.hush(timeout=HUSH_S) for client in bench.site.clients)
    hushed = bench.load.hush(timeout=HUSH_S), *clients
    for what in await asyncio.gather(*hushed, return_exceptions=True):
        bench.check(not isinstance(what, Exception), f"not all was answered: {what}")


def _agents(site: Site, load: Load) -> set[str]:
    agents = {bot.uid for bot in load.bots if bot.is_agent}
    return agents | {client.name for client in site.clients if client.is_agent}


async def _counted(site: Site, load: Load) -> Count:
    """Close the ledgers; what is stored may still be on its way to a screen."""
    deadline = time.monotonic() + HUSH_S
    async with site.store() as store:
        while True:
            ledger = _all_accounts(site, load)
            stored = {pair: await _history(store, pair) for pair in ledger.pairs()}
            count = _all_accounts(site, load).close(stored)
            if not count.faults or time.monotonic() > deadline:
                return count


def _all_accounts(site: Site, load: Load) -> Ledger:
    ledger = Ledger()
    ledger.include(load.stage.ledger)
    for client in site.clients:
        copy(client.journal, ledger)
    return ledger


async def _history(store: Store, pair: Pair) -> list[Said]:
    one, other = pair
    messages: list[Said] = []
    while True:
        # A uid may read any conversation of its own; its role is of no matter to that.
        page = await store.history(
            Uid(one), role="customer", peer=Uid(other), after=len(messages), limit=PAGE
        )
        stored = (msgspec.json.decode(message, type=StoredMessage) for message in page.messages)
        messages += map(Said.of, stored)
        if not page.more:
            return messages
