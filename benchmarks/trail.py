"""The log of events that made-up chats would have left, in the order of time."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from redis.asyncio import Redis

from imchat.analytics.chats import Chat

AT_ONCE = 2_000
CAPACITY = 50
"""Whoever is given a chat has a slot for it: it is chance that gives."""

Event = dict[Any, Any]


@dataclass(slots=True)
class Agent:
    """How an agent stands; there are no others' reasons to change it than chats."""

    since: int
    load: int = 0

    def stood(self, at: int) -> str:
        """As the store says it; from now on it stands otherwise."""
        said = f"online:{self.since}:{self.load}:{CAPACITY}:default,sales"
        self.since = at
        return said


def trail(some: Iterable[Chat]) -> Iterator[Event]:
    """Of chats in the order in which they were opened."""
    numbers = count()
    later: list[tuple[int, int, Event]] = []
    agents: defaultdict[str, Agent] = defaultdict(lambda: Agent(0))
    for chat in some:
        while later and later[0][0] <= chat.opened_at:
            yield _now(heapq.heappop(later)[2], agents)
        for event in _events(chat):
            heapq.heappush(later, (event["at"], next(numbers), event))
    while later:
        yield _now(heapq.heappop(later)[2], agents)


def _now(event: Event, agents: dict[str, Agent]) -> Event:
    if event["what"] in ("assigned", "released"):
        agent = agents[event["agent"]]
        agent.since = agent.since or event["at"]
        event["tier"], event["stood"] = agent.load, agent.stood(event["at"])
        agent.load += 1 if event["what"] == "assigned" else -1
    return event


def _events(chat: Chat) -> Iterator[Event]:
    assert chat.assigned_at is not None
    assert chat.closed_at is not None
    of = {"chat": chat.id, "customer": chat.customer, "desk": chat.desk}
    by = {**of, "agent": chat.agent}
    waited = chat.assigned_at - chat.opened_at
    yield {"what": "requested", "at": chat.opened_at, **of}
    yield {"what": "queued", "at": chat.opened_at, **of}
    yield {
        "what": "assigned", "at": chat.assigned_at, **by, "reason": "closed", "requeues": 0,
        "waited": waited, "first": 1,
    }  # fmt: skip
    replied, answers = _answers(chat)
    sides = [message.by for message in chat.messages]
    yield {
        "what": "released", "at": chat.closed_at, **by, "reason": chat.reason,
        "work": f"{chat.assigned_at}:{replied}:{sides.count('customer')}:{sides.count('agent')}",
        "answers": answers,
    }  # fmt: skip
    yield {
        "what": "closed", "at": chat.closed_at, **by, "by": chat.customer, "reason": chat.reason,
        "waited": waited, "first": 0,
    }  # fmt: skip
    if chat.score:
        yield {"what": "rated", "at": chat.closed_at + 1, **by, "score": chat.score}


def _answers(chat: Chat) -> tuple[int | str, str]:
    """When the agent first wrote, and how long each answer took, ms."""
    replied: int | str = ""
    asked: int | None = None
    answers = []
    for message in chat.messages:
        if message.by == "customer":
            asked = message.at if asked is None else asked
            continue
        replied = replied or message.at
        if asked is not None:
            answers.append(f"{message.at - asked},")
            asked = None
    return replied, "".join(answers)


async def put_trail(redis: Redis, site: str, some: Iterable[Chat]) -> int:
    """Write the log of some chats into a store; gives how many events."""
    key = f"imchat:{{{site}}}:events"
    written, last = 0, (0, 0)
    pipe = redis.pipeline(transaction=False)
    for event in trail(some):
        last = (event["at"], last[1] + 1) if event["at"] == last[0] else (event["at"], 0)
        pipe.xadd(key, event, id=f"{last[0]}-{last[1]}")
        written += 1
        if written % AT_ONCE == 0:
            await pipe.execute()
    await pipe.execute()
    return written
