"""Facts as frames. Pure."""

import json

import msgspec
import pytest

from imchat import errors, protocol
from imchat.ids import ChatId, Desk, Uid
from imchat.server import views
from imchat.store import facts

STORED = (
    '{"v":1,"chat":"7","seq":3,"at":5,"from":"cai","to":"ann",'
    '"id":"\\"v\\":1,","body":"\\u0000"}'
)


def _chat(**fields: object) -> facts.Chat:
    known = {
        "id": "7", "state": "active", "desk": "default", "customer": "cai", "opened_at": 1,
        "customer_name": "Cai", "queued_at": 1, "last_seq": 4, "wait_ms": 250, "requeues": 0,
        "messages_customer": 0, "messages_agent": 0, "responses": 0, "response_ms": 0,
    }  # fmt: skip
    return msgspec.convert(known | fields, facts.Chat)


def _agent(uid: str, moved: int, **fields: object) -> facts.Agent:
    known = {
        "uid": uid, "name": uid, "state": "online", "in_grace": False, "load": 0, "capacity": 2,
        "desks": ["default"], "customers": [], "chats": [], "moved": moved,
    }  # fmt: skip
    return msgspec.convert(known | fields, facts.Agent)


def _site(*agents: facts.Agent, desks: list[facts.DeskQueue] | None = None) -> facts.Site:
    desks = desks or [facts.DeskQueue(Desk("default"), 0, [])]
    totals = facts.Totals(requested=9, assigned=8, closed=7, abandoned=6, messages=5)
    return facts.Site(at=100_500, agents=list(agents), desks=desks, totals=totals)


def test_a_stored_message_is_pushed_as_it_is_stored() -> None:
    """The stored JSON but for its version, whatever stands in it."""
    pushed = json.loads(views.stored_message(STORED))
    assert pushed == {
        "type": "message", "chat": "7", "seq": 3, "at": 5, "from": "cai", "to": "ann",
        "id": '"v":1,', "body": "\x00",
    }
    assert protocol.decode_from_server(views.stored_message(STORED)) is not None


def test_a_page_of_stored_messages_is_a_history() -> None:
    """The same messages, `with` whom, whether there are more, and the ref."""
    page = facts.Page(messages=[STORED, STORED], more=True, last_seq=9)
    frame = protocol.decode_from_server(views.history(Uid("ann"), page, ref="r"))
    assert isinstance(frame, protocol.History)
    assert [message.seq for message in frame.messages] == [3, 3]
    assert (frame.peer, frame.more, frame.last_seq, frame.ref) == ("ann", True, 9, "r")


def test_fields_that_are_null_are_there() -> None:
    """A client may rely on every field that the protocol names."""
    waiting = _chat(state="waiting", position=2)
    told = json.loads(views.told(facts.Queued(chat=waiting)))
    assert told["eta_s"] is None
    assert told["chat"] == {
        "chat": "7", "desk": "default", "customer": "cai", "agent": None, "state": "waiting",
        "opened_at": 1, "assigned_at": None, "last_seq": 4, "position": 2,
        "customer_name": "Cai", "agent_name": None, "topic": None, "read_by_customer": 0,
        "read_by_agent": 0, "after_seq": None, "score": None, "closed_at": None,
        "reason": None, "wait_ms": 250,
    }
    assert "ref" not in told


@pytest.mark.parametrize(
    "fact",
    [
        facts.Assigned(chat=_chat(agent="ann")),
        facts.Queued(chat=_chat(state="waiting", position=1), eta_s=3),
        facts.Closed(chat=_chat(state="closed", by="cai", reason="customer")),
        facts.Transferred(chat=_chat(agent="eve"), sender=Uid("ann"), by=Uid("ann")),
        facts.Rated(chat=_chat(state="closed", score=5)),
        facts.AgentStatus(uid=Uid("ann"), state="away", load=1, capacity=2),
        facts.Posted(message=STORED),
        facts.Typing(chat=ChatId("7"), sender=Uid("cai"), to=Uid("ann")),
        facts.Read(chat=ChatId("7"), sender=Uid("cai"), to=Uid("ann"), seq=2),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_every_fact_is_a_frame_that_clients_know(fact: facts.Told) -> None:
    """What a node finds in its inbox can be told."""
    assert protocol.decode_from_server(views.told(fact)) is not None


def test_a_refusal_is_an_error_under_its_ref() -> None:
    """The refusal's own ref wins; only a limit names a time."""
    refused = json.loads(views.error(errors.Forbidden("no"), ref="r"))
    assert refused == {"type": "error", "code": "forbidden", "message": "no", "ref": "r"}
    limited = errors.RateLimited("slow", ref="own", retry_after_ms=7)
    assert json.loads(views.error(limited, ref="r")) == {
        "type": "error", "code": "rate_limited", "message": "slow", "ref": "own",
        "retry_after_ms": 7,
    }


def test_a_tier_holds_its_agents_in_order_of_arrival() -> None:
    """Online ones by load, full ones too; those away or in grace stand in none."""
    snapshot = views.snapshot(
        _site(
            _agent("a", 9, load=1), _agent("b", 3, load=1), _agent("c", 1, load=2),
            _agent("d", 2, state="away"), _agent("e", 4, in_grace=True, load=1),
            _agent("f", 5, desks=["other"]),
        )
    )
    desk = snapshot.desks["default"]
    assert desk.tiers == {"1": ["b", "a"], "2": ["c"]}
    assert desk.tier == 1
    assert [(a.uid, a.state) for a in snapshot.agents] == [
        ("a", "online"), ("b", "online"), ("c", "online"), ("d", "away"), ("e", "grace"),
        ("f", "online"),
    ]
    totals = snapshot.totals
    assert (totals.online, totals.away, totals.grace, totals.slots) == (4, 1, 1, 8)
    assert (totals.active, totals.requested, totals.messages) == (5, 9, 5)


def test_the_oldest_wait_is_not_always_the_heads() -> None:
    """A chat that was queued again stands first and has not waited longest."""
    head = [
        facts.Head(Uid("again"), ChatId("1"), 99_000),
        facts.Head(Uid("patient"), ChatId("2"), 40_400),
    ]
    snapshot = views.snapshot(_site(desks=[facts.DeskQueue(Desk("default"), 70, head)]))
    desk = snapshot.desks["default"]
    assert (desk.waiting, desk.oldest_wait_s, desk.tier) == (70, 60, None)
    assert [waiting.customer for waiting in desk.head] == ["again", "patient"]
    assert snapshot.totals.waiting == 70
