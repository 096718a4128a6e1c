"""The CPU and the time of a message: stored, acked and delivered, beside a bare relay."""

import asyncio
import sys
from dataclasses import dataclass

import msgspec

from benchmarks.pairs import Outcome, Task
from benchmarks.servers import Running, cpu_s
from imchat import tokens

PAIRS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A run: messages a second, and CPU a message of each, µs."""

    name: str
    a_second: float
    server_us: float
    store_us: float
    load_us: float
    outcome: Outcome


async def measure(
    name: str, site: Running, *, seconds: float, rate: float | None = None, relay: bool = False
) -> Row:
    """Let pairs talk and see what it costs."""
    pairs = [
        (_token(site, "customer", f"customer-{n}"), _token(site, "agent", f"agent-{n}"))
        for n in range(PAIRS)
    ]
    task = Task(urls=site.urls, pairs=pairs, seconds=seconds, rate=rate, relay=relay)
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.pairs",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )
    watched = [*site.pids, *([site.store_pid] if site.store_pid else [])]
    said, used = await asyncio.gather(
        load.communicate(msgspec.json.encode(task)), _used(watched, seconds)
    )
    outcome = msgspec.json.decode(said[0], type=Outcome)
    a_second = outcome.messages / outcome.seconds
    server = sum(used[pid] for pid in site.pids)
    store = used[site.store_pid] if site.store_pid else 0.0
    return Row(
        name, a_second, 1e6 * server / a_second, 1e6 * store / a_second,
        1e6 * outcome.cpu_s / outcome.messages, outcome,
    )


async def _used(pids: list[int], seconds: float) -> dict[int, float]:
    """CPU a second of each process, in the middle of the run."""
    await asyncio.sleep(4 + seconds * 0.1)
    before = {pid: cpu_s(pid) for pid in pids}
    span = seconds * 0.7
    await asyncio.sleep(span)
    return {pid: (cpu_s(pid) - before[pid]) / span for pid in pids}


def _token(site: Running, role: str, uid: str) -> str:
    who = tokens.identity(uid, role, capacity=1 if role == "agent" else None)
    return tokens.mint(site.secret, who, ttl_s=3_600)
