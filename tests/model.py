"""The allocation of customers to agents, a second time: plain lists, no store, no clock.

It is what `protocol.md` says under "Allocation, exactly" and "Loss of a connection",
written to be read beside it. Buckets are kept as lists and moved by hand here,
where the store derives them from scores, so that one fault is not made twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Literal

Role = Literal["customer", "agent"]
Asker = Literal["customer", "agent", "supervisor"]


class Refused(Exception):
    """A call is refused with this code of `protocol.md` and changes nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
    topic: str | None = None
    agent: str | None = None


@dataclass
class Given:
    """A chat was given to an agent taken from the bucket `tier`."""

    ticket: int
    agent: str
    tier: int


class Model:
    """One site. A ticket is the number of its chat; time is whatever number one passes.

    What is asked is asked on a connection, and refused when that was given up for lost.
    `happened` are the entries that the audit log must have: what, and whose uid or ticket.
    """

    def __init__(self, *, max_queue: int, grace: int) -> None:
        self.max_queue = max_queue
        self.grace = grace
        self.agents: dict[str, Agent] = {}
        self.chats: dict[int, Chat] = {}
        self.closed: dict[int, Chat] = {}
        self.buckets: dict[str, dict[int, list[str]]] = {}
        self.queues: dict[str, list[int]] = {}
        self.connections: dict[str, str] = {}
        self.deadlines: dict[str, int] = {}
        self.given: list[Given] = []
        self.happened: list[tuple[str, str | int]] = []
        self._opened: dict[int, int] = {}
        self._moved: set[int] = set()
        self._ever_agents: set[str] = set()
        self._last_ticket = 0

    # --- what is derived ----------------------------------------------------------

    def tier(self, desk: str) -> int | None:
        """The current tier."""
        return min((n for n, bucket in self.buckets.get(desk, {}).items() if bucket), default=None)

    def bucket(self, desk: str, tier: int) -> list[str]:
        return self.buckets.get(desk, {}).get(tier, [])

    def chat(self, ticket: int) -> Chat:
        """A chat, also when it is closed."""
        return self.chats.get(ticket) or self.closed[ticket]

    def open_chats(self, customer: str) -> list[int]:
        """The ticket of the customer's open chat, if it has one."""
        return [ticket for ticket, chat in self.chats.items() if chat.customer == customer]

    def connections_of(self, uid: str) -> list[str]:
        """The connections of the uid, the oldest first."""
        return [connection for connection, owner in self.connections.items() if owner == uid]

    # --- buckets ------------------------------------------------------------------

    def _take_out(self, uid: str) -> None:
        for desk in self.agents[uid].desks:
            for bucket in self.buckets.get(desk, {}).values():
                if uid in bucket:
                    bucket.remove(uid)

    def _has_free_slot(self, uid: str) -> bool:
        agent = self.agents[uid]
        is_here = not agent.away and uid not in self.deadlines
        return is_here and len(agent.chats) < agent.capacity

    def _put_in(self, uid: str) -> None:
        if not self._has_free_slot(uid):
            return
        agent = self.agents[uid]
        for desk in agent.desks:
            self.buckets.setdefault(desk, {}).setdefault(len(agent.chats), []).append(uid)

    def _give(self, ticket: int, *, but: str | None = None) -> bool:
        """Give a chat to an agent of the current tier, if there is one.

        As if there were no agent `but`.
        """
        chat = self.chats[ticket]
        for tier in range(max(self.buckets.get(chat.desk, {}), default=-1) + 1):
            bucket = [uid for uid in self.bucket(chat.desk, tier) if uid != but]
            if bucket:
                digest = sha1(chat.customer.encode()).hexdigest()
                self._give_to(ticket, bucket[int(digest[:8], 16) % len(bucket)])
                return True
        return False

    def _give_to(self, ticket: int, uid: str) -> None:
        tier = len(self.agents[uid].chats)
        self._take_out(uid)
        self.agents[uid].chats.append(ticket)
        self.chats[ticket].agent = uid
        self._put_in(uid)
        self.given.append(Given(ticket, uid, tier))
        self.happened.append(("assigned", ticket))

    def _take_from(self, ticket: int) -> None:
        """Take a chat from its agent, whose slot is free then."""
        chat = self.chats[ticket]
        assert chat.agent is not None
        self._take_out(chat.agent)
        self.agents[chat.agent].chats.remove(ticket)
        self._put_in(chat.agent)
        chat.agent = None
        self.happened.append(("released", ticket))

    def _serve(self, desks: Iterable[str]) -> None:
        """Give free slots of these desks to the lowest tickets that they can serve."""
        waiting = sorted(t for desk in set(desks) for t in self.queues.get(desk, []))
        for ticket in waiting:
            if self._give(ticket):
                self.queues[self.chats[ticket].desk].remove(ticket)

    # --- what customers and agents do ---------------------------------------------

    def _heed(self, connection: str) -> None:
        if connection not in self.connections:
            raise Refused("unavailable")

    def request(
        self, customer: str, desk: str, *, connection: str, call: int, topic: str | None = None
    ) -> int:
        """Gives the ticket of the customer's chat, or of the one that this very call opened."""
        self._heed(connection)
        for ticket in self.open_chats(customer):
            return ticket
        if call in self._opened:
            return self._opened[call]
        queue = self.queues.setdefault(desk, [])
        if self.tier(desk) is None and len(queue) >= self.max_queue:
            raise Refused("queue_full")
        self._last_ticket = ticket = self._last_ticket + 1
        self._opened[call] = ticket
        self.chats[ticket] = Chat(customer, desk, topic)
        self.happened.append(("requested", ticket))
        if not self._give(ticket):
            queue.append(ticket)
            self.happened.append(("queued", ticket))
        return ticket

    def close(self, ticket: int, uid: str, role: Asker, *, connection: str) -> None:
        """Closing a closed chat changes nothing."""
        self._heed(connection)
        chat = self.chat(ticket)
        sides = {"agent": chat.agent, "customer": chat.customer, "supervisor": uid}
        if uid != sides[role]:
            raise Refused("forbidden")
        if ticket in self.chats:
            self._end(ticket)

    def _end(self, ticket: int) -> None:
        chat = self.chats[ticket]
        agent = chat.agent
        if agent is None:
            self.queues[chat.desk].remove(ticket)
        else:
            self._take_from(ticket)
            chat.agent = agent  # whose it was is known afterwards
        self.closed[ticket] = self.chats.pop(ticket)
        self.deadlines.pop(chat.customer, None)
        self.happened.append(("closed", ticket))
        if agent is not None:
            self._serve(self.agents[agent].desks)

    def transfer(
        self,
        ticket: int,
        uid: str,
        role: Asker,
        *,
        to: str | None = None,
        desk: str | None = None,
        connection: str,
        call: int,
    ) -> int:
        """Gives the ticket. A call that did it before does nothing."""
        self._heed(connection)
        chat = self.chat(ticket)
        if call in self._moved:
            return ticket
        if role == "agent" and chat.agent != uid:
            raise Refused("forbidden")
        if ticket not in self.chats:
            raise Refused("conflict")
        if to is not None:
            self._check_may_be_given(chat, to)
        else:
            assert desk is not None
            self._check_may_go_to(ticket, desk)
        self._moved.add(call)
        before = chat.agent
        if before is None:
            self.queues[chat.desk].remove(ticket)
        else:
            self._take_from(ticket)
        self.happened.append(("transferred", ticket))
        if to is not None:
            self._give_to(ticket, to)
        else:
            assert desk is not None
            chat.desk = desk
            if not self._give(ticket, but=before):
                self.queues.setdefault(desk, []).append(ticket)
                self.queues[desk].sort()
                self.happened.append(("queued", ticket))
        if before is not None:
            self._serve(self.agents[before].desks)
        return ticket

    def _check_may_be_given(self, chat: Chat, to: str) -> None:
        if to not in self._ever_agents:
            raise Refused("not_found")
        if chat.agent == to or to not in self.agents or not self._has_free_slot(to):
            raise Refused("conflict")

    def _check_may_go_to(self, ticket: int, desk: str) -> None:
        has_agents = any(desk in agent.desks for agent in self.agents.values())
        if not has_agents and not self.queues.get(desk):
            raise Refused("not_found")
        chat = self.chats[ticket]
        if chat.agent is None and chat.desk == desk:
            raise Refused("conflict")
        free = {uid for tier in self.buckets.get(desk, {}).values() for uid in tier}
        if chat.agent is None or free - {chat.agent}:
            return
        before = self.agents[chat.agent]
        would_take = not before.away and chat.agent not in self.deadlines and desk in before.desks
        older = [t for own in before.desks for t in self.queues.get(own, []) if t < ticket]
        if would_take and not older:
            raise Refused("conflict")

    def status(self, uid: str, state: Literal["online", "away"], *, connection: str) -> Agent:
        """Gives the agent as it is now; its own connection or a supervisor's says so."""
        self._heed(connection)
        if uid not in self.agents:
            raise Refused("not_found")
        agent = self.agents[uid]
        if agent.away != (state == "away"):
            self._take_out(uid)
            agent.away = not agent.away
            self._put_in(uid)
            self.happened.append(("status", uid))
            self._serve(agent.desks)
        return agent

    # --- connections --------------------------------------------------------------

    def connect(self, connection: str, uid: str) -> list[int]:
        """A connection of a customer. Gives its open chats."""
        self.connections[connection] = uid
        if self.deadlines.pop(uid, None) is not None:
            self.happened.append(("back", uid))
        return self.open_chats(uid)

    def connect_agent(
        self, connection: str, uid: str, capacity: int, desks: list[str]
    ) -> list[int]:
        """A connection of an agent, which brings its newest desks. Gives its open chats."""
        self.connections[connection] = uid
        came_back = self.deadlines.pop(uid, None) is not None
        agent = self.agents.get(uid)
        self._ever_agents.add(uid)
        if agent is None:
            agent = self.agents[uid] = Agent(capacity, desks)
            self.happened.append(("online", uid))
        else:
            capacity = max(capacity, len(agent.chats))
            if not came_back and (agent.capacity, agent.desks) == (capacity, desks):
                return sorted(agent.chats)
            self.happened.append(("back" if came_back else "changed", uid))
            self._take_out(uid)
            agent.capacity, agent.desks = capacity, desks
        self._put_in(uid)
        self._serve(desks)
        return sorted(agent.chats)

    def lose(self, connection: str, now: int) -> None:
        """A connection is gone; with the last one the grace begins."""
        uid = self.connections.pop(connection, None)
        if uid is None or self.connections_of(uid):
            return
        if uid in self.agents:
            self._take_out(uid)
        if uid in self.agents or self.open_chats(uid):
            self.deadlines[uid] = now + self.grace
            self.happened.append(("lost", uid))

    def end_graces(self, now: int, *, limit: int) -> int:
        """Give up who did not come back, in the order of the deadlines; gives how many."""
        over = [uid for uid, deadline in self.deadlines.items() if deadline <= now]
        over.sort(key=lambda uid: (self.deadlines[uid], uid))
        for uid in over[:limit]:
            self._give_up(uid)
        return len(over[:limit])

    def _give_up(self, uid: str) -> None:
        for ticket in self.open_chats(uid):
            self._end(ticket)
        agent = self.agents.pop(uid, None)
        if agent is not None:
            for ticket in agent.chats:
                chat = self.chats[ticket]
                chat.agent = None
                self.queues.setdefault(chat.desk, []).append(ticket)
                self.queues[chat.desk].sort()
                self.happened += [("released", ticket), ("requeued", ticket)]
            self.happened.append(("offline", uid))
            self._serve(chat.desk for chat in self.chats.values())
        self.deadlines.pop(uid, None)
