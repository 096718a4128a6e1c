"""Snapshots as a server would send them, of sites that real clients would be slow to build."""

from imchat import protocol
from imchat.ids import ChatId, Desk, Uid

AT_MS = 1_700_000_000_000


def agent(
    uid: str, load: int = 0, *, capacity: int = 3, state: str = "online",
    desks: tuple[str, ...] = ("default",), name: str = "",
) -> protocol.AgentSnapshot:
    """An agent that serves `load` customers."""
    assert state in {"online", "away", "grace"}
    return protocol.AgentSnapshot(
        uid=Uid(uid),
        name=name or uid,
        state=state,  # type: ignore[arg-type]
        load=load,
        capacity=capacity,
        desks=[Desk(desk) for desk in desks],
        customers=[Uid(f"{uid}-c{n}") for n in range(load)],
        chats=[ChatId(f"{uid}-chat{n}") for n in range(load)],
    )


def snapshot(
    agents: list[protocol.AgentSnapshot], waiting: dict[str, list[tuple[str, int]]] | None = None
) -> protocol.Snapshot:
    """A site of these agents; `waiting` gives each desk's queue as uids and seconds waited."""
    queues = waiting or {}
    names = {desk for agent in agents for desk in agent.desks} | queues.keys()
    online = [agent for agent in agents if agent.state == "online"]
    return protocol.Snapshot(
        at=AT_MS,
        desks={name: _desk(name, online, queues.get(name, [])) for name in sorted(names)},
        agents=sorted(agents, key=lambda agent: agent.uid),
        totals=protocol.Totals(
            waiting=sum(map(len, queues.values())),
            active=sum(agent.load for agent in agents),
            online=len(online),
            away=sum(agent.state == "away" for agent in agents),
            grace=sum(agent.state == "grace" for agent in agents),
            slots=sum(agent.capacity for agent in online),
            requested=0, assigned=0, closed=0, abandoned=0, messages=0,
        ),
    )


def _desk(
    name: str, online: list[protocol.AgentSnapshot], queue: list[tuple[str, int]]
) -> protocol.DeskSnapshot:
    own = [agent for agent in online if name in agent.desks]
    tiers: dict[str, list[Uid]] = {}
    for agent in own:
        tiers.setdefault(str(agent.load), []).append(agent.uid)
    return protocol.DeskSnapshot(
        tier=min((agent.load for agent in own if agent.load < agent.capacity), default=None),
        tiers=tiers,
        waiting=len(queue),
        oldest_wait_s=max((waited for _, waited in queue), default=None),
        head=[
            protocol.QueueHead(Uid(uid), ChatId(f"chat-{uid}"), AT_MS - waited * 1000)
            for uid, waited in queue[:50]
        ],
    )


def trends(
    waiting: dict[str, int], *, at: int = AT_MS, arrived: int = 2, served: int = 1,
    today: protocol.Today | None = None,
) -> protocol.Trends:
    """An hour in which each desk's queue was always so long, and so many came in each step."""
    steps = 360
    return protocol.Trends(
        at=at,
        step_s=10,
        desks={
            name: protocol.DeskTrend(
                waiting=[length] * steps, arrived=[arrived] * steps, served=[served] * steps,
                today=today or protocol.Today(),
            )
            for name, length in waiting.items()
        },
    )
