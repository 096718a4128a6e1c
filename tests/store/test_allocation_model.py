"""Any sequence of requests, closes, comings and goings leaves the store as the model says.

Also when nodes die in the middle of it, and calls come twice, late, or out of order.
"""

import asyncio
from collections import Counter
from typing import Literal

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import initialize, invariant, rule

import imchat.store.store
from imchat.ids import Uid
from imchat.store import facts
from tests import model
from tests.site_model import Site
from tests.store.look import look
from tests.store.machine import (
    AGENTS,
    DESKS,
    MAX_CAPACITY,
    SUPERVISOR,
    SWEEP_LIMIT,
    Machine,
    agents,
    capacities,
    check,
    choices,
    chosen,
    several,
)
from tests.store.network import Fate, Outcome, fates

TIERS = range(MAX_CAPACITY + 1)
CUSTOMERS = tuple(f"c{n}" for n in range(12))

customers = st.sampled_from(CUSTOMERS)
lists_of_customers = st.lists(customers, min_size=1, max_size=8, unique=True)
desks = st.sampled_from([None, *DESKS, "nowhere"])
desk_lists = st.sampled_from([["sales"], ["returns"], ["sales", "returns"]])


class Allocation(Machine[Site]):
    """Who is given to whom."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        super().__init__(url, runner)
        self._seen = "0"
        self._counted: Counter[str] = Counter()

    def make_model(self, **limits: int) -> Site:
        return Site(**limits)

    @initialize(team=st.lists(capacities, max_size=4), waiting=lists_of_customers)
    def begin(self, team: list[int], waiting: list[str]) -> None:
        for uid, capacity in zip(AGENTS, team, strict=False):
            self.agent_comes(uid, self.node(0), capacity, list(DESKS))
        for uid in waiting:
            self.asks(uid, "sales", 0, "arrives")

    # --- agents ---------------------------------------------------------------

    @rule(uid=agents, choice=choices, capacity=capacities, desks=desk_lists, fate=fates)
    def agent_connects(
        self, uid: str, choice: int, capacity: int, desks: list[str], fate: Fate
    ) -> None:
        self.agent_comes(uid, self.node(choice), capacity, desks, fate)

    @rule(who=choices, choice=choices)
    def agent_connects_as_before(self, who: int, choice: int) -> None:
        for uid in chosen(sorted(self.model.agents), who):
            agent = self.model.agents[uid]
            self.agent_comes(uid, self.node(choice), agent.capacity, agent.desks)

    @rule(who=choices, choice=choices, fate=fates)
    def agent_turns_away_or_online(self, who: int, choice: int, fate: Fate) -> None:
        """A call that comes late, or again, undoes what another connection said since.

        That is allowed: they were under way at once, and it is within its life.
        """
        for uid in chosen(sorted(self.model.agents), who):
            away = self.model.agents[uid].away
            self._says(uid, "online" if away else "away", self.connection(uid, choice), fate)

    @rule(uid=agents, state=st.sampled_from(["online", "away"]), choice=choices, fate=fates)
    def supervisor_sets_a_status(
        self, uid: str, state: Literal["online", "away"], choice: int, fate: Fate
    ) -> None:
        """Of an agent that is here, or is not."""
        self.supervisor_comes(choice)
        self._says(uid, state, self.connection(SUPERVISOR, choice), fate, by=SUPERVISOR)

    def _says(
        self,
        uid: str,
        state: Literal["online", "away"],
        connection: str,
        fate: Fate,
        *,
        by: str | None = None,
    ) -> None:
        def happens() -> Outcome:
            agent = self.model.status(uid, state, connection=connection)
            return "status", state, len(agent.chats), agent.capacity

        self.send(
            self.nodes.status(
                Uid(uid), state=state, connection=connection, by=Uid(by) if by else None
            ),
            happens,
            fate,
        )

    @rule(who=choices, fate=fates)
    def agent_goes(self, who: int, fate: Fate) -> None:
        for uid in chosen(sorted(self.model.agents), who):
            for connection in self.model.connections_of(uid):
                self.goes(connection, fate)

    # --- customers ------------------------------------------------------------

    # Hypothesis leaves out some rules of each run; what makes a site busy stands twice.
    @rule(uids=lists_of_customers, choice=choices, fate=fates)
    def customers_ask_sales(self, uids: list[str], choice: int, fate: Fate) -> None:
        for uid in uids:
            self.asks(uid, "sales", choice, fate)

    @rule(uids=lists_of_customers, choice=choices, fate=fates)
    def customers_ask_returns(self, uids: list[str], choice: int, fate: Fate) -> None:
        for uid in uids:
            self.asks(uid, "returns", choice, fate)

    @rule(uid=customers, choice=choices, fate=fates)
    def customer_connects(self, uid: str, choice: int, fate: Fate) -> None:
        self.customer_comes(uid, self.node(choice), fate)

    # --- ends -----------------------------------------------------------------

    @rule(many=several, choice=choices, fate=fates)
    def customers_close(self, many: list[int], choice: int, fate: Fate) -> None:
        for ticket in chosen(sorted(self.model.chats), *many):
            self.closes(ticket, self.model.chat(ticket).customer, "customer", choice, fate)

    @rule(many=several, choice=choices, fate=fates)
    def agents_close(self, many: list[int], choice: int, fate: Fate) -> None:
        served = [(t, chat.agent) for t, chat in sorted(self.model.chats.items()) if chat.agent]
        for ticket, agent in chosen(served, *many):
            self.closes(ticket, agent, "agent", choice, fate)

    # --- chats that change hands ----------------------------------------------

    @rule(many=several, choice=choices, to=agents, desk=desks, fate=fates)
    def agents_transfer(
        self, many: list[int], choice: int, to: str, desk: str | None, fate: Fate
    ) -> None:
        """To an agent or a desk; what any of the last chats was, it may be another's or closed."""
        served = [(t, chat.agent) for t, chat in sorted(self.model.chats.items()) if chat.agent]
        served += [(t, AGENTS[choice % 4]) for t in sorted(self.model.closed)[-2:]]
        for ticket, agent in chosen(served, *many):
            target = {"desk": desk} if desk else {"to": to}
            self.transfers(ticket, agent, "agent", choice, fate, **target)

    @rule(many=several, choice=choices, to=agents, desk=desks, fate=fates)
    def supervisor_transfers(
        self, many: list[int], choice: int, to: str, desk: str | None, fate: Fate
    ) -> None:
        """Any chat, one that waits too."""
        self.supervisor_comes(choice)
        for ticket in chosen([*self.model.chats, *sorted(self.model.closed)[-1:]], *many):
            target = {"desk": desk} if desk else {"to": to}
            self.transfers(ticket, SUPERVISOR, "supervisor", choice, fate, **target)

    @rule(many=several, choice=choices, fate=fates)
    def supervisor_closes(self, many: list[int], choice: int, fate: Fate) -> None:
        self.supervisor_comes(choice)
        for ticket in chosen(sorted(self.model.chats), *many):
            self.closes(ticket, SUPERVISOR, "supervisor", choice, fate)

    @rule(uids=lists_of_customers, choice=choices, times=st.integers(1, 2))
    def chats_end_before_the_reply_is_through(
        self, uids: list[str], choice: int, times: int
    ) -> None:
        """The customer may ask once more meanwhile, on another connection."""
        for uid in uids * times:
            self.asks(uid, "sales", choice, "leaves a copy")
            for ticket in self.model.open_chats(uid):
                agent = self.model.chat(ticket).agent
                self.closes(ticket, agent or uid, "agent" if agent else "customer", 0, "arrives")

    @rule(many=several, fate=fates)
    def connections_end(self, many: list[int], fate: Fate) -> None:
        for connection in dict.fromkeys(chosen(sorted(self.model.connections), *many)):
            self.goes(connection, fate)

    # --- after every step -----------------------------------------------------

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        nodes = list(self.model.nodes)
        seen = await look(
            self.people, desks=DESKS, tiers=TIERS, nodes=nodes, after=self._seen
        )
        self._seen = seen.last
        self._compare_events(seen.events)
        for desk in DESKS:
            assert seen.buckets[desk] == [self.model.bucket(desk, tier) for tier in TIERS]
            assert seen.tickets[desk] == self.model.queues.get(desk, [])
            assert not (any(seen.buckets[desk]) and seen.tickets[desk]), "free, and yet one waits"
        assert (seen.leases, seen.graces) == (self.model.nodes, self.model.deadlines)
        assert seen.held == {node: set(self.model.held(node)) for node in nodes}
        site = await self.store.site()
        self._compare_agents(site)
        for what in ("requested", "assigned", "closed"):
            assert getattr(site.totals, what) == self._counted[what]
        assert await self.store.audit() == []

    def _compare_events(self, events: list[dict[str, str]]) -> None:
        """Each thing that happened is told once, however often it was asked for."""
        given = [
            model.Given(int(entry["chat"]), entry["agent"], int(entry["tier"]))
            for entry in events
            if entry["what"] == "assigned"
        ]
        assert given == self.model.given, "to whom, in which order, from which tier"
        told = [(e["what"], e.get("chat") or e.get("agent") or e["customer"]) for e in events]
        assert sorted(told) == sorted((what, str(of)) for what, of in self.model.happened)
        self._counted.update(what for what, _ in told)
        self.model.given.clear()
        self.model.happened.clear()

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


@pytest.mark.timeout(600)  # a failure is made as short as can be before it is shown
def test_the_store_does_what_the_model_does(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a customer gets, queues, buckets, tiers and every index, after every step."""
    monkeypatch.setattr(imchat.store.store, "SWEEP_LIMIT", SWEEP_LIMIT)
    check(lambda runner: Allocation(store_url, runner), examples=50)
