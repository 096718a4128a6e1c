"""The store: one typed method for each function of the Lua library.

Every method may be repeated: a call whose reply was lost is made again (`attempts`),
and the function finds that it was done.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

import msgspec
from msgspec.msgpack import Decoder
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from imchat.errors import SetupError, Unavailable
from imchat.ids import ChatId, Desk, Uid
from imchat.store import facts
from imchat.store.attempts import ATTEMPT_S
from imchat.store.counted import Counted
from imchat.store.erasing import Erasing
from imchat.store.events import LastEvents, Position, id_of, position_of, read_event
from imchat.store.heedful import HeedfulRedis, heeding
from imchat.store.library import Library
from imchat.store.remembering import Remembering

Side = Literal["customer", "agent"]
Staff = Literal["agent", "supervisor"]
Asker = Side | Staff
CONNECTIONS = 32
"""More calls at once wait for their turn; the store does one at a time anyway."""
AT_THE_DOOR = 12
"""Of these calls so many may be of those who come and go: a crowd must not keep others waiting."""
BLOCK_MS = 1_000
"""Less than ATTEMPT_S, after which a connection counts as lost."""
INBOX_BATCH = 16
"""Entries of an inbox that are read at once; an entry holds all that a call told the node."""
EVENTS_BATCH = 512
SWEEP_LIMIT = 200

F = TypeVar("F", bound=facts.Fact)


def _reply(kind: type[F]) -> "Decoder[F | facts.Refused]":
    return Decoder(kind | facts.Refused)


_DONE = _reply(facts.Done)
_PRESENT = _reply(facts.Present)
_STANDING: "Decoder[facts.Assigned | facts.Queued | facts.Refused]" = Decoder(
    facts.Assigned | facts.Queued | facts.Refused
)
_CLOSED = _reply(facts.Closed)
_TRANSFERRED = _reply(facts.Transferred)
_RATED = _reply(facts.Rated)
_CUSTOMER = _reply(facts.Customer)
_STATUS = _reply(facts.AgentStatus)
_STORED = _reply(facts.Stored)
_PAGE = _reply(facts.Page)
_LEASE = _reply(facts.Lease)
_SWEPT = _reply(facts.Swept)
_POSITIONS = _reply(facts.Positions)
_SITE = _reply(facts.Site)
_LOG = _reply(facts.RawLog)
_AUDIT = _reply(facts.Audit)
_HEARD: "Decoder[list[facts.Heard]]" = Decoder(list[facts.Heard])


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site is run by; all its nodes should have the same."""

    history_days: int = 30
    grace_s: float = 30
    max_queue: int = 1_000
    lease_s: float = 10
    pause_s: float = 5
    """So long without a sweep by any node, and the time counts against no lease and no grace."""


