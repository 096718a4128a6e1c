"""A report worked out a second time, plainly: from what the log says happened, and who wrote when.

It knows the kinds, times and names of events and nothing that was measured beside them. Where
the store adds up in cells and steps, lists of times are kept here, and of each agent how it
stood from one event to the next.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from imchat.analytics.report.measures import Value
from imchat.analytics.report.sums import step_of

DAY = 86_400_000
COUNTED = (
    "offered", "served", "taken", "abandoned", "again", "requeued", "transferred", "closed",
    "recontacts", "score_1", "score_2", "score_3", "score_4", "score_5",
)  # fmt: skip

Event = Mapping[str, str]
Takes = Callable[[int, str, list[str]], bool]
"""Whether something is wanted, by its time, agent and desks."""


class Message(NamedTuple):
    """`after` is how many events there were before it, as many things have one time."""

    chat: str
    at: int
    by_agent: bool
    after: int = 0


@dataclass
class Stretch:
    """How an agent stood from one time to another."""

    agent: str
    desks: list[str]
    begin: int
    end: int
    state: str
    load: int
    capacity: int


@dataclass
class Turn:
    """An agent's time with a chat."""

    chat: str
    agent: str
    desk: str
    begin: int
    end: int
    messages: list[Message] = field(default_factory=list)


@dataclass
class Agent:
    desks: list[str]
    capacity: int
    state: str
    since: int
    load: int = 0
    in_grace: bool = False


