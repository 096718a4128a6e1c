"""A site and its model side by side, with a bad network before the store: what all such share.

A rule that finds nothing to act on does nothing.
"""

import asyncio
import itertools
import secrets
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from imchat.ids import ChatId, Desk, Uid
from imchat.store.store import Rules, Staff, Store
from tests.model import Asker
from tests.site_model import Site
from tests.store.network import Fate, Network, Outcome, fates
from tests.store.people import People

GRACE_S = 30
LEASE_S = 10
PAUSE_S = 15
MAX_QUEUE = 4
MAX_CAPACITY = 3
SWEEP_LIMIT = 3
DESKS = ("sales", "returns")
AGENTS = ("ann", "ben", "cat", "dan")
SUPERVISOR = "sue"

S = TypeVar("S", bound=Site)
T = TypeVar("T")

agents = st.sampled_from(AGENTS)
capacities = st.integers(1, MAX_CAPACITY)
choices = st.integers(0, 30)
"""Which one of those that there are."""
several = st.lists(choices, min_size=1, max_size=6)


class Machine(RuleBasedStateMachine, Generic[S]):
    """The nodes and the clock.

    There are always two living nodes: when one dies another joins. A connection is named
    for its uid; no name comes twice.
    """

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        site = f"test-{secrets.token_hex(6)}"
        rules = Rules(grace_s=GRACE_S, lease_s=LEASE_S, max_queue=MAX_QUEUE, pause_s=PAUSE_S)
        self.store = Store(url, site=site, rules=rules)
        """Looks on; the calls of the nodes are made by the people's."""
        self.people = People(Store(url, site=site, rules=rules))
        self.nodes = self.people.store
        self.network = Network(self.nodes, self.run)
        self.send = self.network.send
        self.model = self.make_model(
            max_queue=MAX_QUEUE, grace=GRACE_S * 1000, lease=LEASE_S * 1000, pause=PAUSE_S * 1000
        )
        self.numbers = itertools.count(1)
        self.run(self.store.library.load())
        self._join_nodes()

    @abstractmethod
    def make_model(self, **limits: int) -> S:
        """The model of an empty site."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this to the end."""
        return self._runner.run(work)

    # --- nodes and the clock --------------------------------------------------

    def _join_nodes(self) -> None:
        """Until its reply is there a node makes no other call, so no copy of it comes later."""
        while len(self.model.living()) < 2:
            node = f"n{next(self.numbers)}"

            def happens(node: str = node) -> Outcome:
                self.model.join(node, self.people.now)
                return "lease", True

            self.send(self.people.join(node), happens, "arrives twice")

    def node(self, choice: int) -> str:
        """One that lives."""
        return self.model.living()[choice % len(self.model.living())]

    def _lease(self, node: str, fate: Fate) -> None:
        self.send(
            self.nodes.lease(node, read_to="0"),
            lambda: ("lease", self.model.renew(node, self.people.now)),
            fate,
        )

    @rule(choice=choices, fate=fates)
    def node_renews(self, choice: int, fate: Fate) -> None:
        self._lease(self.node(choice), fate)

    @rule(seconds=st.sampled_from([1, LEASE_S - 1, LEASE_S]), silent=st.none() | choices)
    def time_passes(self, seconds: int, silent: int | None) -> None:
        """All nodes renew their leases but perhaps one; without a sweep nothing else happens."""
        self._pass(seconds, None if silent is None else self.node(silent))

    def _pass(self, seconds: int, silent: str | None) -> None:
        self.people.now += seconds * 1000
        for node in self.model.living():
            if node != silent:
                self._lease(node, "arrives")

    @rule(silent=st.none() | choices)
    def lease_ends(self, silent: int | None) -> None:
        self._sweep("arrives")
        self.time_passes(LEASE_S, silent)
        self._sweep("arrives twice")

    @rule(silent=st.none() | choices)
    def grace_ends(self, silent: int | None) -> None:
        """In steps, or it would be a pause."""
        quiet = None if silent is None else self.node(silent)
        for seconds in (0, *[LEASE_S] * (GRACE_S // LEASE_S)):
            self._pass(seconds, quiet)
            self._sweep("arrives")

    @rule(fate=fates)
    def somebody_sweeps(self, fate: Fate) -> None:
        self._sweep(fate)

    def _sweep(self, fate: Fate) -> None:
        """A bounded number: what it leaves, half of a node's connections perhaps, stays so."""
        self.send(self.nodes.sweep(), self._swept, fate, goes_on=True)
        self._join_nodes()

    def _swept(self) -> Outcome:
        left = self.run(self._held())
        count = self.model.sweep(self.people.now, limit=SWEEP_LIMIT, left=left)
        return "swept", count

    async def _held(self) -> set[str]:
        """The connections that the nodes have by the store."""
        asking = self.people.redis.pipeline(transaction=False)
        for node in self.model.nodes:
            asking.hkeys(self.people.key(f"held:{node}"))
        return {connection.decode() for held in await asking.execute() for connection in held}

    @rule(choice=choices, fate=fates, sweeps=st.integers(0, 2))
    def node_retires(self, choice: int, fate: Fate, sweeps: int) -> None:
        """What it sent and what is on its way stays so."""
        node = self.node(choice)

        def happens() -> Outcome:
            self.model.retire(node)
            return ("done",)

        self.send(self.nodes.retire(node), happens, fate)
        self._join_nodes()
        for _ in range(sweeps):
            self._sweep("arrives")

    @rule(choice=choices, uid=agents)
    def dead_node_goes_on(self, choice: int, uid: str) -> None:
        """It was declared dead, perhaps is half swept, and does not know it."""
        for node in chosen(self.model.dead(), choice):
            self._lease(node, "arrives")
            self.agent_comes(uid, node, MAX_CAPACITY, list(DESKS))

    @rule(many=several, again=st.booleans())
    def calls_arrive(self, many: list[int], again: bool) -> None:
        """Those that were late, in any order, and what was made again without need."""
        for choice in many:
            self.network.arrive(choice, again=again)
        self._join_nodes()

    # --- what people do, for the rules of each machine ------------------------

    def agent_comes(
        self, uid: str, node: str, capacity: int, desks: list[str], fate: Fate = "arrives"
    ) -> None:
        connection = f"{uid}@{next(self.numbers)}"

        def happens() -> Outcome:
            self.model.comes_to(node, connection)
            return "present", *self.model.connect_agent(connection, uid, capacity, desks)

        self.send(
            self.people.connect(
                uid, "agent", node=node, connection=connection, capacity=capacity, desks=desks
            ),
            happens,
            fate,
        )

    def customer_comes(self, uid: str, node: str, fate: Fate = "arrives") -> None:
        self._comes(uid, "customer", node, fate)

    def supervisor_comes(self, choice: int) -> None:
        """Unless it is there."""
        if not self.model.connections_of(SUPERVISOR):
            self._comes(SUPERVISOR, "supervisor", self.node(choice), "arrives")

    def _comes(self, uid: str, role: str, node: str, fate: Fate) -> None:
        connection = f"{uid}@{next(self.numbers)}"

        def happens() -> Outcome:
            self.model.comes_to(node, connection)
            return "present", *self.model.connect(connection, uid)

        self.send(
            self.people.connect(uid, role, node=node, connection=connection), happens, fate
        )

    def goes(self, connection: str, fate: Fate) -> None:
        uid, node = self.model.connections[connection], self.model.node_of[connection]

        def happens() -> Outcome:
            self.model.lose(connection, self.people.now)
            return ("done",)

        self.send(self.people.disconnect(uid, node=node, connection=connection), happens, fate)

    def connection(self, uid: str, choice: int) -> str:
        """One of the uid's, or one that is none."""
        return chosen(self.model.connections_of(uid) or [f"{uid}@lost"], choice)[0]

    def asks(
        self, uid: str, desk: str, choice: int, fate: Fate, *, topic: str | None = None
    ) -> None:
        """A customer asks, after it has connected."""
        if not self.model.connections_of(uid):
            self.customer_comes(uid, self.node(choice))
        connection, call = self.connection(uid, choice), next(self.numbers)

        def happens() -> Outcome:
            ticket = self.model.request(
                uid, desk, connection=connection, call=call, topic=topic
            )
            agent, is_open = self.model.chat(ticket).agent, ticket in self.model.chats
            return "assigned" if agent else "queued", ticket, agent, is_open

        self.send(
            self.people.request(uid, desk=desk, topic=topic, connection=connection),
            happens,
            fate,
        )

    def closes(self, ticket: int, uid: str, role: Asker, choice: int, fate: Fate) -> None:
        connection = self.connection(uid, choice)

        def happens() -> Outcome:
            self.model.close(ticket, uid, role, connection=connection)
            return "closed", ticket, True

        self.send(
            self.nodes.close(ChatId(str(ticket)), uid=Uid(uid), role=role, connection=connection),
            happens,
            fate,
        )

    def transfers(
        self,
        ticket: int,
        uid: str,
        role: Staff,
        choice: int,
        fate: Fate,
        *,
        to: str | None = None,
        desk: str | None = None,
    ) -> None:
        connection, call = self.connection(uid, choice), next(self.numbers)

        def happens() -> Outcome:
            self.model.transfer(
                ticket, uid, role, to=to, desk=desk, connection=connection, call=call
            )
            agent = self.model.chat(ticket).agent
            is_open = ticket in self.model.chats
            state = "closed" if not is_open else "active" if agent else "waiting"
            return "transferred", ticket, agent, state

        self.send(
            self.nodes.transfer(
                ChatId(str(ticket)), uid=Uid(uid), role=role, connection=connection,
                to=Uid(to) if to else None, desk=Desk(desk) if desk else None,
            ),
            happens,
            fate,
        )

    def teardown(self) -> None:
        self.run(self._clean())

    async def _clean(self) -> None:
        keys = [key async for key in self.people.redis.scan_iter(self.people.key("*"), count=1000)]
        if keys:
            await self.people.redis.delete(*keys)
        await self.store.__aexit__()
        await self.nodes.__aexit__()


def chosen(things: Sequence[T], *choices: int) -> list[T]:
    """The things that numbers choose; none where there is none."""
    return [things[choice % len(things)] for choice in choices] if things else []


def check(machine: Callable[[asyncio.Runner], Machine[Any]], *, examples: int) -> None:
    """Run so many machines, each for sixty steps."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        run_state_machine_as_test(
            lambda: machine(runner),  # type: ignore[arg-type] # what makes one will do
            settings=settings(
                max_examples=examples,
                stateful_step_count=60,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
