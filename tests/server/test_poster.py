"""Messages of all connections go to the store in few calls. A real store."""

import asyncio
import contextlib

import pytest

from imchat.errors import NotFound, RequestError, Unavailable
from imchat.ids import DEFAULT_DESK, Uid
from imchat.server.metrics import Metrics
from imchat.server.poster import MAX_BATCH, Poster
from imchat.store.facts import PostResult
from imchat.store.store import Post, Store, tail_of
from tests.server.wire import Wires
from tests.support import Server, eventually, serving

CAI, ANN = Uid("cai"), Uid("ann")


class Desk:
    """A poster at work on a site where cai and ann talk."""

    def __init__(self, store: Store) -> None:
        self.metrics = Metrics()
        self.poster = Poster(store, self.metrics)
        self.results: list[PostResult | RequestError] = []

    def post(self, id: str, *, to: Uid = ANN) -> None:
        """Submit a message of cai's."""
        message = Post(
            sender=CAI, to=to, role="customer", id=id, tail=tail_of(id=id, body="x"),
            connection="c",
        )  # fmt: skip
        self.poster.submit(message, self.results.append)

    async def work(self, until: int) -> None:
        """Let it run until so many results are there."""
        working = asyncio.create_task(self.poster.run())
        await eventually(lambda: len(self.results) >= until, "all have a result")
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


@pytest.fixture
async def desk(store: Store) -> Desk:
    """The two are connected and in a chat."""
    await store.lease("node", join=True)
    for uid, role in ((ANN, "agent"), (CAI, "customer")):
        await store.connect(
            uid, role=role, name=uid, node="node", connection=f"{uid}-1", capacity=3,
            desks=[DEFAULT_DESK],
        )  # fmt: skip
    await store.request(CAI, name=CAI, desk=DEFAULT_DESK, topic=None, connection="cai-1")
    return Desk(store)


async def test_what_is_pending_goes_in_one_call(desk: Desk) -> None:
    """A hundred messages that wait are one round trip, each with its result in order."""
    for n in range(100):
        desk.post(f"{n}")
    await desk.work(100)
    assert [r.seq for r in desk.results if isinstance(r, PostResult)] == list(range(1, 101))
    assert (desk.metrics.batches_stored, desk.metrics.messages_stored) == (1, 100)


async def test_a_call_takes_a_bounded_number(desk: Desk) -> None:
    """So that no call keeps the store from others for long."""
    for n in range(2 * MAX_BATCH + 1):
        desk.post(f"{n}")
    await desk.work(2 * MAX_BATCH + 1)
    assert desk.metrics.batches_stored == 3
    assert [r.seq for r in desk.results if isinstance(r, PostResult)][-1] == 2 * MAX_BATCH + 1


async def test_a_refusal_in_a_batch_harms_no_other(desk: Desk) -> None:
    """Each message is stored or refused on its own."""
    desk.post("a")
    desk.post("b", to=Uid("stranger"))
    desk.post("c")
    await desk.work(3)
    first, refused, third = desk.results
    assert isinstance(refused, NotFound)
    assert refused.ref == "b"
    assert isinstance(first, PostResult)
    assert isinstance(third, PostResult)
    assert (first.seq, third.seq) == (1, 2)
    assert (desk.metrics.batches_stored, desk.metrics.messages_stored) == (1, 2)


async def test_a_store_that_is_away_refuses_the_batch_and_work_goes_on() -> None:
    """Each is told `unavailable` under its own id; the poster lives."""
    async with Store("unix:///nowhere/valkey.sock") as store:
        desk = Desk(store)
        desk.post("a")
        desk.post("b")
        await desk.work(2)
        assert [(type(r), getattr(r, "ref", None)) for r in desk.results] == [
            (Unavailable, "a"), (Unavailable, "b"),
        ]
        desk.post("c")
        await desk.work(3)


async def test_a_busy_node_pays_a_call_a_batch(
    store_url: str, site: str, wires: Wires
) -> None:
    """Messages of many connections at once take far fewer calls than messages."""
    async with serving(store_url, site, rate=100_000, capacity=10) as server:
        await wires.enter(server, "agent", "ann")
        customers = [await wires.enter(server, "customer", f"c{n}") for n in range(10)]
        for customer in customers:
            await customer.ask("request")
        for n in range(40):
            for customer in customers:
                await customer.send("message", id=f"{n}", to="ann", body="x")
        for customer in customers:
            for n in range(40):
                assert (await customer.get("ack"))["seq"] == n + 1
        metrics = _metrics(server)
        assert metrics.messages_stored == 400
        assert metrics.batches_stored < 200


def _metrics(server: Server) -> Metrics:
    return server.node._services.metrics
