"""To whom a chat may be given: who is there, and whom this console has heard of. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from imchat.ids import UID_PATTERN, Desk, Uid
from imchat.protocol import Chat, Colleague
from imchat.protocol import Colleagues as There
from imchat.tui.waits import count_waiting
from imchat.tui.widgets.load_bar import is_full

KEPT = 20


@dataclass(frozen=True, slots=True)
class Target:
    """An agent by uid, or a desk by name."""

    kind: Literal["agent", "desk"]
    id: str

    @property
    def agent(self) -> Uid | None:
        """The agent's uid."""
        return Uid(self.id) if self.kind == "agent" else None

    @property
    def desk(self) -> Desk | None:
        """The desk's name."""
        return Desk(self.id) if self.kind == "desk" else None

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Colleagues:
    """Targets, those that were used last first, what they are called, and how they stand.

    The server tells who is there (`told`); others are learned from the chats that pass.
    """

    def __init__(self) -> None:
        self._names: dict[Uid, str] = {}
        self._there: dict[Uid, Colleague] = {}
        self._waiting: dict[Desk, int] = {}
        self._is_told = False
        self._targets: list[Target] = []
        self._used = 0

    def remember(self, text: str) -> None:
        """Begin with those of an earlier run, see `remembered`."""
        found = (_target(word) for word in text.split())
        self._targets = [target for target in found if target is not None][:KEPT]
        self._used = len(self._targets)

    @property
    def remembered(self) -> str:
        """Those that were used, as a text for the next run."""
        return " ".join(f"{to.kind}:{to.id}" for to in self._targets[: self._used])

    def seen(self, chats: Iterable[Chat]) -> None:
        """Learn who had these chats, and at which desks."""
        for chat in chats:
            if chat.agent is not None:
                self._names[chat.agent] = chat.agent_name or chat.agent
                self._learn(Target("agent", chat.agent))
            self._learn(Target("desk", chat.desk))

    def told(self, there: There) -> None:
        """Learn who is there."""
        self._is_told = True
        self._there = {agent.uid: agent for agent in there.agents}
        self._waiting = dict(there.desks)
        self._names |= {agent.uid: agent.name or agent.uid for agent in there.agents}

    def met(self, uid: Uid | None) -> None:
        """Learn of an agent by uid alone."""
        if uid is not None:
            self._learn(Target("agent", uid))

    def used(self, target: Target) -> None:
        """A chat was given there; it is offered first from now on."""
        self._used = min(KEPT, self._used + (target not in self._targets[: self._used]))
        self._targets = [target, *(known for known in self._targets if known != target)]

    def name(self, target: Target) -> str:
        """What a target is called."""
        return self._names.get(Uid(target.id), target.id) if target.agent else target.id

    def standing(self, target: Target) -> str:
        """How a target stands, in a word or two; empty while nobody told it."""
        if not self._is_told:
            return ""
        if target.desk is not None:
            waiting = self._waiting.get(target.desk)
            if waiting is None:
                return "nobody there"
            return count_waiting(waiting) if waiting else ""
        agent = self.agent(target)
        if agent is None:
            return "not here"
        if agent.state != "online":
            return "away" if agent.state == "away" else "connection lost"
        return "full" if is_full(agent) else ""

    def agent(self, target: Target) -> Colleague | None:
        """What the server told of an agent."""
        return self._there.get(target.agent) if target.agent is not None else None

    def can_take(self, target: Target) -> bool:
        """Whether a chat can be given there, as far as it is known."""
        return target.desk is not None or not self.standing(target)

    def all(self, *, but: Uid) -> list[Target]:
        """Everybody that is known, but for one: who can take a chat first, the least busy first.

        Before those, of who can, come the targets that were used last.
        """
        used = self._targets[: self._used]
        by_load = sorted(self._there.values(), key=lambda agent: (agent.load, agent.uid))
        others = [
            *(Target("agent", agent.uid) for agent in by_load),
            *(Target("desk", desk) for desk in self._waiting),
            *self._targets[self._used :],
        ]
        known = [target for target in dict.fromkeys([*used, *others]) if target.agent != but]
        return sorted(known, key=lambda target: not self.can_take(target))

    def _learn(self, target: Target) -> None:
        if target not in self._targets:
            self._targets = [*self._targets, target][: 5 * KEPT]


def typed(text: str) -> list[Target]:
    """What somebody may mean who typed this and nobody that is known: an agent or a desk."""
    if not re.match(UID_PATTERN, text):
        return []
    return [Target("agent", text), Target("desk", text)]


def _target(word: str) -> Target | None:
    kind, _, id = word.partition(":")
    if kind not in {"agent", "desk"} or not re.match(UID_PATTERN, id):
        return None
    return Target("agent" if kind == "agent" else "desk", id)
