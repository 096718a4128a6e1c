"""What the dashboard shows of a snapshot: one desk, or all of them as one. Pure."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imchat import protocol
from imchat.ids import ChatId, Desk, Uid

Agent = protocol.AgentSnapshot


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody in a queue, in the order in which they will be served."""

    customer: Uid
    chat: ChatId
    desk: Desk
    waited_s: int


@dataclass(frozen=True, slots=True)
class DeskView:
    """How a desk stands; `desk` is None for all desks as one.

    `tiers` runs from 0 to the highest load or capacity of an online agent, each in the
    order of arrival (of all desks: desk by desk). `tier` is the current one: of all
    desks, the lowest of any. `agents` are those of the desk in any state.
    """

    desk: Desk | None
    tier: int | None
    tiers: list[list[Agent]]
    waiting: int
    oldest_wait_s: int | None
    head: list[Waiter]
    agents: list[Agent]

    @property
    def online(self) -> int:
        """How many agents stand in the tiers."""
        return sum(map(len, self.tiers))

    def count(self, state: str) -> int:
        """How many agents are in a state."""
        return sum(agent.state == state for agent in self.agents)


def view_of(snapshot: protocol.Snapshot, desk: Desk | None) -> DeskView:
    """The view of one desk, or of all. A desk that there is not is empty."""
    chosen = {name: of for name, of in snapshot.desks.items() if desk in {None, name}}
    desks = chosen.values()
    agents = [agent for agent in snapshot.agents if desk is None or desk in agent.desks]
    return DeskView(
        desk=desk,
        tier=min((of.tier for of in desks if of.tier is not None), default=None),
        tiers=_tiers(desks, {agent.uid: agent for agent in agents}),
        waiting=sum(of.waiting for of in desks),
        oldest_wait_s=max(
            (of.oldest_wait_s for of in desks if of.oldest_wait_s is not None), default=None
        ),
        head=list(_head(chosen, snapshot.at)),
        agents=agents,
    )


def _tiers(
    desks: Iterable[protocol.DeskSnapshot], agents: dict[Uid, Agent]
) -> list[list[Agent]]:
    # Dicts keep the order and drop who serves several desks.
    found: dict[int, dict[Uid, Agent]] = {}
    for desk in desks:
        for load, uids in desk.tiers.items():
            bucket = found.setdefault(int(load), {})
            bucket.update((uid, agents[uid]) for uid in uids if uid in agents)
    online = [agent for bucket in found.values() for agent in bucket.values()]
    if not online:
        return []
    top = max(max(agent.load, agent.capacity) for agent in online)
    return [list(found.get(load, {}).values()) for load in range(top + 1)]


def _head(desks: dict[str, protocol.DeskSnapshot], at: int) -> Iterator[Waiter]:
    """Who came first stands first, but nobody before those ahead of it at its own desk."""
    queues = [[(who.since, name, who) for who in of.head] for name, of in desks.items()]
    for since, name, who in heapq.merge(*queues, key=lambda entry: entry[0]):
        yield Waiter(who.customer, who.chat, Desk(name), max(0, (at - since) // 1000))


class Moves:
    """Which agents changed their tier a moment ago, and which way."""

    SEEN_S = 1.4
    """How long a card shows that it moved."""

    def __init__(self) -> None:
        self._loads: dict[Uid, int] | None = None
        self._moved: dict[Uid, tuple[float, int]] = {}

    def note(self, snapshot: protocol.Snapshot, now_s: float) -> bool:
        """Whether anybody moved since the snapshot before; `now_s` is any steady clock."""
        loads = {agent.uid: agent.load for agent in snapshot.agents if agent.state == "online"}
        before, self._loads = self._loads, loads
        self._moved = {u: m for u, m in self._moved.items() if now_s - m[0] < self.SEEN_S}
        if before is None:
            return False
        moved = {
            uid: (now_s, 1 if load > before.get(uid, -1) else -1)
            for uid, load in loads.items()
            if load != before.get(uid)
        }
        self._moved |= moved
        return bool(moved)

    def recent(self, now_s: float) -> dict[Uid, int]:
        """1 for who took a chat or came online, -1 for who freed a slot, in this moment."""
        return {
            uid: way for uid, (at, way) in self._moved.items() if now_s - at < self.SEEN_S
        }
