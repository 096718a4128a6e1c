"""The CPU and the time of a message: stored, acked and delivered, beside its peers."""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial

import msgspec

from benchmarks import servers
from benchmarks.load import Outcome, Task
from benchmarks.options import Options
from benchmarks.peers import channels, ejabberd, socketio
from benchmarks.peers.environment import NotHere
from benchmarks.servers import Running, busy_s, cpu_s
from imchat import tokens

PAIRS = 50
RELAY, IMCHAT, TWO_NODES, EJABBERD = "relay", "imchat", "imchat, two nodes", "ejabberd"
SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Running]]] = {
    RELAY: servers.relay,
    IMCHAT: servers.imchat,
    TWO_NODES: partial(servers.imchat, nodes=2),
    EJABBERD: ejabberd.running,
    "ejabberd, mod_mam": partial(ejabberd.running, stored=True),
    "python-socketio": socketio.running,
    "Django Channels": channels.running,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A run: messages a second, and CPU a message of each, µs.

    `others_cores` of the machine were taken by what has no part in the run; the more, the
    less the absolute figures say.
    """

    name: str
    a_second: float
    server_us: float
    store_us: float
    load_us: float
    others_cores: float
    outcome: Outcome

    def __str__(self) -> str:
        took = self.outcome
        return (
            f"{self.name:<18}{self.a_second:>7.0f} messages/s   CPU a message, µs: "
            f"server {self.server_us:>6.1f}  store {self.store_us:>6.1f}  "
            f"load {self.load_us:>6.1f}   p50 and p99, ms: "
            f"ack {took.acks_ms[0]:>5.1f} {took.acks_ms[1]:>6.1f}  "
            f"delivery {took.deliveries_ms[0]:>5.1f} {took.deliveries_ms[1]:>6.1f}   "
            f"others {self.others_cores:.1f} cores"
        )


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that cannot be measured here."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name:<18}left out: {self.why}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """CPU a message over CPU a message, in the same round; the median of all rounds."""

    name: str
    of_rounds: list[float]

    def __str__(self) -> str:
        each = ", ".join(f"{ratio:.2f}" for ratio in self.of_rounds)
        return f"{self.name:<44}{statistics.median(self.of_rounds):>6.2f}   ({each})"


async def run(options: Options) -> AsyncIterator[Row | Missing | Ratio]:
    """All subjects in turn, so often; the machine may be noisy, so compare within a round."""
    rounds: list[dict[str, Row]] = []
    missing: set[str] = set()
    for _ in range(options.rounds):
        rounds.append({})
        for name, start in SUBJECTS.items():
            if name in missing or (options.only and name not in options.only):
                continue
            try:
                async with start() as site:
                    rounds[-1][name] = await measure(name, site, seconds=options.seconds)
                    yield rounds[-1][name]
            except NotHere as error:
                missing.add(name)
                yield Missing(name, str(error))
    for ratio in _ratios(rounds):
        yield ratio


def _ratios(rounds: list[dict[str, Row]]) -> list[Ratio]:
    ratios = []
    for own in (IMCHAT, TWO_NODES):
        both = [(r[own], r[RELAY]) for r in rounds if own in r and RELAY in r]
        if both:
            name = f"{own}: nodes / bare relay"
            ratios.append(Ratio(name, [a.server_us / b.server_us for a, b in both]))
        both = [(r[own], r[EJABBERD]) for r in rounds if own in r and EJABBERD in r]
        if both:
            name = f"{own}: (nodes + store) / ejabberd"
            sums = [(a.server_us + a.store_us) / b.server_us for a, b in both]
            ratios.append(Ratio(name, sums))
    return ratios


async def measure(
    name: str, site: Running, *, seconds: float, rate: float | None = None
) -> Row:
    """Let pairs talk and see what it costs."""
    pairs = [
        (_token(site, "customer", f"customer-{n}"), _token(site, "agent", f"agent-{n}"))
        for n in range(PAIRS)
    ]
    task = Task(urls=site.urls, pairs=pairs, seconds=seconds, rate=rate, relay=site.relay)
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", site.load,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdin.write(msgspec.json.encode(task))
    load.stdin.write_eof()
    if not await load.stdout.readline():
        raise RuntimeError(f"the load on {name} ended before it measured")
    watched = [*site.pids, *([site.store_pid] if site.store_pid else [])]
    used, others_cores = await _used([*watched, load.pid], seconds)
    outcome = msgspec.json.decode(await load.stdout.read(), type=Outcome)
    await load.wait()
    a_second = outcome.messages / outcome.seconds
    server = sum(used[pid] for pid in site.pids)
    store = used[site.store_pid] if site.store_pid else 0.0
    return Row(
        name, a_second, 1e6 * server / a_second, 1e6 * store / a_second,
        1e6 * outcome.cpu_s / outcome.messages, others_cores, outcome,
    )


async def _used(pids: list[int], seconds: float) -> tuple[dict[int, float], float]:
    """CPU a second of each process, in the middle of the run, and of all others."""
    await asyncio.sleep(seconds * 0.1)
    began, busy, before = time.monotonic(), busy_s(), {pid: cpu_s(pid) for pid in pids}
    await asyncio.sleep(seconds * 0.8)
    span = time.monotonic() - began
    used = {pid: (cpu_s(pid) - before[pid]) / span for pid in pids}
    return used, max((busy_s() - busy) / span - sum(used.values()), 0.0)


def _token(site: Running, role: str, uid: str) -> str:
    who = tokens.identity(uid, role, capacity=1 if role == "agent" else None)
    return tokens.mint(site.secret, who, ttl_s=3_600)
