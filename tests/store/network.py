"""Between the nodes and the store: calls that arrive once, twice, later, too late.

A node's `Attempts` make a call again when they do not hear of it, never before the end
that the call carries. So a call is executed once, or a few times with calls of others
in between, or not at all; and any copy of it may come after its end. Here also the
calls of one connection overtake each other, which they never do.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import hypothesis.strategies as st
import pytest

from imchat.store import facts
from imchat.store.attempts import ATTEMPT_S, Attempts, Late, Pack
from imchat.store.store import Store
from tests.model import Refused

LIFE_MS = round(ATTEMPT_S * 1000)

Outcome = tuple[object, ...]
"""What a test compares of a reply; the first is the kind of the fact."""
Happens = Callable[[], Outcome]
"""Does the same to the model, when the call is executed; gives what the reply must be."""
Fate = Literal["arrives", "arrives twice", "is held back", "leaves a copy"]
"""`is held back`: until a test lets it arrive; so is a copy of what has arrived."""

fates: st.SearchStrategy[Fate] = st.sampled_from(
    ["arrives", "arrives twice", "is held back", "leaves a copy"]
)


@dataclass
class Call:
    """A call that a node made, to be executed up to `until`, ms."""

    name: str
    key: str
    pack: Pack
    read: Callable[[bytes], facts.Fact]
    happens: Happens
    until: int
    goes_on: bool
    """Executed again it may do more of what is to be done, instead of finding it done."""


class _Packed(Exception):
    """A call is ready to be sent."""

    def __init__(self, name: str, key: str, pack: Pack, read: Callable[[bytes], Any]) -> None:
        super().__init__(name)
        self.parts = name, key, pack, read


class Network(Attempts):
    """Takes the place of a store's attempts: what its methods send, a test executes.

    The store must have a clock of its own (`library.now`). Nothing but `send` may call it.
    """

    def __init__(
        self, store: Store, run: Callable[[Coroutine[Any, Any, Any]], Any]
    ) -> None:
        super().__init__(store._redis)
        store.library._attempts = self
        self.under_way: list[Call] = []
        """Calls and copies of calls that have yet to arrive."""
        self._library = store.library
        self._run = run

    async def make(
        self, name: str, key: str, pack: Pack, read: Callable[[bytes], Any]
    ) -> NoReturn:
        """What the store's methods call."""
        raise _Packed(name, key, pack, read)

    def send(
        self,
        asking: Coroutine[Any, Any, object],
        happens: Happens,
        fate: Fate = "arrives",
        *,
        goes_on: bool = False,
    ) -> None:
        """Send what a method of the store packs for this call."""
        try:
            asking.send(None)  # it comes as far as `make` without waiting for anything
        except _Packed as packed:
            call = Call(*packed.parts, happens, self._now + LIFE_MS, goes_on)
        if fate != "is held back":
            answer = self._arrives(call)
            if fate == "arrives twice":
                self._again(call, answer)
        if fate in ("is held back", "leaves a copy"):
            self.under_way.append(call)

    def arrive(self, n: int, *, again: bool) -> None:
        """Let one of the calls under way arrive, if there is any.

        `again`: its node does not hear of it, and goes on making it.
        """
        if not self.under_way:
            return
        call = self.under_way.pop(n % len(self.under_way))
        if self._now > call.until:
            with pytest.raises(Late):
                self._execute(call)
            if not again:
                return
            call.until = self._now + LIFE_MS  # only then it is made again
        self._arrives(call)
        if again:
            self.under_way.append(call)

    def _arrives(self, call: Call) -> facts.Fact:
        answer = self._execute(call)
        try:
            expected = call.happens()
        except Refused as refused:
            expected = ("refused", refused.code)
        assert outcome(answer) == expected, f"{call.name}: {outcome(answer)}, not {expected}"
        return answer

    def _again(self, call: Call, first: facts.Fact) -> None:
        """Nothing came in between: it finds all done, and the model hears nothing of it."""
        if call.goes_on:
            self._arrives(call)
        else:
            second = self._execute(call)
            assert _gist(second) == _gist(first), f"{call.name}: {second} after {first}"

    @property
    def _now(self) -> int:
        assert self._library.now is not None
        return self._library.now

    def _execute(self, call: Call) -> facts.Fact:
        asking: Any = self._redis.fcall(call.name, 1, call.key, call.pack(call.until))
        return call.read(self._run(asking))


def _gist(fact: facts.Fact) -> facts.Fact | Outcome:
    """What a second reply must have of the first: all, or of a chat and its topic the chat.

    For that chat has gone on by a message, of which the second tells by `last_seq` alone.
    """
    of_topic = isinstance(fact, facts.Assigned) and fact.chat.topic
    # What was transferred may move up in its queue, or get its topic, in the same step.
    return outcome(fact) if of_topic or isinstance(fact, facts.Transferred) else fact


def outcome(fact: facts.Fact) -> Outcome:
    """What a test compares of a reply."""
    match fact:
        case facts.Present():
            return ("present", *(int(chat.id) for chat in fact.chats))
        case facts.Assigned() | facts.Queued():
            kind = "assigned" if isinstance(fact, facts.Assigned) else "queued"
            return kind, int(fact.chat.id), fact.chat.agent, fact.chat.state != "closed"
        case facts.Transferred():
            return "transferred", int(fact.chat.id), fact.chat.agent, fact.chat.state
        case facts.Closed():
            return "closed", int(fact.chat.id), fact.chat.state == "closed"
        case facts.AgentStatus():
            return "status", fact.state, fact.load, fact.capacity
        case facts.Lease():
            return "lease", fact.held
        case facts.Swept():
            return "swept", fact.count
        case facts.Stored():
            return "stored", *((r.seq, r.chat, r.at, r.refused) for r in fact.results)
        case facts.Refused():
            return "refused", fact.code
    assert isinstance(fact, facts.Done)
    return ("done",)
