"""The load: pairs of a customer and an agent, so many messages in flight in each.

A process of its own for each kind of server, with a Task as JSON on its standard input; it
says a line when it begins to measure, and then an Outcome. It times a message by its id,
which is a number of its own.
"""

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
import uvloop

WARM_UP_S = 2.0
BODY = b"x" * 120


class Task(msgspec.Struct):
    """What to do; `pairs` holds the tokens of a customer and its agent.

    Customers connect to the first of `urls`, agents to the last. A relay passes on what it
    is sent, so there a delivery takes the place of the ack, as it does in every server that
    acks nothing. `rate` is messages a second
    of all together; without it each pair keeps `in_flight` of them going.
    """

    urls: list[str]
    pairs: list[tuple[str, str]]
    seconds: float
    in_flight: int = 4
    rate: float | None = None
    relay: bool = False


class Outcome(msgspec.Struct):
    """Of the measured time alone. `acks_ms` and `deliveries_ms`: p50, p99, longest."""

    messages: int
    seconds: float
    cpu_s: float
    began_at: float
    ended_at: float
    acks_ms: tuple[float, float, float]
    deliveries_ms: tuple[float, float, float]


@dataclass(slots=True)
class Clock:
    """When each message under way was sent, and how long those took that arrived."""

    sent_at: dict[bytes, float] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)

    def stop(self, id: bytes) -> None:
        """It arrived."""
        sent_at = self.sent_at.pop(id, None)
        if sent_at is not None:
            self.took_s.append(time.perf_counter() - sent_at)

    def summary(self) -> tuple[float, float, float]:
        """The p50, p99 and longest, ms."""
        took = sorted(self.took_s) or [0.0]
        return tuple(1e3 * took[min(int(len(took) * s), len(took) - 1)] for s in (0.5, 0.99, 1))  # type: ignore[return-value]


class Pair:
    """A customer that writes and an agent that reads; how they do it, each kind says."""

    def __init__(
        self, task: Task, acks: Clock, deliveries: Clock, done: Callable[[], None]
    ) -> None:
        self.task = task
        self.ready = asyncio.Event()
        self._acks, self._deliveries = acks, deliveries
        self._done = done

    async def begin(self, tokens: tuple[str, str]) -> None:
        """Connect both, the agent first, and have them ready to talk."""
        raise NotImplementedError

    def write(self, id: int) -> None:
        """Put one message on the customer's wire."""
        raise NotImplementedError

    def send(self, id: int) -> None:
        """One message."""
        key = b"%d" % id
        self._acks.sent_at[key] = self._deliveries.sent_at[key] = time.perf_counter()
        self.write(id)

    def acked(self, id: bytes) -> None:
        """The server has taken it: time for the next."""
        self._acks.stop(id)
        self._done()

    def delivered(self, id: bytes, *, also_acked: bool = False) -> None:
        """The agent has it, which may be all that the customer would ever hear."""
        self._deliveries.stop(id)
        if also_acked:
            self.acked(id)


def id_in(data: bytes) -> bytes:
    """The id that stands in a frame of JSON."""
    start = data.index(b'"id":"') + 6
    return data[start : data.index(b'"', start)]


def lost(wire: object) -> None:
    """No connection may end."""
    sys.exit(f"a connection was lost: {getattr(wire, 'how_it_ended', 'it was cut')}")


async def run(task: Task, kind: type[Pair]) -> Outcome:
    """Warm up, measure, and stop."""
    acks, deliveries = Clock(), Clock()
    ids = itertools.count(1)
    stopping = False
    pairs: list[Pair] = []

    def make(tokens: tuple[str, str]) -> Pair:
        def next_one() -> None:
            if task.rate is None and not stopping:
                pair.send(next(ids))

        pair = kind(task, acks, deliveries, next_one)
        return pair

    for tokens in task.pairs:
        pairs.append(make(tokens))
        await pairs[-1].begin(tokens)
    pacing = None
    if task.rate is None:
        for pair in pairs:
            for _ in range(task.in_flight):
                pair.send(next(ids))
    else:
        pacing = asyncio.create_task(_pace(pairs, ids, task.rate))
    await asyncio.sleep(WARM_UP_S)
    for clock in (acks, deliveries):
        clock.took_s.clear()
    print("measuring", flush=True)
    began_at, cpu_s, began = time.time(), time.process_time(), time.perf_counter()
    await asyncio.sleep(task.seconds)
    outcome = Outcome(
        messages=len(deliveries.took_s),
        seconds=time.perf_counter() - began,
        cpu_s=time.process_time() - cpu_s,
        began_at=began_at,
        ended_at=time.time(),
        acks_ms=acks.summary(),
        deliveries_ms=deliveries.summary(),
    )
    stopping = True
    if pacing is not None:
        pacing.cancel()
    return outcome


async def _pace(pairs: list[Pair], ids: Iterator[int], rate: float) -> None:
    """So many messages a second, spread evenly over the pairs."""
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    turns = itertools.cycle(pairs)
    while True:
        due = int((loop.time() - began) * rate)
        for _ in range(due - sent):
            next(turns).send(next(ids))
        sent = due
        await asyncio.sleep(0.001)


def main(kind: type[Pair]) -> None:
    """Do the Task on the standard input."""
    gc.disable()
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    print(msgspec.json.encode(uvloop.run(run(task, kind))).decode(), flush=True)
