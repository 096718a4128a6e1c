"""Thousands of clients come back at the same moment, while others chat on.

    python -m benchmarks.storm [--clients 5000] [--workers 1]

A quarter of the clients are agents, each holding three chats; the rest their customers.
All lose their connection at once and dial again at once, without any backoff: worse than
what imchat's own client does. Beside them 50 chats go on, whose acks are timed.
"""

import argparse
import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import uvloop

from benchmarks.wire import Wire, dial, kind_of
from imchat import protocol, tokens
from imchat.ids import Uid

ADDRESSES = [f"127.0.0.{n}" for n in range(2, 12)]
AT_A_TIME = 100
"""So many dial together while the stage is set."""
BESIDE = 50
PACE_S = 0.5
CALM_S = 5.0
CAPACITY = 3
GRACE_S = 120


@dataclass
class Person:
    """One uid, its connection, and when it was served again."""

    uid: Uid
    role: protocol.Role
    token: str
    address: str
    wire: Wire | None = None
    chats: int = 0
    peer: Uid | None = None
    assigned: asyncio.Event = field(default_factory=asyncio.Event)
    served: asyncio.Event = field(default_factory=asyncio.Event)
    served_at: float = 0.0
    tries: int = 0
    sent_at: dict[str, float] = field(default_factory=dict)
    all_acked: asyncio.Event = field(default_factory=asyncio.Event)
    acks_s: list[float] = field(default_factory=list)

    def heard(self, _: Wire, data: bytes) -> None:
        """Take a frame of the server."""
        match kind_of(data):
            case "welcome":
                self.chats = len(msgspec.json.decode(data)["chats"])
                self.served_at = time.perf_counter()
                self.served.set()
            case "assigned":
                chat = msgspec.json.decode(data)["chat"]
                self.peer = chat["agent"] if self.role == "customer" else chat["customer"]
                self.assigned.set()
            case "ack":
                id = msgspec.json.decode(data)["id"]
                self.acks_s.append(time.perf_counter() - self.sent_at.pop(id))
                if not self.sent_at:
                    self.all_acked.set()
            case _:
                pass

    def lost(self, _: Wire) -> None:
        """The connection is gone."""
        self.wire = None

    def say(self, body: str) -> None:
        """Send a message to the other side of the chat."""
        assert self.wire is not None
        assert self.peer is not None
        id = f"{time.perf_counter_ns()}"
        self.sent_at[id] = time.perf_counter()
        self.all_acked.clear()
        self.wire.say(protocol.Send(id=id, to=self.peer, body=body))

    async def come(self, url: str) -> None:
        """Dial until welcomed."""
        self.served.clear()
        while True:
            self.tries += 1
            try:
                hello = protocol.Hello(token=self.token)
                self.wire = await dial(url, hello, self.heard, self.lost, address=self.address)
                async with asyncio.timeout(10):
                    await self.served.wait()
            except (OSError, TimeoutError):
                if self.wire is not None:
                    self.wire.cut()
            else:
                return


def crowd(secret: str, prefix: str, role: protocol.Role, count: int) -> list[Person]:
    """So many people of a role."""
    people = []
    for n in range(count):
        who = tokens.identity(f"{prefix}-{role}-{n}", role)
        token = tokens.mint(secret, who, ttl_s=3_600)
        people.append(Person(who.uid, role, token, ADDRESSES[n % len(ADDRESSES)]))
    return people


async def come_gently(url: str, people: Sequence[Person]) -> None:
    """All of them, a hundred at a time."""
    for start in range(0, len(people), AT_A_TIME):
        await asyncio.gather(*(p.come(url) for p in people[start : start + AT_A_TIME]))


async def chat_on(person: Person) -> None:
    """Send a message every now and then, until cancelled."""
    while True:
        person.say("x" * 120)
        await asyncio.sleep(PACE_S)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def milliseconds(acks_s: Sequence[float]) -> str:
    """A line of percentiles."""
    return (
        f"{len(acks_s)} acks, p50 {percentile(acks_s, 0.5) * 1e3:.1f} ms,"
        f" p99 {percentile(acks_s, 0.99) * 1e3:.1f} ms, longest {max(acks_s) * 1e3:.0f} ms"
    )


async def set_stage(url: str, data_dir: Path, clients: int) -> tuple[list[Person], list[Person]]:
    """Have everybody in a chat; gives who will be lost, and the customers beside."""
    secret = tokens.read_secret(data_dir)
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


async def storm(url: str, data_dir: Path, clients: int) -> None:
    """Set the stage, cut, and print how it went."""
    everybody, beside = await set_stage(url, data_dir, clients)
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
    acks = [ack for person in beside for ack in person.acks_s]
    served = sorted(person.served_at - began for person in everybody)
    print(f"clients           {len(everybody)}, {sum(p.tries for p in everybody)} dials")
    print(f"served again      half in {served[len(served) // 2]:.1f} s, all in {served[-1]:.1f} s")
    print(f"found their chats {sum(p.chats > 0 for p in everybody)}")
    print(f"acks before       {milliseconds(calm)}")
    print(f"acks meanwhile    {milliseconds(acks)}")


async def main() -> None:
    """Run a server and the storm on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        more = ["--workers", str(options.workers)] if options.workers > 1 else []
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "imchat", "serve", "--port", "0", "--data-dir", directory,
            "--grace", str(GRACE_S), *more, stdout=asyncio.subprocess.PIPE,
        )
        assert server.stdout is not None
        found = re.search(r"listens on (\S+)", (await server.stdout.readline()).decode())
        assert found is not None
        try:
            await storm(found[1], Path(directory), options.clients)
        finally:
            server.terminate()
            await server.wait()
    print(f"machine           {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    uvloop.run(main())
