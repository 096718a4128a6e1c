"""Facts as frames. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, assert_never

import msgspec

from imchat import protocol, tokens
from imchat.analytics.report import lately
from imchat.analytics.report.lately import Recent
from imchat.analytics.report.measures import SERVICE_LEVEL_S, Value
from imchat.errors import RateLimited, RequestError
from imchat.ids import Uid
from imchat.store import counted, facts

_STORED_V1 = '{"v":1,'
DIGITS = 4
"""Behind the point, of a measure."""
TREND_STEP_S = 10
"""As the store counts."""


def chat(fact: facts.Chat) -> protocol.Chat:
    """CHAT of the protocol."""
    return protocol.Chat(
        chat=fact.id,
        desk=fact.desk,
        customer=fact.customer,
        agent=fact.agent,
        state=fact.state,
        opened_at=fact.opened_at,
        assigned_at=fact.assigned_at,
        last_seq=fact.last_seq,
        position=fact.position,
        customer_name=fact.customer_name,
        agent_name=fact.agent_name,
        topic=fact.topic,
        read_by_customer=fact.read_by_customer,
        read_by_agent=fact.read_by_agent,
        after_seq=fact.after_seq,
        score=fact.score,
        closed_at=fact.closed_at,
        reason=fact.reason,
        wait_ms=fact.wait_ms,
    )


def welcome(
    present: facts.Present, identity: tokens.Identity, *, node: str, ref: str | None
) -> bytes:
    """What answers a hello."""
    return protocol.encode(
        protocol.Welcome(
            uid=identity.uid,
            role=identity.role,
            name=identity.shown_name,
            node=node,
            at=present.at,
            chats=[chat(open_chat) for open_chat in present.chats],
            ended=[
                protocol.Ended(chat=chat(end.chat), peer=end.peer, after=end.after)
                for end in present.ended
            ],
            status=_agent_status(present.status) if present.status else None,
            ref=ref,
        )
    )


def _agent_status(fact: facts.AgentStatus) -> protocol.AgentStatus:
    return protocol.AgentStatus(state=fact.state, load=fact.load, capacity=fact.capacity)


def told(fact: facts.Told, *, ref: str | None = None) -> bytes:
    """The frame that tells a fact; `ref` where it answers a request."""
    match fact:
        case facts.Posted(message=message):
            return stored_message(message)
        case facts.Assigned():
            frame: protocol.Frame = protocol.Assigned(chat=chat(fact.chat), ref=ref)
        case facts.Queued(chat=waiting, eta_s=eta_s):
            frame = protocol.Waiting(
                chat=chat(waiting), position=waiting.position or 1, eta_s=eta_s, ref=ref
            )
        case facts.Closed(chat=closed):
            frame = protocol.Closed(
                chat=chat(closed),
                by=closed.by or "system",
                reason=closed.reason or "disconnected",
                ref=ref,
            )
        case facts.Transferred(chat=moved, sender=before, by=by):
            frame = protocol.Transferred(chat=chat(moved), sender=before, by=by, ref=ref)
        case facts.Rated(chat=rated):
            frame = protocol.Rated(chat=chat(rated), ref=ref)
        case facts.AgentStatus(uid=uid, state=state, load=load, capacity=capacity, by=by):
            frame = protocol.Status(
                uid=uid, state=state, load=load, capacity=capacity, by=by, ref=ref
            )
        case facts.Typing(chat=id, sender=sender, to=to):
            frame = protocol.Typing(chat=id, sender=sender, to=to)
        case facts.Read(chat=id, sender=sender, to=to, seq=seq):
            frame = protocol.Read(chat=id, sender=sender, to=to, seq=seq)
        case _:
            assert_never(fact)
    return protocol.encode(frame)


def stored_message(message: str) -> bytes:
    """MESSAGE as a push, out of the stored JSON without opening it."""
    return ('{"type":"message",' + message.removeprefix(_STORED_V1)).encode()


def ack(id: str, result: facts.PostResult) -> bytes:
    """What says that a message is stored."""
    return protocol.encode(
        protocol.Ack(id=id, chat=result.chat, seq=result.seq, at=result.at)
    )


class _HistoryOfStored(protocol.Frame, tag="history", frozen=True, kw_only=True):
    """`protocol.History` whose messages are JSON already."""

    peer: Uid = msgspec.field(name="with")
    between: tuple[Uid, Uid] | None = None
    messages: list[msgspec.Raw]
    more: bool
    last_seq: int


def history(
    peer: Uid, page: facts.Page, *, ref: str | None, between: tuple[Uid, Uid] | None = None
) -> bytes:
    """A page of a history, out of the stored JSON without opening it."""
    messages = [
        msgspec.Raw(("{" + message.removeprefix(_STORED_V1)).encode()) for message in page.messages
    ]
    return protocol.encode(
        _HistoryOfStored(
            peer=peer,
            between=between,
            messages=messages,
            more=page.more,
            last_seq=page.last_seq,
            ref=ref,
        )
    )


def customer(known: facts.Customer, *, ref: str | None) -> bytes:
    """What is known of a customer."""
    return protocol.encode(
        protocol.Customer(
            uid=known.uid,
            chats=[chat(ended) for ended in known.chats],
            notes=[protocol.Note(by=n.by, at=n.at, body=n.body) for n in known.notes],
            ref=ref,
        )
    )


def colleagues(site: facts.Site, *, ref: str | None) -> bytes:
    """The agents that are there, without their customers, and how many wait at each desk."""
    return protocol.encode(
        protocol.Colleagues(
            at=site.at,
            agents=[protocol.Colleague(**_standing(agent)) for agent in _agents(site)],
            desks={desk.name: desk.waiting for desk in _desks(site)},
            ref=ref,
        )
    )


def error(refusal: RequestError, *, ref: str | None = None) -> bytes:
    """The error frame of a refusal."""
    retry_after_ms = refusal.retry_after_ms if isinstance(refusal, RateLimited) else None
    return protocol.encode(
        protocol.Error(
            code=refusal.code,
            message=str(refusal),
            ref=refusal.ref or ref,
            retry_after_ms=retry_after_ms,
        )
    )


def snapshot(site: facts.Site) -> protocol.Snapshot:
    """SNAPSHOT of the protocol; the tiers are derived from the agents."""
    return protocol.Snapshot(
        at=site.at,
        desks={desk.name: _desk(desk, site) for desk in _desks(site)},
        agents=[
            protocol.AgentSnapshot(
                **_standing(agent), customers=agent.customers, chats=agent.chats
            )
            for agent in _agents(site)
        ],
        totals=_totals(site),
    )


_SAME_IN_BOTH = [name for name in protocol.Happening.__struct_fields__ if name != "id"]
"""The fields of an event that the wire has as the store has them."""


def log(events: Iterable[facts.Event]) -> bytes:
    """What happened."""
    return protocol.encode(protocol.Log(events=[_happening(event) for event in events]))


def _happening(event: facts.Event) -> protocol.Happening:
    fields = {name: getattr(event, name) for name in _SAME_IN_BOTH}
    ms, number = event.position
    return protocol.Happening(id=f"{ms}-{number}", **fields)


def _agents(site: facts.Site) -> list[facts.Agent]:
    return sorted(site.agents, key=lambda agent: agent.uid)


def _desks(site: facts.Site) -> list[facts.DeskQueue]:
    return sorted(site.desks, key=lambda desk: desk.name)


def _standing(agent: facts.Agent) -> dict[str, Any]:
    """The fields of a Colleague."""
    return {
        "uid": agent.uid,
        "name": agent.name,
        "state": "grace" if agent.in_grace else agent.state,
        "load": agent.load,
        "capacity": agent.capacity,
        "desks": agent.desks,
    }


def _is_online(agent: facts.Agent) -> bool:
    return agent.state == "online" and not agent.in_grace


def _desk(desk: facts.DeskQueue, site: facts.Site) -> protocol.DeskSnapshot:
    online = [a for a in site.agents if desk.name in a.desks and _is_online(a)]
    tiers: defaultdict[int, list[Uid]] = defaultdict(list)
    for agent in sorted(online, key=lambda agent: agent.moved):
        tiers[agent.load].append(agent.uid)
    free = [agent.load for agent in online if agent.load < agent.capacity]
    return protocol.DeskSnapshot(
        tier=min(free, default=None),
        tiers={str(n): tiers[n] for n in sorted(tiers)},
        waiting=desk.waiting,
        # Not the head's: a chat that is queued again stands first with a short wait.
        oldest_wait_s=max(((site.at - h.since) // 1000 for h in desk.head), default=None),
        head=[protocol.QueueHead(h.customer, h.chat, h.since) for h in desk.head],
    )


def _totals(site: facts.Site) -> protocol.Totals:
    online = [agent for agent in site.agents if _is_online(agent)]
    return protocol.Totals(
        waiting=sum(desk.waiting for desk in site.desks),
        active=sum(agent.load for agent in site.agents),
        online=len(online),
        away=sum(a.state == "away" and not a.in_grace for a in site.agents),
        grace=sum(agent.in_grace for agent in site.agents),
        slots=sum(agent.capacity for agent in online),
        requested=site.totals.requested,
        assigned=site.totals.assigned,
        closed=site.totals.closed,
        abandoned=site.totals.abandoned,
        messages=site.totals.messages,
    )


def report(recent: Recent, *, days: int, agent: Uid | None, ref: str | None) -> bytes:
    """Measures of today or of all its days; of one agent, or of all and by agent."""
    of = recent.today if days == 1 else recent.week
    told = [uid for uid in of if uid != lately.ALL and agent in (None, uid)]
    return protocol.encode(
        protocol.Report(
            at=recent.read.at,
            today=recent.read.today,
            days=days,
            service_level_s=SERVICE_LEVEL_S,
            measures=list(lately.NAMES),
            total=_short(of[lately.ALL]),
            agents={uid: _short(of[uid]) for uid in told},
            daily=[_short(day) for day in recent.by_day(agent or lately.ALL)],
            ref=ref,
        )
    )


def _short(values: Iterable[Value]) -> list[Value]:
    """Digits that nobody reads make a frame three times as long."""
    return [round(value, DIGITS) if isinstance(value, float) else value for value in values]


def trends(found: counted.Trends, *, ref: str | None) -> bytes:
    """The last hour of each desk, unrolled into its steps, and today."""
    return protocol.encode(
        protocol.Trends(
            at=found.at,
            step_s=TREND_STEP_S,
            desks={
                desk.name: _trend(desk, found.at)
                for desk in sorted(found.desks, key=lambda desk: desk.name)
            },
            ref=ref,
        )
    )


def _trend(desk: counted.DeskTrend, at: int) -> protocol.DeskTrend:
    """From now backwards, as only how many wait now is known beside what is noted of a step."""
    a_step, an_hour = TREND_STEP_S * 1000, 3_600 // TREND_STEP_S
    noted: dict[int, list[int]] = {}
    newest = at // a_step
    this_hour = newest // an_hour * an_hour
    for first, hour in ((this_hour, desk.this_hour), (this_hour - an_hour, desk.last_hour)):
        for place, value in zip(hour[::2], hour[1::2], strict=True):
            noted[first + int(place)] = [int(part) for part in value.split(":")]
    level = desk.waiting
    steps = []
    for number in range(newest, newest - an_hour, -1):
        began, most, arrived, served = noted.get(number, [level, level, 0, 0])
        steps.append((max(most, level) if number == newest else most, arrived, served))
        level = began
    waiting, arrivals, serves = zip(*reversed(steps), strict=True)
    return protocol.DeskTrend(
        waiting=list(waiting),
        arrived=list(arrivals),
        served=list(serves),
        today=protocol.Today(**desk.today),
    )
