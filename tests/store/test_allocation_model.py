"""Any sequence of requests, closes, comings and goings leaves the store as the model says."""

import asyncio
import itertools
import secrets
from collections.abc import Coroutine, Sequence
from typing import Any, Literal, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imchat.errors import QueueFull, Unavailable
from imchat.ids import ChatId, Uid
from imchat.store import facts
from imchat.store.store import Rules, Store
from tests import model
from tests.conftest import NEVER_S
from tests.store.people import People

GRACE_S = 30
LEASE_S = 10
MAX_QUEUE = 4
MAX_CAPACITY = 3
TIERS = range(MAX_CAPACITY + 1)
DESKS = ("sales", "returns")

T = TypeVar("T")

AGENTS = ("ann", "ben", "cat", "dan")
CUSTOMERS = tuple(f"c{n}" for n in range(12))

agents = st.sampled_from(AGENTS)
lists_of_customers = st.lists(st.sampled_from(CUSTOMERS), min_size=1, max_size=8, unique=True)
desk_lists = st.sampled_from([["sales"], ["returns"], ["sales", "returns"]])
capacities = st.integers(1, MAX_CAPACITY)
choices = st.integers(0, 30)
"""Which one of those that there are."""
several = st.lists(choices, min_size=1, max_size=6)


class Allocation(RuleBasedStateMachine):
    """The real functions and the model, side by side.

    There are always two living nodes: when one dies another joins.
    """

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        self.store = Store(
            url,
            site=f"test-{secrets.token_hex(6)}",
            rules=Rules(
                grace_s=GRACE_S, lease_s=LEASE_S, max_queue=MAX_QUEUE, pause_s=NEVER_S
            ),
        )
        self.people = People(self.store)
        self.model = model.Model(max_queue=MAX_QUEUE, grace=GRACE_S * 1000)
        self.leases: dict[str, int] = {}
        self.dead: set[str] = set()
        self._names = (f"n{n}" for n in itertools.count(1))
        self._seen = "0"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def refused(self, asking: Coroutine[Any, Any, object], kind: type[Exception]) -> None:
        """This must be refused so."""
        try:
            answer = self.run(asking)
        except kind:
            return
        raise AssertionError(f"{answer} where {kind.__name__} was due")

    # --- nodes and the clock --------------------------------------------------

    @initialize(team=st.lists(capacities, max_size=4), waiting=lists_of_customers)
    def begin(self, team: list[int], waiting: list[str]) -> None:
        self.run(self.store.library.load())
        self._join_nodes()
        for uid, capacity in zip(AGENTS, team, strict=False):
            self.agent_connects(uid, 0, capacity, list(DESKS))
        self._ask(waiting, 0, "sales")

    def _join_nodes(self) -> None:
        while len(self.leases) < 2:
            node = next(self._names)
            self.run(self.people.join(node))
            self.leases[node] = self.people.now + LEASE_S * 1000

    def _die(self, node: str) -> None:
        del self.leases[node]
        self.dead.add(node)
        assert not self.run(self.store.lease(node)).held
        self.refused(self.people.connect("c0", "customer", node=node), Unavailable)

    def _node(self, choice: int) -> str:
        return one_of(list(self.leases), choice)

    @rule(seconds=st.sampled_from([1, LEASE_S - 1, GRACE_S]), silent=st.none() | choices)
    def time_passes(self, seconds: int, silent: int | None) -> None:
        """All nodes renew their leases but perhaps one; without a sweep nothing else happens."""
        self.people.now += seconds * 1000
        for node in set(self.leases) - ({self._node(silent)} if silent is not None else set()):
            assert self.run(self.store.lease(node)).held
            self.leases[node] = self.people.now + LEASE_S * 1000

    @rule(silent=st.none() | choices)
    def lease_ends(self, silent: int | None) -> None:
        self.time_passes(LEASE_S, silent)
        self._sweep()

    @rule(silent=st.none() | choices)
    def grace_ends(self, silent: int | None) -> None:
        self.time_passes(GRACE_S, silent)
        self._sweep()

    def _sweep(self) -> None:
        now = self.people.now
        self.run(self.store.sweep())
        for node in [node for node, end in self.leases.items() if end <= now]:
            self._die(node)
        for connection in list(self.model.connections):
            if connection.split("@")[1] in self.dead:
                self.model.lose(connection, now)
        self.model.end_graces(now)
        self._join_nodes()

    @rule(choice=choices)
    def node_retires(self, choice: int) -> None:
        node = self._node(choice)
        self.run(self.store.retire(node))
        self._die(node)
        self._join_nodes()

    # --- agents ---------------------------------------------------------------

    @rule(uid=agents, choice=choices, capacity=capacities, desks=desk_lists)
    def agent_connects(self, uid: str, choice: int, capacity: int, desks: list[str]) -> None:
        node = self._node(choice)
        present = self.run(
            self.people.connect(uid, "agent", node=node, capacity=capacity, desks=desks)
        )
        self.model.connect_agent(f"{uid}@{node}", uid, capacity, desks)
        assert [int(chat.id) for chat in present.chats] == sorted(self.model.agents[uid].chats)

    @precondition(lambda self: self.model.agents)
    @rule(who=choices, choice=choices)
    def agent_connects_as_before(self, who: int, choice: int) -> None:
        uid = one_of(sorted(self.model.agents), who)
        agent = self.model.agents[uid]
        self.agent_connects(uid, choice, agent.capacity, agent.desks)

    @rule(uid=agents, state=st.sampled_from(["online", "away"]))
    def status(self, uid: str, state: Literal["online", "away"]) -> None:
        self._status(uid, state)

    @precondition(lambda self: self.model.agents)
    @rule(who=choices)
    def agent_turns_away_or_online(self, who: int) -> None:
        uid = one_of(sorted(self.model.agents), who)
        self._status(uid, "online" if self.model.agents[uid].away else "away")

    def _status(self, uid: str, state: Literal["online", "away"]) -> None:
        connection = self.model.connection_of(uid)
        setting = self.store.status(Uid(uid), state=state, connection=connection or "lost")
        if connection is None:
            self.refused(setting, Unavailable)
            return
        status = self.run(setting)
        self.model.status(uid, state)
        agent = self.model.agents[uid]
        assert (status.state, status.load) == (state, len(agent.chats))
        assert status.capacity == agent.capacity

    # --- customers ------------------------------------------------------------

    # Hypothesis leaves out some rules of each run; what makes a site busy stands twice.
    @rule(uids=lists_of_customers, choice=choices)
    def customers_ask_sales(self, uids: list[str], choice: int) -> None:
        self._ask(uids, choice, "sales")

    @rule(uids=lists_of_customers, choice=choices)
    def customers_ask_returns(self, uids: list[str], choice: int) -> None:
        self._ask(uids, choice, "returns")

    def _ask(self, uids: list[str], choice: int, desk: str) -> None:
        node = self._node(choice)
        for uid in uids:
            if f"{uid}@{node}" not in self.model.connections:
                self.refused(self.people.request(uid, desk=desk, node=node), Unavailable)
            self._customer_connects(uid, node)
            self._request(uid, node, desk)

    def _customer_connects(self, uid: str, node: str) -> None:
        present = self.run(self.people.connect(uid, "customer", node=node))
        self.model.connect(f"{uid}@{node}", uid)
        assert [int(chat.id) for chat in present.chats] == self.model.open_chats(uid)

    def _request(self, uid: str, node: str, desk: str) -> None:
        asking = self.people.request(uid, desk=desk, node=node)
        try:
            ticket = self.model.request(uid, desk)
        except model.QueueFull:
            self.refused(asking, QueueFull)
            return
        standing = self.run(asking)
        agent = self.model.chats[ticket].agent
        assert (int(standing.chat.id), standing.chat.agent) == (ticket, agent)
        assert isinstance(standing, facts.Assigned) == (agent is not None)

    # --- ends -----------------------------------------------------------------

    @precondition(lambda self: self.model.chats)
    @rule(many=several)
    def customers_close(self, many: list[int]) -> None:
        for choice in many[: len(self.model.chats)]:
            self._close(one_of(sorted(self.model.chats), choice), by_agent=False)

    @precondition(lambda self: any(chat.agent for chat in self.model.chats.values()))
    @rule(many=several)
    def agents_close(self, many: list[int]) -> None:
        for choice in many:
            served = [ticket for ticket, chat in self.model.chats.items() if chat.agent]
            if served:
                self._close(one_of(sorted(served), choice), by_agent=True)

    def _close(self, ticket: int, *, by_agent: bool) -> None:
        chat = self.model.chats[ticket]
        role: Literal["customer", "agent"] = "agent" if by_agent and chat.agent else "customer"
        uid = Uid(getattr(chat, role))
        connection = self.model.connection_of(uid)
        closing = self.store.close(
            ChatId(str(ticket)), uid=uid, role=role, connection=connection or "lost"
        )
        if connection is None:
            self.refused(closing, Unavailable)
            return
        assert self.run(closing).chat.state == "closed"
        self.model.close(ticket)

    @precondition(lambda self: self.model.connections)
    @rule(many=several, agent=st.booleans())
    def disconnect(self, many: list[int], agent: bool) -> None:
        for choice in many[: len(self.model.connections)]:
            self._disconnect(choice, agent)

    def _disconnect(self, choice: int, agent: bool) -> None:
        """An agent's connection rather, when there is one, for there are many customers."""
        connections = sorted(self.model.connections)
        agents = [c for c in connections if c.split("@")[0] in self.model.agents]
        connection = one_of((agents if agent else None) or connections, choice)
        uid, node = connection.split("@")
        self.run(self.people.disconnect(uid, node=node))
        self.model.lose(connection, self.people.now)

    # --- after every step -----------------------------------------------------

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        entries, buckets, queues = await self._look()
        given = [
            model.Given(int(entry[b"chat"]), entry[b"agent"].decode(), int(entry[b"tier"]))
            for _, entry in entries
            if entry[b"what"] == b"assigned"
        ]
        assert given == self.model.given, "to whom, in which order, from which tier"
        self.model.given.clear()
        for desk in DESKS:
            assert buckets[desk] == [self.model.bucket(desk, tier) for tier in TIERS]
            assert queues[desk] == self.model.queues.get(desk, [])
            assert not (any(buckets[desk]) and queues[desk]), "a free slot while somebody waits"
        self._compare_agents(await self.store.site())
        assert await self.store.audit() == []

    async def _look(self) -> tuple[list[Any], dict[str, list[list[str]]], dict[str, list[int]]]:
        """What happened since the last look; by desk the buckets of each tier, and the tickets."""
        asking = self.people.redis.pipeline(transaction=False)
        asking.xrange(self.people.key("events"), f"({self._seen}")
        for desk in DESKS:
            asking.zrange(self.people.key(f"queue:{desk}"), 0, -1)
            for tier in TIERS:
                asking.zrange(self.people.key(f"tier:{desk}:{tier}"), 0, -1)
        entries, *found = await asking.execute()
        if entries:
            self._seen = entries[-1][0].decode()
        buckets, queues = {}, {}
        for n, desk in enumerate(DESKS):
            tickets, *of_desk = found[n * (1 + len(TIERS)) :][: 1 + len(TIERS)]
            queues[desk] = [int(id) for id in tickets]
            buckets[desk] = [[uid.decode() for uid in bucket] for bucket in of_desk]
        return entries, buckets, queues

    def _compare_agents(self, site: facts.Site) -> None:
        assert {agent.uid for agent in site.agents} == set(self.model.agents)
        served = [customer for agent in site.agents for customer in agent.customers]
        assert len(served) == len(set(served)), "nobody is served twice"
        for agent in site.agents:
            expected = self.model.agents[agent.uid]
            assert agent.load <= agent.capacity == expected.capacity
            assert agent.in_grace == (agent.uid in self.model.deadlines)
            assert agent.customers == [
                self.model.chats[ticket].customer for ticket in sorted(expected.chats)
            ]

    def teardown(self) -> None:
        self.run(self._clean())

    async def _clean(self) -> None:
        keys = [key async for key in self.people.redis.scan_iter(self.people.key("*"), count=1000)]
        if keys:
            await self.people.redis.delete(*keys)
        await self.store.__aexit__()


def one_of(things: Sequence[T], choice: int) -> T:
    """The thing that a number chooses."""
    return things[choice % len(things)]


@pytest.mark.timeout(600)  # a failure is made as short as can be before it is shown
def test_the_store_does_what_the_model_does(store_url: str) -> None:
    """Whom a customer gets, queues, buckets, tiers and every index, after every step."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        run_state_machine_as_test(
            lambda: Allocation(store_url, runner),  # type: ignore[arg-type] # what makes one will do
            settings=settings(
                max_examples=50,
                stateful_step_count=60,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
