"""A report worked out a second time, plainly: from what the log says happened, and who wrote when.

It knows the kinds, times and names of events and nothing that was measured beside them. Where
the store adds up in cells and steps, lists of times are kept here, and of each agent how it
stood from one event to the next.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from imchat.analytics.report.measures import Value
from imchat.analytics.report.sums import step_of

DAY = 86_400_000


class Message(NamedTuple):
    chat: str
    at: int
    by_agent: bool


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

    # --- keeping them -----------------------------------------------------------------

    def keep(self, events: Iterable[Mapping[str, str]], said: list[Message], now: int) -> None:
        agents: dict[str, Agent] = {}
        turns: dict[str, Turn] = {}
        waiting: dict[str, int] = {}
        asked: dict[str, int] = {}
        had: set[str] = set()

        def moved(uid: str, at: int) -> None:
            agent = agents[uid]
            state = "grace" if agent.in_grace else agent.state
            stretch = Stretch(
                uid, agent.desks, agent.since, at, state, agent.load, agent.capacity
            )
            self.stretches.append(stretch)
            agent.since = at

        for event in events:
            at, what, uid = int(event["at"]), event["what"], event.get("agent", "")
            chat, desk = event.get("chat", ""), event.get("desk", "")
            if uid in agents:
                moved(uid, at)
            match what:
                case "requested":
                    asked[chat] = waiting[chat] = at
                    self.moments.append((at, "offered", "", desk, 0))
                case "assigned":
                    agents[uid].load += 1
                    first = chat not in had
                    took = at - waiting[chat] if first else 0
                    self.moments.append((at, "served" if first else "taken", uid, desk, took))
                    had.add(chat)
                    del waiting[chat]
                    turns[chat] = Turn(chat, uid, desk, at, 0)
                case "released":
                    agents[uid].load -= 1
                    turns[chat].end = at
                    self.turns.append(turns.pop(chat))
                    waited_already = asked.pop(chat, None)
                    assert waited_already is not None
                    asked[chat] = waited_already
                case "requeued":
                    waiting[chat] = at
                    self.moments.append((at, "requeued", uid, desk, 0))
                case "closed" if uid:
                    self.moments.append((at, "closed", uid, desk, 0))
                case "closed":
                    self.moments.append((at, "abandoned", "", desk, self._waited(chat, asked, at)))
                    if chat in had:
                        self.moments.append((at, "again", "", desk, 0))
                case "online" | "changed" | "back":
                    if "agent" in event:
                        load = agents[uid].load if uid in agents else 0
                        agents[uid] = Agent(
                            event["desks"].split(","), int(event["capacity"]), event["state"], at,
                            load,
                        )
                case "status":
                    agents[uid].state = event["state"]
                case "lost" if uid:
                    agents[uid].in_grace = True
                case "offline":
                    del agents[uid]
                case _:
                    pass
        for uid in agents:
            moved(uid, now)
        self._give_messages(said, turns.values())

    def _waited(self, chat: str, asked: dict[str, int], at: int) -> int:
        """All the time in which the chat was with no agent."""
        return at - asked[chat] - sum(t.end - t.begin for t in self.turns if t.chat == chat)

    def _give_messages(self, said: list[Message], open_turns: Iterable[Turn]) -> None:
        of_chat: dict[str, list[Turn]] = {}
        for turn in [*self.turns, *open_turns]:
            of_chat.setdefault(turn.chat, []).append(turn)
        for message in sorted(said, key=lambda message: message.at):
            turns = sorted(of_chat[message.chat], key=lambda turn: turn.begin)
            place = bisect_left([turn.begin for turn in turns], message.at + 1) - 1
            turns[place].messages.append(message)

    # --- reading them -----------------------------------------------------------------

    def report(
        self, since: int, until: int, *, agent: str | None = None, desk: str | None = None,
        at: Callable[[int, str, list[str]], bool] = lambda *_: True,
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
            for what in ("offered", "served", "taken", "abandoned", "again", "requeued", "closed")
        }
        waits = [m[4] for m in moments if m[1] == "served"]
        left = [m[4] for m in moments if m[1] == "abandoned"]
        never_served = count["abandoned"] - count.pop("again")
        found: dict[str, Value] = {**count}
        found["abandonment"] = _ratio(never_served, len(waits) + never_served)
        found["service_level"] = _ratio(
            sum(wait <= 20_000 for wait in waits), len(waits) + never_served
        )
        found |= _times("wait", waits, mean=True, longest=True, p50=0.5, p90=0.9, p99=0.99)
        found |= _times("left", left, mean=True, longest=True, p50=0.5)
        firsts, answers = [], []
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
        before = [
            message for other in self.turns
            if other.chat == turn.chat and other.begin < turn.begin for message in other.messages
        ]  # fmt: skip
        return bool(before) and not sorted(before, key=lambda message: message.at)[-1].by_agent

    def _presence(
        self, since: int, until: int, agent: str | None, desk: str | None,
        at: Callable[[int, str, list[str]], bool],
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
