"""The allocation of customers to agents, a second time: plain lists, no store, no clock.

It is what `protocol.md` says under "Allocation, exactly" and "Loss of a connection",
written to be read beside it. Buckets are kept as lists and moved by hand here,
where the store derives them from scores, so that one fault is not made twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Literal


class QueueFull(Exception):
    """The desk's queue is at its limit."""


@dataclass
class Agent:
    capacity: int
    desks: list[str]
    away: bool = False
    chats: list[int] = field(default_factory=list)


@dataclass
class Chat:
    customer: str
    desk: str
    agent: str | None = None


@dataclass
class Given:
    """A chat was given to an agent taken from the bucket `tier`."""

    ticket: int
    agent: str
    tier: int


class Model:
    """One site. A ticket is the number of its chat; time is whatever number one passes."""

    def __init__(self, *, max_queue: int, grace: int) -> None:
        self.max_queue = max_queue
        self.grace = grace
        self.agents: dict[str, Agent] = {}
        self.chats: dict[int, Chat] = {}
        self.buckets: dict[str, dict[int, list[str]]] = {}
        self.queues: dict[str, list[int]] = {}
        self.connections: dict[str, str] = {}
        self.deadlines: dict[str, int] = {}
        self.given: list[Given] = []
        self._last_ticket = 0

    # --- what is derived ----------------------------------------------------------

    def tier(self, desk: str) -> int | None:
        """The current tier."""
        return min((n for n, bucket in self.buckets.get(desk, {}).items() if bucket), default=None)

    def bucket(self, desk: str, tier: int) -> list[str]:
        return self.buckets.get(desk, {}).get(tier, [])

    def open_chats(self, customer: str) -> list[int]:
        """The ticket of the customer's open chat, if it has one."""
        return [ticket for ticket, chat in self.chats.items() if chat.customer == customer]

    def connection_of(self, uid: str) -> str | None:
        """A connection of the uid, if it has any."""
        return next((c for c, owner in self.connections.items() if owner == uid), None)

    def is_connected(self, uid: str) -> bool:
        return self.connection_of(uid) is not None

    # --- buckets ------------------------------------------------------------------

    def _take_out(self, uid: str) -> None:
        for desk in self.agents[uid].desks:
            for bucket in self.buckets.get(desk, {}).values():
                if uid in bucket:
                    bucket.remove(uid)

    def _put_in(self, uid: str) -> None:
        agent = self.agents[uid]
        if agent.away or uid in self.deadlines or len(agent.chats) >= agent.capacity:
            return
        for desk in agent.desks:
            self.buckets.setdefault(desk, {}).setdefault(len(agent.chats), []).append(uid)

    def _give(self, ticket: int) -> bool:
        """Give a chat to an agent of the current tier, if there is one."""
        chat = self.chats[ticket]
        tier = self.tier(chat.desk)
        if tier is None:
            return False
        bucket = self.buckets[chat.desk][tier]
        digest = sha1(chat.customer.encode()).hexdigest()
        uid = bucket[int(digest[:8], 16) % len(bucket)]
        self._take_out(uid)
        self.agents[uid].chats.append(ticket)
        chat.agent = uid
        self._put_in(uid)
        self.given.append(Given(ticket, uid, tier))
        return True

    def _serve(self, desks: Iterable[str]) -> None:
        """Give free slots of these desks to the lowest tickets that they can serve."""
        waiting = sorted(t for desk in set(desks) for t in self.queues.get(desk, []))
        for ticket in waiting:
            if self._give(ticket):
                self.queues[self.chats[ticket].desk].remove(ticket)

    # --- what customers and agents do ---------------------------------------------

    def request(self, customer: str, desk: str) -> int:
        """Gives the ticket of the customer's chat. Raises QueueFull."""
        for ticket in self.open_chats(customer):
            return ticket
        queue = self.queues.setdefault(desk, [])
        if self.tier(desk) is None and len(queue) >= self.max_queue:
            raise QueueFull
        self._last_ticket = ticket = self._last_ticket + 1
        self.chats[ticket] = Chat(customer, desk)
        if not self._give(ticket):
            queue.append(ticket)
        return ticket

    def close(self, ticket: int) -> None:
        chat = self.chats.pop(ticket)
        self.deadlines.pop(chat.customer, None)
        if chat.agent is None:
            self.queues[chat.desk].remove(ticket)
            return
        self._take_out(chat.agent)
        self.agents[chat.agent].chats.remove(ticket)
        self._put_in(chat.agent)
        self._serve(self.agents[chat.agent].desks)

    def status(self, uid: str, state: Literal["online", "away"]) -> None:
        agent = self.agents[uid]
        if agent.away == (state == "away"):
            return
        self._take_out(uid)
        agent.away = not agent.away
        self._put_in(uid)
        self._serve(agent.desks)

    # --- connections --------------------------------------------------------------

    def connect(self, connection: str, uid: str) -> None:
        """A connection of a customer."""
        self.connections[connection] = uid
        self.deadlines.pop(uid, None)

    def connect_agent(self, connection: str, uid: str, capacity: int, desks: list[str]) -> None:
        came_back = uid in self.deadlines
        self.connect(connection, uid)
        agent = self.agents.get(uid)
        if agent is None:
            agent = self.agents[uid] = Agent(capacity, desks)
        else:
            capacity = max(capacity, len(agent.chats))
            if not came_back and (agent.capacity, agent.desks) == (capacity, desks):
                return
            self._take_out(uid)
            agent.capacity, agent.desks = capacity, desks
        self._put_in(uid)
        self._serve(desks)

    def lose(self, connection: str, now: int) -> None:
        """A connection is gone; with the last one the grace begins."""
        uid = self.connections.pop(connection, None)
        if uid is None or self.is_connected(uid):
            return
        if uid in self.agents:
            self._take_out(uid)
        if uid in self.agents or self.open_chats(uid):
            self.deadlines[uid] = now + self.grace

    def end_graces(self, now: int) -> None:
        """Give up who did not come back, in the order of the deadlines."""
        for uid in sorted(self.deadlines, key=lambda uid: (self.deadlines[uid], uid)):
            if uid in self.deadlines and self.deadlines[uid] <= now:
                self._give_up(uid)

    def _give_up(self, uid: str) -> None:
        for ticket in self.open_chats(uid):
            self.close(ticket)
        agent = self.agents.pop(uid, None)
        if agent is not None:
            for ticket in agent.chats:
                chat = self.chats[ticket]
                chat.agent = None
                self.queues.setdefault(chat.desk, []).append(ticket)
                self.queues[chat.desk].sort()
            self._serve(chat.desk for chat in self.chats.values())
        self.deadlines.pop(uid, None)
