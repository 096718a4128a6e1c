"""Agents and customers put on a site by calling the store, with a clock that a test moves."""

import itertools
from collections.abc import Sequence
from hashlib import sha1
from typing import Any, Literal

import msgspec

from imchat.ids import ChatId, Desk, Uid
from imchat.store import facts
from imchat.store.store import Post, Store, tail_of

BEGAN = 1_700_000_000_000
"""What the site's clock says first, ms."""
NODE = "node-1"

HEARD: "msgspec.msgpack.Decoder[list[facts.Heard]]" = msgspec.msgpack.Decoder(list[facts.Heard])


def heard_in(inbox: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> list[facts.Heard]:
    """What the entries of an inbox tell, in order."""
    return [heard for _, entry in inbox for heard in HEARD.decode(entry[b"told"])]


def picked(customer: str, bucket: Sequence[str]) -> str:
    """Whom of a bucket the protocol gives to a customer."""
    return bucket[int(sha1(customer.encode()).hexdigest()[:8], 16) % len(bucket)]


class People:
    """Who is on the site of `store`, and what its keys say of them.

    Every uid has a connection of its own name (`a@node-1`), and may have others.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.redis: Any = store._redis  # its types name every form that a reply may have
        self.now = BEGAN
        self._ids = itertools.count(1)

    def key(self, name: str) -> str:
        """The whole name of a key."""
        return f"{self.store.library._key}:{name}"

    # --- the clock and the nodes ----------------------------------------------

    @property
    def now(self) -> int:
        """The site's clock, ms."""
        assert self.store.library.now is not None
        return self.store.library.now

    @now.setter
    def now(self, now: int) -> None:
        self.store.library.now = now

    async def join(self, node: str = NODE) -> facts.Lease:
        """A node begins to live."""
        return await self.store.lease(node, join=True)

    async def pass_time(self, seconds: float, *, alive: Sequence[str] = (NODE,)) -> None:
        """Move the clock, then let these nodes renew their leases and one of them sweep."""
        self.now += round(seconds * 1000)
        for node in alive:
            await self.store.lease(node)
        await self.store.sweep()

    # --- coming and going -----------------------------------------------------

    async def connect(
        self,
        uid: str,
        role: str,
        *,
        node: str = NODE,
        connection: str | None = None,
        capacity: int = 3,
        desks: Sequence[str] = ("default",),
        name: str | None = None,
    ) -> facts.Present:
        """A connection of a uid."""
        return await self.store.connect(
            Uid(uid),
            role=role,
            name=name or uid.title(),
            node=node,
            connection=connection or f"{uid}@{node}",
            capacity=capacity,
            desks=[Desk(desk) for desk in desks],
        )

    async def agent(self, uid: str, *, chats: int = 0, **settings: Any) -> None:
        """An agent comes online and takes so many chats; others must not stand below it."""
        await self.connect(uid, "agent", **settings)
        for desk in (settings.get("desks", ("default",))[0],) * chats:
            given = await self.asks(f"guest-{next(self._ids)}", desk=desk)
            assert isinstance(given, facts.Assigned)
            assert given.chat.agent == uid

    async def disconnect(
        self, uid: str, *, node: str = NODE, connection: str | None = None
    ) -> None:
        """A connection of a uid is gone."""
        await self.store.disconnect(Uid(uid), node=node, connection=connection or f"{uid}@{node}")

    # --- chats ----------------------------------------------------------------

    async def request(
        self,
        customer: str,
        *,
        desk: str = "default",
        topic: str | None = None,
        node: str = NODE,
        connection: str | None = None,
    ) -> facts.Assigned | facts.Queued:
        """A customer that is connected asks for an agent."""
        return await self.store.request(
            Uid(customer),
            name=customer.title(),
            desk=Desk(desk),
            topic=topic,
            connection=connection or f"{customer}@{node}",
        )

    async def asks(
        self, customer: str, *, desk: str = "default", topic: str | None = None
    ) -> facts.Assigned | facts.Queued:
        """A customer connects and asks for an agent."""
        await self.connect(customer, "customer")
        return await self.request(customer, desk=desk, topic=topic)

    async def assigned(self, customer: str, *, topic: str | None = None) -> facts.Chat:
        """A customer connects, asks and is served at once: its chat."""
        given = await self.asks(customer, topic=topic)
        assert isinstance(given, facts.Assigned)
        return given.chat

    async def close(self, uid: str, *, chat: str | None = None) -> facts.Closed:
        """Somebody closes the chat given, its open one, or the oldest that it serves."""
        role: Literal["customer", "agent"] = (
            "agent" if await self.redis.get(self.key(f"role:{uid}")) == b"agent" else "customer"
        )
        open_chat = await self.redis.get(self.key(f"open:{uid}"))
        serving = sorted(await self.redis.smembers(self.key(f"serving:{uid}")), key=int)
        id = chat or (open_chat or serving[0]).decode()
        return await self.store.close(
            ChatId(id), uid=Uid(uid), role=role, connection=f"{uid}@{NODE}"
        )

    async def status(self, agent: str, state: Literal["online", "away"]) -> facts.AgentStatus:
        """An agent says whether it takes new chats."""
        return await self.store.status(Uid(agent), state=state, connection=f"{agent}@{NODE}")

    def message(
        self,
        sender: str,
        to: str,
        role: Literal["customer", "agent"],
        *,
        id: str | None = None,
        body: str = "Hello",
        connection: str | None = None,
    ) -> Post:
        """A message that is not yet stored."""
        id = id or f"m-{next(self._ids)}"
        return Post(
            sender=Uid(sender),
            to=Uid(to),
            role=role,
            id=id,
            tail=tail_of(id=id, body=body),
            connection=connection or f"{sender}@{NODE}",
        )

    async def say(
        self, sender: str, to: str, role: Literal["customer", "agent"], **message: Any
    ) -> facts.PostResult:
        """Store one message."""
        [result] = await self.store.post([self.message(sender, to, role, **message)])
        return result

    # --- what the keys say, read without the library ----------------------------

    async def buckets(self, desk: str = "default") -> dict[int, list[str]]:
        """The tier buckets that are not empty, each in the order of arrival."""
        pattern = self.key(f"tier:{desk}:*")
        found = {
            int(key.decode().rpartition(":")[2]): await self.redis.zrange(key, 0, -1)
            async for key in self.redis.scan_iter(pattern, count=1000)
        }
        return {tier: [uid.decode() for uid in found[tier]] for tier in sorted(found)}

    async def tier(self, desk: str = "default") -> int | None:
        """The current tier, by its definition: the lowest bucket that is not empty."""
        return min(await self.buckets(desk), default=None)

    async def queue(self, desk: str = "default") -> list[str]:
        """The customers that wait, in order."""
        ids = await self.redis.zrange(self.key(f"queue:{desk}"), 0, -1)
        return [
            (await self.redis.hget(self.key(f"chat:{id.decode()}"), "customer")).decode()
            for id in ids
        ]

    async def customers(self, agent: str) -> list[str]:
        """Whom an agent serves, the oldest chat first."""
        site = await self.store.site()
        return next((list(a.customers) for a in site.agents if a.uid == agent), [])

    async def chat(self, id: str) -> dict[str, str]:
        """The record of a chat."""
        found = await self.redis.hgetall(self.key(f"chat:{id}"))
        return {name.decode(): value.decode() for name, value in found.items()}

    async def heard(
        self, uid: str, *, node: str = NODE, connection: str | None = None
    ) -> list[facts.Told]:
        """What a connection of a uid was told, in order."""
        inbox = heard_in(await self.redis.xrange(self.key(f"inbox:{node}")))
        mine = connection or f"{uid}@{node}"
        return [heard.fact for heard in inbox if heard.to == uid and heard.skip != mine]

    async def events(self, *kinds: str) -> list[dict[str, str]]:
        """The audit log's entries of these kinds, or all of them."""
        entries = await self.redis.xrange(self.key("events"))
        plain = [{k.decode(): v.decode() for k, v in entry.items()} for _, entry in entries]
        return [entry for entry in plain if not kinds or entry["what"] in kinds]