class Post(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A message to store. `tail` is the end of its JSON, made by `tail_of`."""

    sender: Uid
    to: Uid
    role: Side
    id: str
    tail: str
    connection: str


def tail_of(**fields: str) -> str:
    """The end of a stored message's JSON: what Lua does not know. It puts the rest before it."""
    return msgspec.json.encode(fields)[1:].decode()


class Store(Counted, Erasing, Remembering):
    """A site in a Valkey (9 or later) or a Redis (8 or later).

    All methods raise Unavailable when it does not answer, or when the `connection` that
    asks was given up for lost, and the RequestErrors that they name; then nothing was
    changed, or the same call may be made again.
    """

    def __init__(self, url: str, *, site: str = "main", rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        try:
            pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=ATTEMPT_S,
                socket_timeout=ATTEMPT_S,
                socket_connect_timeout=ATTEMPT_S,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise SetupError(f"{url!r} is no store's URL: {error}") from None
        self._redis = HeedfulRedis.from_pool(pool)
        self._door = asyncio.Semaphore(AT_THE_DOOR)
        settings = {
            "keep_s": self.rules.history_days * 86_400,
            "grace_ms": round(self.rules.grace_s * 1000),
            "max_queue": self.rules.max_queue,
            "pause_ms": round(self.rules.pause_s * 1000),
        }
        self.library = Library(self._redis, site, settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._redis.aclose()

    async def ping(self) -> None:
        """See whether the store answers. Raises Unavailable."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise Unavailable(f"the store does not answer: {error}") from error

    # --- presence ------------------------------------------------------------

    async def connect(
        self,
        uid: Uid,
        *,
        role: str,
        name: str,
        node: str,
        connection: str,
        capacity: int,
        desks: Sequence[Desk],
        since: int | None = None,
    ) -> facts.Present:
        """A connection of `uid` is there. Raises Conflict when the uid has another role.

        With `since`, ms, it is told which of its chats ended after that, up to a day ago.
        """
        async with self._door:
            return await self.library.call(
                "connect", _PRESENT, uid=uid, role=role, name=name, node=node,
                connection=connection, capacity=capacity, desks=desks, since=since,
            )

    async def disconnect(self, uid: Uid, *, node: str, connection: str) -> None:
        """A connection of `uid` is gone; with the last one its grace begins."""
        async with self._door:
            await self.library.call("disconnect", _DONE, uid=uid, node=node, connection=connection)

    async def lease(
        self, node: str, *, join: bool = False, read_to: str | None = None
    ) -> facts.Lease:
        """Begin (`join`) or renew a node's lease; what it read of its inbox is dropped."""
        return await self.library.call(
            "lease", _LEASE, node=node, join=join, read_to=read_to, lease_ms=self._lease_ms
        )

    async def retire(self, node: str) -> None:
        """End a node's lease at once."""
        await self.library.call("retire", _DONE, node=node)

    async def sweep(self) -> int:
        """Act on dead nodes and on graces that are over; gives how many things were done."""
        swept = await self.library.call(
            "sweep", _SWEPT, limit=SWEEP_LIMIT, lease_ms=self._lease_ms
        )
        return swept.count

    @property
    def _lease_ms(self) -> int:
        return round(self.rules.lease_s * 1000)

    # --- chats ---------------------------------------------------------------

    async def request(
        self, customer: Uid, *, name: str, desk: Desk, topic: str | None, connection: str
    ) -> facts.Assigned | facts.Queued:
        """Give the customer an agent or a place in the queue. Raises QueueFull.

        A chat that was closed again before the reply came through is told as it is.
        """
        return await self.library.call(
            "request", _STANDING, customer=customer, name=name, desk=desk, topic=topic,
            topic_tail=tail_of(body=topic) if topic else None, connection=connection,
            call=secrets.token_hex(8),
        )

    async def close(
        self, chat: ChatId, *, uid: Uid, role: Asker, connection: str
    ) -> facts.Closed:
        """Close a chat or leave the queue. Raises NotFound, Forbidden."""
        return await self.library.call(
            "close", _CLOSED, chat=chat, uid=uid, role=role, connection=connection
        )

    async def transfer(
        self,
        chat: ChatId,
        *,
        uid: Uid,
        role: Staff,
        connection: str,
        to: Uid | None = None,
        desk: Desk | None = None,
        call: str | None = None,
    ) -> facts.Transferred:
        """Give a chat to an agent, or to a desk. Raises NotFound, Forbidden, Conflict.

        The same `call` of the same uid is done once within a minute.
        """
        return await self.library.call(
            "transfer", _TRANSFERRED, chat=chat, uid=uid, role=role, connection=connection,
            to=to, desk=desk, call=call or secrets.token_hex(8),
        )

    async def rate(
        self, chat: ChatId, *, uid: Uid, score: int, comment: str, connection: str
    ) -> facts.Rated:
        """Rate a closed chat, once. Raises NotFound, Forbidden, Conflict."""
        return await self.library.call(
            "rate", _RATED, chat=chat, uid=uid, score=score, comment=comment,
            connection=connection,
        )

    async def status(
        self,
        agent: Uid,
        *,
        state: Literal["online", "away"],
        connection: str,
        by: Uid | None = None,
    ) -> facts.AgentStatus:
        """Set whether the agent takes new chats; `by` a supervisor. Raises NotFound."""
        return await self.library.call(
            "status", _STATUS, uid=by or agent, agent=agent, state=state, connection=connection
        )

    # --- conversations -------------------------------------------------------

    async def post(self, messages: Sequence[Post]) -> list[facts.PostResult]:
        """Store a batch, of one message at least, in one call; a result for each, in order."""
        flat = [field for message in messages for field in msgspec.structs.astuple(message)]
        return (await self.library.call("post", _STORED, messages=flat)).results

    async def typing(self, sender: Uid, *, to: Uid, role: Side) -> None:
        """Pass on that somebody writes. Raises NotFound."""
        await self.library.call("typing", _DONE, sender=sender, to=to, role=role)

    async def read(self, sender: Uid, *, to: Uid, role: Side, seq: int, connection: str) -> None:
        """Note up to where somebody has read. Raises NotFound."""
        await self.library.call(
            "read", _DONE, sender=sender, to=to, role=role, seq=seq, connection=connection
        )

    async def history(
        self,
        reader: Uid,
        *,
        role: Asker,
        peer: Uid,
        agent: Uid | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> facts.Page:
        """A page of a conversation, exclusive of `after` and `before`. Raises Forbidden.

        The reader's with `peer`, or that of `agent`.
        """
        return await self.library.call(
            "history", _PAGE, reader=reader, role=role, peer=peer, agent=agent, after=after,
            before=before, limit=limit,
        )

    # --- customers -----------------------------------------------------------

    async def customer(self, customer: Uid, *, uid: Uid, role: Staff) -> facts.Customer:
        """What is known of a customer. Raises NotFound, Forbidden."""
        return await self.library.call(
            "customer", _CUSTOMER, customer=customer, uid=uid, role=role
        )

    async def note(
        self, customer: Uid, *, body: str, uid: Uid, role: Staff, connection: str
    ) -> facts.Customer:
        """Note something about a customer; gives all that is known. Raises NotFound, Forbidden."""
        return await self.library.call(
            "note", _CUSTOMER, customer=customer, body=body, uid=uid, role=role,
            connection=connection,
        )

    # --- what is shown -------------------------------------------------------

    async def positions(self, chats: Sequence[ChatId]) -> list[facts.Queued]:
        """Where those of the chats stand that wait."""
        return (await self.library.call("positions", _POSITIONS, chats=chats)).waiting

    async def site(self) -> facts.Site:
        """All of the site as of one moment."""
        return await self.library.call("site", _SITE)

    async def log(self, limit: int) -> LastEvents:
        """The last so many events."""
        log = await self.library.call("log", _LOG, limit=limit)
        return LastEvents(
            position=position_of(log.read_to),
            events=[read_event(*entry) for entry in log.events],
        )

    async def audit(self) -> list[str]:
        """Every disagreement between the indexes, as sentences; none is what should be."""
        return (await self.examine()).faults

    async def examine(self) -> facts.Examined:
        """The audit, with what it looked at; the site may be at work meanwhile.

        One call looks at all that is open, as of one moment; any number of short ones at
        every key, each at what it compares as of its own moment.
        """
        part = await self.library.call("audit", _AUDIT)
        faults, looked_at = dict.fromkeys(part.faults), Counter(part.looked_at)
        while part.place is not None:
            part = await self.library.call("audit_on", _AUDIT, place=part.place)
            faults.update(dict.fromkeys(part.faults))
            looked_at.update(part.looked_at)
        return facts.Examined(faults=list(faults), **looked_at)

    # --- streams -------------------------------------------------------------

    async def read_inbox(self, stream: str, after: str) -> tuple[str, list[facts.Heard]]:
        """Wait for what the node must tell; gives the last entry's id and the facts in order."""
        entries = await self._read(stream, after, limit=INBOX_BATCH)
        heard = [heard for _, entry in entries for heard in _HEARD.decode(entry[1])]
        return (entries[-1][0].decode() if entries else after), heard

    async def read_events(
        self, stream: str, after: Position, *, block_ms: int
    ) -> list[facts.Event]:
        """Wait for what happens on the site after a position, in order."""
        entries = await self._read(stream, id_of(after), limit=EVENTS_BATCH, block_ms=block_ms)
        return [read_event(id.decode(), [f.decode() for f in fields]) for id, fields in entries]

    async def _read(
        self, stream: str, after: str, *, limit: int, block_ms: int = BLOCK_MS
    ) -> list[tuple[bytes, list[bytes]]]:
        """Entries and their fields and values, in turn.

        Read without redis-py's layers over a connection, which cost more than the reading.
        """
        pool = self._redis.connection_pool
        try:
            with heeding():
                connection = await pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    await connection.send_command(
                        "XREAD", "COUNT", limit, "BLOCK", block_ms, "STREAMS", stream, after
                    )
                    found: Any = await connection.read_response()
                except BaseException:
                    await connection.disconnect(nowait=True)  # a reply may yet come over it
                    raise
                finally:
                    await pool.release(connection)
        except (RedisError, OSError) as error:
            raise Unavailable("the store does not answer") from error
        if not found:
            return []
        entries = found[0][1] if isinstance(found, list) else found[stream.encode()]
        return list(entries)
