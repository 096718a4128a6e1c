"""The faults: each a function of a bench that does it and waits until it is over."""

import asyncio
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.bench import Bench, Fault, Inject
from tests.faults.processes import PACKAGE, Node
from tests.faults.site import Plan
from tests.support import eventually

FAULTS: dict[str, Fault] = {}

LEASE_S = 10.0
OUTAGE_S = 3.0
CUTS = 10


def fault(name: str, *, plan: Plan | None = None) -> Callable[[Inject], Inject]:
    """Put a fault into the matrix under this name."""

    def add(inject: Inject) -> Inject:
        what = " ".join((inject.__doc__ or "").split())
        FAULTS[name] = Fault(name=name, what=what, inject=inject, plan=plan or Plan())
        return inject

    return add


# --- nodes ------------------------------------------------------------------------


@fault("node-kill")
async def node_kill(bench: Bench) -> None:
    """A node is killed; its clients go on at the other, and its lease runs out."""
    victim = bench.site.nodes[0]
    await victim.kill()
    bench.site.forget(victim)
    await bench.load.all_online()
    await bench.site.has_nodes(1)


@fault("node-pause")
async def node_pause(bench: Bench) -> None:
    """A node hangs for longer than its lease, finds itself declared dead, and starts anew."""
    victim = bench.site.nodes[0]
    victim.signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE_S + 2)
    await bench.site.has_nodes(1)
    victim.signal(signal.SIGCONT)
    await bench.site.has_nodes(2)
    bench.check("was declared dead" in victim.tail(), "the node did not notice that it was dead")


# --- the store --------------------------------------------------------------------


@fault("store-kill", plan=Plan(punctual=False))
async def store_kill(bench: Bench) -> None:
    """Valkey is killed and started again: 503 meanwhile, and no client loses its connection."""
    assert bench.site.valkey is not None
    connections = bench.site.connections
    await bench.site.valkey.kill()
    await bench.site.is_healthy(False)
    await asyncio.sleep(OUTAGE_S)
    await bench.site.valkey.start()
    await bench.site.is_healthy(True)
    bench.check(bench.site.connections == connections, "clients lost their connections")
