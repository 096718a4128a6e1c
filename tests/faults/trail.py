"""The site's audit log replayed: was every rule kept in every step, and each thing done once?

Pure. It keeps books of its own beside the events, which know nothing of the store. A fault
is a sentence; none is what should be.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

SLACK_MS = 2_000
"""What the end of a grace may be late."""

Event = Mapping[str, str]


@dataclass(slots=True)
class Agent:
    """An agent that is not offline."""

    desks: list[str]
    capacity: int
    away: bool
    chats: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Chat:
    """An open chat."""

    customer: str
    desk: str
    agent: str | None = None


class Trail:
    """Replays events in order; `grace_s` is the site's.

    `punctual` says that the store was there all the time, so that what a grace ends must
    be ended in time; `busy_s` is how late anything was on this machine.
    """

    def __init__(self, *, grace_s: float, punctual: bool, busy_s: float = 0) -> None:
        self.requeues = 0
        self.disconnects = 0
        self._grace_ms = round(grace_s * 1000)
        self._punctual = punctual
        self._slack_ms = SLACK_MS + round(busy_s * 1000)
        self._now = 0
        self._ticket = 0
        self._agents: dict[str, Agent] = {}
        self._chats: dict[int, Chat] = {}
        self._waiting: dict[str, set[int]] = {}
        self._lost_at: dict[str, int] = {}

    def replay(self, events: Iterable[Event]) -> list[str]:
        """Every fault in all of them, with the time at which it happened."""
        faults = []
        for event in events:
            # Events of one call have one time, and in the midst of it much may be so.
            if int(event["at"]) != self._now:
                faults += [f"at {self._now}: {fault}" for fault in self._standing()]
                self._now = int(event["at"])
            faults += [f"at {self._now}: {fault}" for fault in _TABLE[event["what"]](self, event)]
        at_the_end = [*self._standing(), *self._forgotten()]
        return faults + [f"at the end: {fault}" for fault in at_the_end]

    # --- what must be so between two calls -----------------------------------

    def _standing(self) -> Iterator[str]:
        for uid, agent in self._agents.items():
            if len(agent.chats) > agent.capacity:
                yield f"{uid} holds {len(agent.chats)} of {agent.capacity}"
            if self._is_free(uid) and any(self._waiting.get(desk) for desk in agent.desks):
                yield f"{uid} has a free slot while somebody waits"

    def _forgotten(self) -> Iterator[str]:
        for uid, lost_at in self._lost_at.items():
            if self._punctual and self._now - lost_at > self._grace_ms + self._slack_ms:
                yield f"{uid} was lost at {lost_at} and never given up"

    def _is_free(self, uid: str) -> bool:
        agent = self._agents[uid]
        is_here = not agent.away and uid not in self._lost_at
        return is_here and len(agent.chats) < agent.capacity

    # --- events ----------------------------------------------------------------

    def _requested(self, event: Event) -> Iterator[str]:
        id, customer = int(event["chat"]), event["customer"]
        if id <= self._ticket:
            yield f"ticket {id} was given after {self._ticket}"
        if any(chat.customer == customer for chat in self._chats.values()):
            yield f"{customer} has two chats"
        self._ticket = id
        self._chats[id] = Chat(customer, event["desk"])

    def _queued(self, event: Event) -> Iterator[str]:
        id = int(event["chat"])
        queue = self._waiting.setdefault(event["desk"], set())
        if id not in self._chats or self._chats[id].agent or id in queue:
            yield f"chat {id} was queued and is no chat without an agent"
        queue.add(id)

    def _assigned(self, event: Event) -> Iterator[str]:
        id, uid = int(event["chat"]), event["agent"]
        queue = self._waiting.setdefault(event["desk"], set())
        chat = self._chats.get(id)
        if chat is None or chat.agent is not None:
            yield f"chat {id} was given to {uid} and is not to be given"
            return
        is_moved = event["reason"] == "transfer"  # by name, or to who is free in any case
        if queue and min(queue) != id and not is_moved:
            yield f"chat {id} was served before {min(queue)}"
        if id not in queue and event["reason"] != "request" and not is_moved:
            yield f"chat {id} was taken from the queue, where it was not"
        if uid not in self._agents or not self._is_free(uid):
            yield f"chat {id} was given to {uid}, who had no free slot"
        queue.discard(id)
        chat.agent = uid
        if uid in self._agents:
            self._agents[uid].chats.add(id)

    def _released(self, event: Event) -> Iterator[str]:
        id, uid = int(event["chat"]), event["agent"]
        if id not in self._chats or self._chats[id].agent != uid:
            yield f"{uid} released chat {id}, which it had not"
            return
        self._chats[id].agent = None
        self._agents[uid].chats.discard(id)

    def _transferred(self, event: Event) -> Iterator[str]:
        id = int(event["chat"])
        if id not in self._chats or self._chats[id].agent:
            yield f"chat {id} was transferred and is no chat without an agent"
            return
        self._waiting.setdefault(self._chats[id].desk, set()).discard(id)
        self._chats[id].desk = event["desk"]

    def _rated(self, event: Event) -> Iterator[str]:
        if int(event["chat"]) in self._chats:
            yield f"chat {event['chat']} was rated and is open"

    def _requeued(self, event: Event) -> Iterator[str]:
        self.requeues += 1
        yield from self._queued(event)
        yield from self._grace_is_over(event["agent"])

    def _closed(self, event: Event) -> Iterator[str]:
        id, customer = int(event["chat"]), event["customer"]
        chat = self._chats.pop(id, None)
        if chat is None or chat.agent is not None:
            yield f"chat {id} was closed and was not open, or not released"
        self._waiting.setdefault(event["desk"], set()).discard(id)
        if event["reason"] == "disconnected":
            self.disconnects += 1
            yield from self._grace_is_over(customer)
        self._lost_at.pop(customer, None)  # it was in grace for its chat alone

    def _came(self, event: Event) -> Iterator[str]:
        uid = event.get("agent") or event["customer"]
        was_lost = self._lost_at.pop(uid, None) is not None
        if was_lost != (event["what"] == "back"):
            yield f"{uid} is {event['what']}, and was {'' if was_lost else 'not '}lost"
        if "agent" not in event:
            return
        if (uid in self._agents) == (event["what"] == "online"):
            yield f"{uid} is {event['what']}, and was {'' if uid in self._agents else 'not '}here"
        held = self._agents[uid].chats if uid in self._agents else set()
        desks, capacity = event["desks"].split(","), int(event["capacity"])
        self._agents[uid] = Agent(desks, capacity, event["state"] == "away", held)

    def _status(self, event: Event) -> Iterator[str]:
        if event["agent"] not in self._agents:
            yield f"{event['agent']} is {event['state']}, and was not here"
            return
        self._agents[event["agent"]].away = event["state"] == "away"

    def _recontact(self, event: Event) -> Iterator[str]:
        if int(event["asked_at"]) > self._now:
            yield f"chat {event['chat']} was asked for before it was"

    def _lost(self, event: Event) -> Iterator[str]:
        uid = event.get("agent") or event["customer"]
        if uid in self._lost_at:
            yield f"{uid} was lost twice"
        self._lost_at[uid] = self._now

    def _offline(self, event: Event) -> Iterator[str]:
        uid = event["agent"]
        yield from self._grace_is_over(uid)
        agent = self._agents.pop(uid, None)
        if agent is None or agent.chats:
            yield f"{uid} went offline and was not here, or with chats"
        self._lost_at.pop(uid, None)

    def _grace_is_over(self, uid: str) -> Iterator[str]:
        if uid not in self._lost_at:
            yield f"{uid} was given up, and was not lost"
            return
        late_ms = self._now - self._lost_at[uid] - self._grace_ms
        if late_ms < 0:
            yield f"{uid} was given up {-late_ms} ms before the end of its grace"
        if self._punctual and late_ms > self._slack_ms:
            yield f"{uid} was given up {late_ms} ms after the end of its grace"


_TABLE: dict[str, Callable[[Trail, Event], Iterator[str]]] = {
    "requested": Trail._requested,
    "queued": Trail._queued,
    "assigned": Trail._assigned,
    "released": Trail._released,
    "transferred": Trail._transferred,
    "requeued": Trail._requeued,
    "closed": Trail._closed,
    "rated": Trail._rated,
    "recontact": Trail._recontact,
    "online": Trail._came,
    "back": Trail._came,
    "changed": Trail._came,
    "status": Trail._status,
    "lost": Trail._lost,
    "offline": Trail._offline,
}
