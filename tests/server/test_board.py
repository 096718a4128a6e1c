"""What is pushed coalesced: a real store, and outboxes instead of sockets."""

import json

import pytest

from imchat.ids import DEFAULT_DESK, ChatId, Desk, Uid
from imchat.protocol import Snapshot
from imchat.server import views
from imchat.server.board import Board
from imchat.server.hub import Hub, Outbox
from imchat.server.waiting import Waiting
from imchat.server.watching import Watching
from imchat.store import facts
from imchat.store.store import Store


class Node:
    """The parts of a node that push, without its sockets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.hub = Hub()
        self.waiting = Waiting()
        self.watching = Watching()
        self.board = Board(store, self.hub, self.waiting, self.watching)

    async def waits(self, uid: str) -> tuple[Outbox, ChatId]:
        """A customer of this node that begins to wait."""
        outbox = Outbox(uid, lambda: None)
        outbox.open()
        self.hub.add(Uid(uid), outbox)
        await self.store.connect(
            Uid(uid), role="customer", name=uid, node="node", connection=uid, capacity=1,
            desks=[DEFAULT_DESK],
        )  # fmt: skip
        standing = await self.store.request(
            Uid(uid), name=uid, desk=DEFAULT_DESK, topic=None, connection=uid
        )
        self.waiting.note(standing)
        return outbox, standing.chat.id

    async def leaves(self, uid: str, chat: ChatId) -> None:
        """A customer leaves the queue; the node itself hears nothing of it."""
        await self.store.close(chat, uid=Uid(uid), role="customer", connection=uid)


def _positions(outbox: Outbox) -> list[int]:
    return [json.loads(frame)["position"] for frame in outbox.take()]


@pytest.fixture
async def node(store: Store) -> Node:
    """A node with a lease."""
    await store.lease("node", join=True)
    return Node(store)


async def test_places_that_change_between_two_looks_are_told_once(node: Node) -> None:
    """Two who leave make one push to each behind them; a look without a change makes none."""
    gone = [(uid, (await node.waits(uid))[1]) for uid in ("c1", "c2")]
    third, _ = await node.waits("c3")
    fourth, _ = await node.waits("c4")
    for uid, chat in gone:
        await node.leaves(uid, chat)
    await node.board._push_moved()
    await node.board._push_moved()
    assert (_positions(third), _positions(fourth)) == ([1], [2])


async def test_who_waits_no_more_is_forgotten(node: Node) -> None:
    """Chats that ended while their customer was not here are not asked for for ever."""
    _, chat = await node.waits("c1")
    await node.waits("c2")
    await node.leaves("c1", chat)
    await node.board._push_moved()
    assert list(node.waiting.told) == ["2"]


def test_what_was_told_meanwhile_is_not_forgotten() -> None:
    """A chat that was queued again while the store was asked still waits."""
    waiting = Waiting()
    queued = facts.Queued(chat=_chat(position=1))
    waiting.note(queued)
    before = waiting.told[queued.chat.id]
    waiting.note(queued)
    waiting.forget(queued.chat.id, before)
    assert len(waiting.told) == 1


@pytest.mark.parametrize("kind", [facts.Assigned, facts.Closed])
def test_what_ends_the_wait_is_learnt(kind: type[facts.Assigned] | type[facts.Closed]) -> None:
    """An assigned or a closed chat waits no more."""
    waiting = Waiting()
    waiting.note(facts.Queued(chat=_chat(position=1)))
    waiting.note(kind(chat=_chat()))
    assert waiting.told == {}


def _chat(position: int | None = None) -> facts.Chat:
    return facts.Chat(
        id=ChatId("7"), state="waiting", desk=DEFAULT_DESK, customer=Uid("cai"), opened_at=1,
        customer_name="Cai", queued_at=1, last_seq=0, wait_ms=0, requeues=0, responses=0,
        messages_customer=0, messages_agent=0, response_ms=0, position=position,
    )  # fmt: skip


def _snapshot(at: int, waiting: int) -> Snapshot:
    totals = facts.Totals(requested=0, assigned=0, closed=0, abandoned=0, messages=0)
    desks = [facts.DeskQueue(Desk("default"), waiting, [])]
    return views.snapshot(facts.Site(at=at, agents=[], desks=desks, totals=totals))


async def test_a_snapshot_goes_to_those_for_whom_it_is_new() -> None:
    """Each is compared with what it was shown last; only the time is no change."""
    watching = Watching()
    early, late = Outbox("early", lambda: None), Outbox("late", lambda: None)
    for outbox in (early, late):
        outbox.open()
    watching.add(early, _snapshot(10, waiting=0))
    watching.show(_snapshot(20, waiting=0))
    watching.add(late, _snapshot(30, waiting=1))
    watching.show(_snapshot(40, waiting=0))
    seen = [json.loads(frame)["at"] for frame in late.take()]
    assert (early.take(), seen) == ([], [40])


async def test_an_older_snapshot_is_never_shown_after_a_newer() -> None:
    """One that was on its way while a supervisor began to watch comes too late for it."""
    watching = Watching()
    outbox = Outbox("one", lambda: None)
    outbox.open()
    watching.add(outbox, _snapshot(30, waiting=1))
    watching.show(_snapshot(20, waiting=0))
    assert outbox.take() == []


async def test_watching_ends_with_the_last_who_watches() -> None:
    """Then nobody asks the store for snapshots."""
    watching = Watching()
    one, other = Outbox("one", lambda: None), Outbox("other", lambda: None)
    for outbox in (one, other):
        watching.add(outbox, _snapshot(1, waiting=0))
    watching.remove(one)
    watching.remove(one)
    assert watching.begun.is_set()
    watching.remove(other)
    assert not watching.begun.is_set()


def _event(n: int) -> facts.Event:
    return facts.Event(position=(n, 0), at=n, what="requested")


def _heard(outbox: Outbox) -> list[int]:
    return [event["at"] for frame in outbox.take() for event in json.loads(frame)["events"]]


async def test_each_hears_what_it_has_not_heard() -> None:
    """What was read before one began is read again for it, and comes to nobody twice."""
    watching = Watching()
    early, late = Outbox("early", lambda: None), Outbox("late", lambda: None)
    for outbox in (early, late):
        outbox.open()
    watching.add(early, _snapshot(1, waiting=0), heard_to=(1, 0))
    watching.tell((1, 0), [_event(2), _event(3)])
    # Its own look at the log was answered before that, and it begins only now.
    watching.add(late, _snapshot(1, waiting=0), heard_to=(2, 0))
    watching.tell((3, 0), [_event(4)])
    assert (_heard(early), _heard(late)) == ([2, 3, 4], [])
    assert watching.heard_by_all((4, 0)) == (2, 0)
    watching.tell((2, 0), [_event(3), _event(4), _event(5)])
    assert (_heard(early), _heard(late)) == ([5], [3, 4, 5])
    watching.add(early, _snapshot(1, waiting=0))
    watching.tell((5, 0), [_event(6)])
    assert (_heard(early), _heard(late)) == ([], [6])
    watching.remove(late)
    assert watching.heard_by_all((9, 0)) == (9, 0)


async def test_who_does_not_read_the_log_is_closed() -> None:
    """As with anything else that is pushed."""
    watching = Watching()
    outbox = Outbox("one", lambda: None)
    outbox.open()
    watching.add(outbox, _snapshot(1, waiting=0), heard_to=(0, 0))
    for n in range(1, 100):
        watching.tell((n - 1, 0), [_event(n)] * 500)
    assert outbox.overflowed