@dataclass
class Books:
    """What happened: things at their moments, and stretches of time."""

    moments: list[tuple[int, str, str, str, int]] = field(default_factory=list)
    """When, what, whose, at which desk, and how long it took, ms."""
    stretches: list[Stretch] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    _agents: dict[str, Agent] = field(default_factory=dict)
    _turns: dict[str, Turn] = field(default_factory=dict)
    """Those that go on, by chat."""
    _waiting: dict[str, int] = field(default_factory=dict)
    _asked: dict[str, int] = field(default_factory=dict)
    _had: set[str] = field(default_factory=set)
    """The chats that an agent has or had."""
    _topics: set[str] = field(default_factory=set)
    _spoken: set[tuple[str, str]] = field(default_factory=set)
    _last_of: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """When a customer's last chat that was served ended, with whom, at which desk."""

    # --- keeping them -----------------------------------------------------------------

    def keep(
        self, events: Iterable[Event], said: Iterable[Message], topics: set[str], now: int
    ) -> None:
        """Take all that happened, in order, and what was said; `now` ends what goes on.

        `topics` are the chats of which the topic became a message, once to each agent.
        """
        self._topics = topics
        left = deque(said)
        for number, event in enumerate(events):
            while left and left[0].after <= number:
                self._hear(left.popleft())
            at, uid = int(event["at"]), event.get("agent", "")
            if uid in self._agents:
                self._stood(uid, at)
            _TABLE.get(event["what"], Books._nothing)(self, event, at, uid)
        for uid in self._agents:
            self._stood(uid, now)
        for message in left:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        self._turns[message.chat].messages.append(message)

    def _stood(self, uid: str, at: int) -> None:
        agent = self._agents[uid]
        state = "grace" if agent.in_grace else agent.state
        self.stretches.append(
            Stretch(uid, agent.desks, agent.since, at, state, agent.load, agent.capacity)
        )
        agent.since = at

    def _moment(self, what: str, event: Event, at: int, uid: str = "", took: int = 0) -> None:
        self.moments.append((at, what, uid, event["desk"], took))

    def _nothing(self, event: Event, at: int, uid: str) -> None:
        pass

    def _requested(self, event: Event, at: int, uid: str) -> None:
        chat, customer = event["chat"], event["customer"]
        self._asked[chat] = self._waiting[chat] = at
        self._moment("offered", event, at)
        ended = self._last_of.get(customer)
        if ended is not None and at - ended[0] <= DAY:
            self.moments.append((at, "recontacts", ended[1], ended[2], 0))

    def _assigned(self, event: Event, at: int, uid: str) -> None:
        chat = event["chat"]
        self._agents[uid].load += 1
        began = self._waiting.pop(chat, at)
        if chat in self._had:
            self._moment("taken", event, at, uid)
        else:
            self._moment("served", event, at, uid, at - began)
        self._had.add(chat)
        self._turns[chat] = Turn(chat, uid, event["desk"], at, 0)
        if chat in self._topics and (chat, uid) not in self._spoken:
            self._spoken.add((chat, uid))
            self._hear(Message(chat, at, by_agent=False))

    def _released(self, event: Event, at: int, uid: str) -> None:
        self._agents[uid].load -= 1
        turn = self._turns.pop(event["chat"])
        turn.end = at
        self.turns.append(turn)

    def _requeued(self, event: Event, at: int, uid: str) -> None:
        self._waiting[event["chat"]] = at
        self._moment("requeued", event, at, uid)

    def _transferred(self, event: Event, at: int, uid: str) -> None:
        if uid:
            given = next(turn for turn in reversed(self.turns) if turn.chat == event["chat"])
            self.moments.append((at, "transferred", uid, given.desk, 0))

    def _closed(self, event: Event, at: int, uid: str) -> None:
        chat = event["chat"]
        if uid:
            self._moment("closed", event, at, uid)
            self._last_of[event["customer"]] = (at, uid, event["desk"])
            return
        self._moment("abandoned", event, at, "", self._waited(chat, at))
        if chat in self._had:
            self._moment("again", event, at)
            self._last_of.pop(event["customer"], None)

    def _rated(self, event: Event, at: int, uid: str) -> None:
        self._moment(f"score_{event['score']}", event, at, uid)

    def _came(self, event: Event, at: int, uid: str) -> None:
        if uid:
            load = self._agents[uid].load if uid in self._agents else 0
            self._agents[uid] = Agent(
                event["desks"].split(","), int(event["capacity"]), event["state"], at, load
            )

    def _turned(self, event: Event, at: int, uid: str) -> None:
        self._agents[uid].state = event["state"]

    def _lost(self, event: Event, at: int, uid: str) -> None:
        if uid:
            self._agents[uid].in_grace = True

    def _offline(self, event: Event, at: int, uid: str) -> None:
        del self._agents[uid]

    def _waited(self, chat: str, at: int) -> int:
        """All the time in which the chat was with no agent."""
        return at - self._asked[chat] - sum(t.end - t.begin for t in self.turns if t.chat == chat)

    # --- reading them -----------------------------------------------------------------

    def report(
        self, since: int, until: int, *, agent: str | None = None, desk: str | None = None,
        at: Takes = lambda *_: True,
    ) -> dict[str, Value]:
        """The measures of what lies in the interval and `at` takes by time, agent and desks."""

        def wanted(moment: int, uid: str, desks: list[str]) -> bool:
            return (
                since <= moment < until
                and agent in (None, uid)
                and (desk is None or desk in desks)
                and at(moment, uid, desks)
            )

        moments = [m for m in self.moments if wanted(m[0], m[2], [m[3]])]
        turns = [t for t in self.turns if wanted(t.end, t.agent, [t.desk])]
        count = {
            what: sum(m[1] == what for m in moments)
            for what in COUNTED
        }
        waits = [m[4] for m in moments if m[1] == "served"]
        left = [m[4] for m in moments if m[1] == "abandoned"]
        never_served = count["abandoned"] - count.pop("again")
        found: dict[str, Value] = {**count}
        found["recontact"] = _ratio(count["recontacts"], count["closed"])
        scores = [int(m[1][-1]) for m in moments if m[1].startswith("score_")]
        found["ratings"], found["rating_mean"] = len(scores), _ratio(sum(scores), len(scores))
        found["abandonment"] = _ratio(never_served, len(waits) + never_served)
        found["service_level"] = _ratio(
            sum(wait <= 20_000 for wait in waits), len(waits) + never_served
        )
        found |= _times("wait", waits, mean=True, longest=True, p50=0.5, p90=0.9, p99=0.99)
        found |= _times("left", left, mean=True, longest=True, p50=0.5)
        firsts: list[int] = []
        answers: list[int] = []
        for turn in turns:
            first = next((m.at for m in turn.messages if m.by_agent), None)
            firsts += [first - turn.begin] if first is not None else []
            answers += self._answers(turn)
        found |= _times("first_response", firsts, mean=True, p90=0.9)
        found |= _times("response", answers, mean=True, p90=0.9)
        found |= _times("handle", [t.end - t.begin for t in turns], mean=True, p90=0.9)
        found["responses"], found["handled"] = len(answers), len(turns)
        by_agent = [m.by_agent for turn in turns for m in turn.messages]
        found["messages_agent"] = sum(by_agent)
        found["messages_customer"] = len(by_agent) - sum(by_agent)
        return found | self._presence(since, until, agent, desk, at)

    def _answers(self, turn: Turn) -> list[int]:
        """From the first message that waits for an answer; it may be of a turn before."""
        waiting = turn.begin if self._unanswered_before(turn) else None
        found = []
        for message in turn.messages:
            if message.by_agent and waiting is not None:
                found.append(message.at - waiting)
                waiting = None
            elif not message.by_agent and waiting is None:
                waiting = message.at
        return found

    def _unanswered_before(self, turn: Turn) -> bool:
        turns = [other for other in self.turns if other.chat == turn.chat]
        before = [m for other in turns[: turns.index(turn)] for m in other.messages]
        return bool(before) and not before[-1].by_agent

    def _presence(
        self, since: int, until: int, agent: str | None, desk: str | None,
        at: Takes,
    ) -> dict[str, Value]:
        stood = {"online": 0, "away": 0, "grace": 0}
        held = busy = slots = 0
        for stretch in self.stretches:
            if agent not in (None, stretch.agent) or (desk and desk not in stretch.desks):
                continue
            begin, end = max(since, stretch.begin), min(until, stretch.end)
            # Minute by minute would do; hours are whole, and no row is shorter.
            while begin < end:
                stop = min(end, (begin // 3_600_000 + 1) * 3_600_000)
                if at(begin, stretch.agent, stretch.desks):
                    stood[stretch.state] += stop - begin
                    if stretch.state == "online":
                        held += (stop - begin) * stretch.load
                        slots += (stop - begin) * stretch.capacity
                        busy += (stop - begin) * bool(stretch.load)
                begin = stop
        online = stood["online"]
        return {
            **{f"{state}_s": round(ms / 1000, 3) for state, ms in stood.items()},
            "concurrency": _ratio(held, online),
            "occupancy": _ratio(busy, online),
            "slots_filled": _ratio(held, slots),
        }


_TABLE: dict[str, Callable[[Books, Event, int, str], None]] = {
    "requested": Books._requested,
    "assigned": Books._assigned,
    "released": Books._released,
    "requeued": Books._requeued,
    "transferred": Books._transferred,
    "closed": Books._closed,
    "rated": Books._rated,
    "online": Books._came,
    "changed": Books._came,
    "back": Books._came,
    "status": Books._turned,
    "lost": Books._lost,
    "offline": Books._offline,
}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _times(
    name: str, times: list[int], *, mean: bool, longest: bool = False, **percentiles: float
) -> dict[str, Value]:
    ordered = sorted(times)
    found: dict[str, Value] = {}
    if mean:
        found[f"{name}_mean_s"] = round(sum(times) / len(times) / 1000, 3) if times else None
    if longest:
        found[f"{name}_longest_s"] = round(ordered[-1] / 1000, 3) if times else None
    for label, share in percentiles.items():
        value = None
        if times:
            exact = ordered[ceil(round(share * 100) * len(times) / 100) - 1]
            value = round(min(step_of(exact), ordered[-1]) / 1000, 3)
        found[f"{name}_{label}_s"] = value
    return found
