"""The people of a storm: each a uid with one connection, which comes back when it is cut."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from benchmarks.wire import Wire, dial, kind_of
from imchat import protocol, tokens
from imchat.ids import Uid

ADDRESSES = [f"127.0.0.{n}" for n in range(2, 12)]
AT_A_TIME = 100
"""So many dial together while the stage is set."""
PACE_S = 0.5


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
