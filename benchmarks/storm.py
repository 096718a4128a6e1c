"""Thousands of clients come back at the same moment, while others chat on.

    python -m benchmarks storm [--clients 5000] [--workers 1]

A quarter of the clients are agents, each holding three chats; the rest their customers.
All lose their connection at once and dial again at once, without any backoff: worse than
what imchat's own client does. Beside them 50 chats go on, whose acks are timed.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks import servers
from benchmarks.options import Options
from benchmarks.people import Person, chat_on, come_gently, crowd
from imchat import protocol

BESIDE = 50
CALM_S = 5.0
CAPACITY = 3
GRACE_S = 120


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


@dataclass(frozen=True, slots=True)
class Acks:
    """How long the acks of the chats beside took, ms."""

    count: int
    p50_ms: float
    p99_ms: float
    longest_ms: float

    @classmethod
    def of(cls, acks_s: Sequence[float]) -> Self:
        """The percentiles of so many seconds."""
        halves, most = percentile(acks_s, 0.5), percentile(acks_s, 0.99)
        return cls(len(acks_s), 1e3 * halves, 1e3 * most, 1e3 * max(acks_s))

    def __str__(self) -> str:
        return (
            f"{self.count} acks, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, "
            f"longest {self.longest_ms:.0f} ms"
        )


@dataclass(frozen=True, slots=True)
class Storm:
    """When they were served again, and how the others fared."""

    clients: int
    dials: int
    half_s: float
    all_s: float
    found_chats: int
    before: Acks
    meanwhile: Acks

    def __str__(self) -> str:
        return (
            f"clients           {self.clients}, {self.dials} dials\n"
            f"served again      half in {self.half_s:.1f} s, all in {self.all_s:.1f} s\n"
            f"found their chats {self.found_chats}\n"
            f"acks before       {self.before}\n"
            f"acks meanwhile    {self.meanwhile}"
        )


async def set_stage(url: str, secret: str, clients: int) -> tuple[list[Person], list[Person]]:
    """Have everybody in a chat; gives who will be lost, and the customers beside."""
    beside = crowd(secret, "beside", "customer", BESIDE)
    agents = crowd(secret, "storm", "agent", clients // 4)
    customers = crowd(secret, "storm", "customer", clients - len(agents))
    await come_gently(url, crowd(secret, "beside", "agent", -(-BESIDE // CAPACITY)))
    for some, none in ((beside, []), (customers, agents)):
        await come_gently(url, [*none, *some])
        for person in some:
            assert person.wire is not None
            person.wire.say(protocol.Request())
        await asyncio.gather(*(person.assigned.wait() for person in some))
    return [*agents, *customers], beside


async def storm(url: str, secret: str, clients: int) -> Storm:
    """Set the stage, cut, and see how it goes."""
    everybody, beside = await set_stage(url, secret, clients)
    chatting = [asyncio.create_task(chat_on(person)) for person in beside]
    await asyncio.sleep(CALM_S)
    calm = [ack for person in beside for ack in person.acks_s]
    for person in (*beside, *everybody):
        person.acks_s.clear()
        person.tries = 0
    for person in everybody:
        assert person.wire is not None
        person.wire.cut()
    began = time.perf_counter()
    await asyncio.gather(*(person.come(url) for person in everybody))
    for task in chatting:
        task.cancel()
    await asyncio.gather(*(person.all_acked.wait() for person in beside))
    served = sorted(person.served_at - began for person in everybody)
    return Storm(
        clients=len(everybody),
        dials=sum(person.tries for person in everybody),
        half_s=served[len(served) // 2],
        all_s=served[-1],
        found_chats=sum(person.chats > 0 for person in everybody),
        before=Acks.of(calm),
        meanwhile=Acks.of([ack for person in beside for ack in person.acks_s]),
    )


async def run(options: Options) -> AsyncIterator[Storm]:
    """A new server for each round."""
    more = ["--workers", str(options.workers)] if options.workers > 1 else []
    for _ in range(options.rounds):
        async with servers.imchat("--grace", str(GRACE_S), *more) as site:
            yield await storm(site.urls[0], site.secret, options.clients)
