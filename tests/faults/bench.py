"""One fault from beginning to end: a site, a load, the fault, and the count."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from imchat.ids import Uid
from imchat.protocol import StoredMessage
from imchat.store.store import Store
from tests.faults.doctor import Watch, events_of, examine, watching
from tests.faults.ledger import Count, Pair, Said
from tests.faults.load import Load, Shape, loading
from tests.faults.site import Plan, Site, running_site
from tests.faults.trail import Trail

HUSH_S = 60.0
"""So long after the last message was sent it must be answered, and shown to the other."""
PAGE = 500


@dataclass(slots=True, kw_only=True)
class Bench:
    """What a fault is done to."""

    site: Site
    load: Load
    watch: Watch
    steady_s: float
    notes: list[str] = field(default_factory=list)
    """What else is worth telling of the run."""
    faults: list[str] = field(default_factory=list)
    """What the fault itself found wrong."""

    async def steady(self, share: float = 1.0) -> None:
        """Let the load go on for a while."""
        await asyncio.sleep(self.steady_s * share)

    def check(self, true_so: bool, otherwise: str) -> None:
        """Note a fault if it is not so."""
        if not true_so:
            self.faults.append(otherwise)


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
    """What came of it."""

    fault: Fault
    seconds: float
    chats: int
    count: Count
    doctor: list[str]
    faults: list[str]
    notes: list[str]
    logs: str

    @property
    def all_faults(self) -> list[str]:
        """Every sentence of what is wrong."""
        return [*self.faults, *self.doctor, *self.count.faults]


async def run(fault: Fault, *, shape: Shape, steady_s: float) -> Result:
    """Do it to a site under load; the same steady time before and after it."""
    began = time.monotonic()
    async with _bench(fault.plan, shape, steady_s) as bench:
        site, load, watch = bench.site, bench.load, bench.watch
        await load.full()
        await bench.steady()
        await fault.inject(bench)
        doctor = await examine(site)
        await load.all_online()
        await bench.steady()
        await load.hush(timeout=HUSH_S)
        count = await _counted(site, load)
        doctor += await examine(site)
        trail = Trail(grace_s=fault.plan.grace_s, punctual=fault.plan.punctual)
        doctor += trail.replay(await events_of(site))
        return Result(
            fault=fault,
            seconds=time.monotonic() - began,
            chats=watch.most_at_work,
            count=count,
            doctor=[*watch.faults, *doctor],
            faults=[*bench.faults, *load.faults],
            notes=[
                *bench.notes,
                f"{trail.requeues} chats re-queued, {trail.disconnects} closed as disconnected",
                f"requests refused: {dict(load.refusals)}",
            ],
            logs=site.logs(),
        )


@contextlib.asynccontextmanager
async def _bench(plan: Plan, shape: Shape, steady_s: float) -> AsyncIterator[Bench]:
    async with (
        running_site(plan) as site,
        watching(site) as watch,
        loading([site.front.url, site.side.url], site.token, shape) as load,
    ):
        yield Bench(site=site, load=load, watch=watch, steady_s=steady_s)


async def _counted(site: Site, load: Load) -> Count:
    """Close the ledger; what is stored may still be on its way to a screen."""
    deadline = time.monotonic() + HUSH_S
    async with site.store() as store:
        stored = {pair: await _history(store, pair) for pair in load.ledger.pairs()}
    while (count := load.ledger.close(stored)).lost and time.monotonic() < deadline:
        await asyncio.sleep(1)
    return count


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
