"""Whatever comes twice, late or out of order: what two say is stored once, and told once."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import initialize, invariant, rule

import imchat.store.store
from imchat.ids import Uid
from imchat.store import facts
from tests.model import Refused, Role
from tests.store.machine import DESKS, SWEEP_LIMIT, Machine, check, choices, chosen, several
from tests.store.network import Fate, Outcome, fates
from tests.store.people import heard_in
from tests.talk_model import Message, Talk

AGENTS = ("ann", "ben")
CUSTOMERS = ("c0", "c1", "c2", "c3")
CAPACITY = 3

agents = st.sampled_from(AGENTS)
customers = st.sampled_from(CUSTOMERS)
topics = st.sampled_from([None, "Lost my password"])
sayings = st.lists(
    st.tuples(choices, st.booleans(), st.sampled_from("abcde")), min_size=1, max_size=6
)
"""Which two, whether the agent speaks, and an id that may have been before."""
readings = st.lists(
    st.tuples(choices, st.booleans(), st.integers(0, 12)), min_size=1, max_size=4
)
"""Which two, whether the agent reads, and up to where."""


class Talking(Machine[Talk]):
    """Who says what to whom."""

    def make_model(self, **limits: int) -> Talk:
        return Talk(lambda: self.people.now, **limits)

    @initialize(team=st.integers(1, len(AGENTS)))
    def begin(self, team: int) -> None:
        for uid in AGENTS[:team]:
            self.agent_comes(uid, self.node(0), CAPACITY, list(DESKS))
        for uid in CUSTOMERS:
            self.asks(uid, "sales", 0, "arrives")

    # --- what is said ---------------------------------------------------------

    def _sides(self, choice: int, agent_acts: bool) -> tuple[str, str, Role]:
        """Who acts to whom and as what: the two of a chat, or of one that was."""
        talks = [(c.customer, c.agent) for c in self.model.chats.values() if c.agent]
        talks += [(a, b) if a in CUSTOMERS else (b, a) for a, b in self.model.said]
        customer, agent = chosen(talks or [(CUSTOMERS[0], AGENTS[0])], choice)[0]
        return (agent, customer, "agent") if agent_acts else (customer, agent, "customer")

    @rule(batch=sayings, marks=readings, fate=fates)
    def people_talk_and_read(
        self, batch: list[tuple[int, bool, str]], marks: list[tuple[int, bool, int]], fate: Fate
    ) -> None:
        """The messages in one call."""
        said = []
        for choice, agent_speaks, id in batch:
            sender, to, role = self._sides(choice, agent_speaks)
            body = f"saying {next(self.numbers)}"
            said.append((sender, to, role, id, body, self.connection(sender, choice)))
        posts = [
            self.people.message(sender, to, role, id=id, body=body, connection=connection)
            for sender, to, role, id, body, connection in said
        ]
        self.send(
            self.nodes.post(posts),
            lambda: ("stored", *(self._posted(*saying) for saying in said)),
            fate,
        )
        for choice, agent_reads, seq in marks:
            self._reads(*self._sides(choice, agent_reads), seq, fate)

    def _posted(self, *saying: Any) -> Outcome:
        try:
            message = self.model.post(*saying)
        except Refused as refused:
            return 0, "", 0, refused.code
        return message.seq, str(message.chat), message.at, None

    def _reads(self, reader: str, peer: str, role: Role, seq: int, fate: Fate) -> None:
        connection = self.connection(reader, 0)

        def happens() -> Outcome:
            self.model.read(reader, peer, role, seq)
            return ("done",)

        self.send(
            self.nodes.read(Uid(reader), to=Uid(peer), role=role, seq=seq, connection=connection),
            happens,
            fate,
        )

    @rule(choice=choices, agent_writes=st.booleans(), fate=fates)
    def somebody_writes(self, choice: int, agent_writes: bool, fate: Fate) -> None:
        """It may be told again, for it is stored nowhere."""
        sender, to, role = self._sides(choice, agent_writes)

        def happens() -> Outcome:
            self.model.typing(sender, to, role)
            return ("done",)

        self.send(self.nodes.typing(Uid(sender), to=Uid(to), role=role), happens, fate)

    # --- who talks to whom ----------------------------------------------------

    @rule(uid=customers, choice=choices, topic=topics, fate=fates)
    def customer_asks(self, uid: str, choice: int, topic: str | None, fate: Fate) -> None:
        self.asks(uid, "sales", choice, fate, topic=topic)

    @rule(uid=customers, choice=choices)
    def customer_connects(self, uid: str, choice: int) -> None:
        self.customer_comes(uid, self.node(choice))

    @rule(uid=agents, choice=choices)
    def agent_connects(self, uid: str, choice: int) -> None:
        self.agent_comes(uid, self.node(choice), CAPACITY, list(DESKS))

    @rule(many=several, choice=choices, fate=fates)
    def chats_are_closed(self, many: list[int], choice: int, fate: Fate) -> None:
        for ticket in chosen(sorted(self.model.chats), *many):
            chat = self.model.chat(ticket)
            role: Role = "agent" if chat.agent and choice % 2 else "customer"
            self.closes(ticket, getattr(chat, role), role, choice, fate)

    @rule(many=several, choice=choices, to=agents, fate=fates)
    def chats_are_transferred(self, many: list[int], choice: int, to: str, fate: Fate) -> None:
        """What was said to the one stays there; the other hears the topic first."""
        served = [(t, chat.agent) for t, chat in sorted(self.model.chats.items()) if chat.agent]
        for ticket, agent in chosen(served, *many):
            self.transfers(ticket, agent, "agent", choice, fate, to=to)

    @rule(uid=agents, back=st.booleans())
    def agent_is_lost(self, uid: str, back: bool) -> None:
        """Its chats go to another, who hears the topic as well, or to itself again."""
        for connection in self.model.connections_of(uid):
            self.goes(connection, "arrives")
        self.grace_ends(None)
        if back:
            self.agent_comes(uid, self.node(0), CAPACITY, list(DESKS))

    # --- after every step -----------------------------------------------------

    @invariant()
    def all_is_stored_and_told_once(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        key = self.people.key
        pairs, nodes, tickets = list(self.model.said), list(self.model.nodes), self.model.marks
        asking = self.people.redis.pipeline(transaction=False)
        for pair in pairs:
            asking.hgetall(key(f"history:{':'.join(pair)}"))
        for node in nodes:
            asking.xrange(key(f"inbox:{node}"))
        for ticket in tickets:
            asking.hgetall(key(f"chat:{ticket}"))
        found = iter(await asking.execute())
        for pair in pairs:
            stored = {int(seq): json.loads(blob) for seq, blob in next(found).items()}
            assert stored == {m.seq: _as_json(m) for m in self.model.said[pair]}
        for node in nodes:
            pushed = [(to, _as_json(m)) for to, m in self.model.pushed.get(node, [])]
            assert _messages(next(found)) == pushed, "each once to each, in order"
        for ticket in tickets:
            self._compare_chat(ticket, {k.decode(): v for k, v in next(found).items()})
        said = sum(len(messages) for messages in self.model.said.values())
        assert (await self.store.site()).totals.messages == said
        assert await self.store.audit() == []

    def _compare_chat(self, ticket: int, record: dict[str, bytes]) -> None:
        marks = {"customer": int(record["read_by_customer"]), "agent": int(record["read_by_agent"])}
        assert marks == self.model.marks[ticket]
        customer = self.model.chat(ticket).customer
        of_chat = [m for said in self.model.said.values() for m in said if m.chat == ticket]
        by_customer = sum(m.sender == customer for m in of_chat)
        assert int(record["messages_customer"]) == by_customer
        assert int(record["messages_agent"]) == len(of_chat) - by_customer


def _as_json(message: Message) -> dict[str, Any]:
    """As it is stored."""
    return {
        "v": 1, "chat": str(message.chat), "seq": message.seq, "at": message.at,
        "from": message.sender, "to": message.to, "id": message.id, "body": message.body,
    }  # fmt: skip


def _messages(entries: list[tuple[bytes, dict[bytes, bytes]]]) -> list[tuple[str, dict[str, Any]]]:
    """The messages of an inbox, each with whom it is for."""
    return [
        (heard.to, json.loads(heard.fact.message))
        for heard in heard_in(entries)
        if isinstance(heard.fact, facts.Posted)
    ]


@pytest.mark.timeout(600)  # a failure is made as short as can be before it is shown
def test_what_is_said_is_stored_once(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seqs are dense, acks are those of the first time, marks only grow, nobody hears twice."""
    monkeypatch.setattr(imchat.store.store, "SWEEP_LIMIT", SWEEP_LIMIT)
    check(lambda runner: Talking(store_url, runner), examples=40)
