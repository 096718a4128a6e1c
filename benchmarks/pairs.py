"""The load: pairs of a customer and an agent, so many messages in flight in each.

A process of its own, `python -m benchmarks.pairs` with a Task as JSON on its standard
input; it prints an Outcome. It times a message by its id, which is a number of its own.
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

from benchmarks.wire import Wire, dial
from imchat import protocol
from imchat.ids import Uid
from imchat.tokens import uid_in

WARM_UP_S = 2.0
BODY = "x" * 120


class Task(msgspec.Struct):
    """What to do; `pairs` holds the tokens of a customer and its agent.

    Customers connect to the first of `urls`, agents to the last. A relay passes on what it
    is sent, so there a delivery takes the place of the ack. `rate` is messages a second
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
    """A customer that writes and an agent that reads."""

    def __init__(
        self, task: Task, acks: Clock, deliveries: Clock, done: Callable[[], None]
    ) -> None:
        self._task = task
        self._acks, self._deliveries = acks, deliveries
        self._done = done
        self._to: Uid | None = None
        self.ready = asyncio.Event()
        self.sending = False

    async def begin(self, tokens: tuple[str, str]) -> None:
        """Connect both, the agent first, and have the customer assigned."""
        self._agent = uid_in(tokens[1])
        for url, token, heard in (
            (self._task.urls[-1], tokens[1], self._agent_heard),
            (self._task.urls[0], tokens[0], self._customer_heard),
        ):
            self._customer = await dial(
                url, protocol.Hello(token=token), heard, _lost, address="127.0.0.1"
            )
        await self.ready.wait()

    def send(self, id: int) -> None:
        """One message."""
        data = b'{"type":"message","id":"%d","to":"%s","body":"%s"}' % (
            id, (self._to or "").encode(), BODY.encode(),
        )
        self._acks.sent_at[b"%d" % id] = self._deliveries.sent_at[b"%d" % id] = time.perf_counter()
        self._customer.write(data)

    def _agent_heard(self, _: Wire, data: bytes) -> None:
        if data.startswith(b'{"type":"message"'):
            self._deliveries.stop(_id_in(data))
            if self._task.relay:
                self._acks.stop(_id_in(data))
                self._done()

    def _customer_heard(self, wire: Wire, data: bytes) -> None:
        if data.startswith(b'{"type":"ack"'):
            self._acks.stop(_id_in(data))
            self._done()
        elif data.startswith(b'{"type":"welcome"'):
            if self._task.relay:
                self._to = self._agent
                self.ready.set()
            else:
                wire.say(protocol.Request())
        elif data.startswith(b'{"type":"assigned"'):
            self._to = msgspec.json.decode(data)["chat"]["agent"]
            self.ready.set()


def _id_in(data: bytes) -> bytes:
    start = data.index(b'"id":"') + 6
    return data[start : data.index(b'"', start)]


def _lost(_: Wire) -> None:
    sys.exit("a connection was lost")


async def run(task: Task) -> Outcome:
    """Warm up, measure, and stop."""
    acks, deliveries = Clock(), Clock()
    ids = itertools.count(1)
    stopping = False
    pairs: list[Pair] = []

    def make(tokens: tuple[str, str]) -> Pair:
        def next_one() -> None:
            if task.rate is None and not stopping:
                pair.send(next(ids))

        pair = Pair(task, acks, deliveries, next_one)
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


if __name__ == "__main__":
    gc.disable()
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(given))))
