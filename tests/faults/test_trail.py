"""The audit log replayed: each rule that a step may break is seen to be broken."""

from collections.abc import Callable

import pytest

from tests.faults.trail import Trail

GRACE_S = 3.0

Events = list[dict[str, str]]


def event(at: int, what: str, **fields: str) -> dict[str, str]:
    return {"what": what, "at": f"{at}", **fields}


def went_well() -> Events:
    """Ann, who holds one chat, serves Bob, then Cat who waited, is lost, and comes again."""
    ann = {"agent": "ann", "state": "online", "capacity": "1", "desks": "default"}
    bobs = {"chat": "1", "customer": "bob", "desk": "default"}
    cats = {"chat": "2", "customer": "cat", "desk": "default"}
    dans = {"chat": "3", "customer": "dan", "desk": "default"}
    return [
        event(0, "online", **ann),
        event(1, "requested", **bobs),
        event(1, "assigned", **bobs, agent="ann", reason="request"),
        event(2, "requested", **cats),
        event(2, "queued", **cats),
        event(3, "requested", **dans),
        event(3, "queued", **dans),
        event(4, "released", **bobs, agent="ann", reason="customer"),
        event(4, "closed", **bobs, agent="ann", reason="customer"),
        event(4, "assigned", **cats, agent="ann", reason="closed"),
        event(5, "lost", agent="ann"),
        event(6, "back", **ann),
        event(7, "lost", agent="ann"),
        event(8, "lost", customer="dan"),
        event(3_007, "released", **cats, agent="ann", reason="lost"),
        event(3_007, "requeued", **cats, agent="ann", reason="lost"),
        event(3_007, "offline", agent="ann"),
        event(3_008, "closed", **dans, agent="", reason="disconnected"),
        event(3_009, "online", **ann),
        event(3_009, "assigned", **cats, agent="ann", reason="online"),
        event(3_010, "status", agent="ann", state="away"),
        event(3_011, "online", **ann | {"agent": "eve"}),
        event(3_012, "released", **cats, agent="ann", reason="transfer"),
        event(3_012, "transferred", **cats, agent="ann", to="eve", by="ann"),
        event(3_012, "assigned", **cats, agent="eve", reason="transfer"),
        event(3_013, "rated", **bobs, agent="ann", score="5"),
    ]


def faults(events: Events, *, punctual: bool = True) -> list[str]:
    return Trail(grace_s=GRACE_S, punctual=punctual).replay(events)


def test_what_went_well_has_no_fault() -> None:
    """And what was done is counted."""
    trail = Trail(grace_s=GRACE_S, punctual=True)
    assert trail.replay(went_well()) == []
    assert (trail.requeues, trail.disconnects) == (1, 1)


def _dan_first(events: Events) -> None:
    events[9] = event(4, "assigned", chat="3", customer="dan", desk="default", agent="ann",
                      reason="closed")  # fmt: skip


def _late(events: Events) -> None:
    for late in events[14:]:
        late["at"] = f"{int(late['at']) + 2_001}"


def _early(events: Events) -> None:
    for early in events[14:]:
        early["at"] = f"{int(early['at']) - 10}"


SABOTAGE: dict[str, tuple[str, Callable[[Events], object]]] = {
    "served out of turn": ("chat 3 was served before 2", _dan_first),
    "a free slot and nobody in it": ("has a free slot while", lambda events: events.pop(9)),
    "one too many": ("who had no free slot", lambda events: events.insert(7, events[9])),
    "given twice": ("is not to be given", lambda events: events.insert(10, events[9])),
    "released twice": ("which it had not", lambda events: events.insert(8, events[7])),
    "closed twice": ("was not open", lambda events: events.insert(9, events[8])),
    "requeued twice": ("was queued and is no", lambda events: events.insert(16, events[15])),
    "moved while it is served": (
        "chat 2 was transferred and", lambda events: events.append(events[23]),
    ),
    "rated too early": (
        "chat 2 was rated and is open", lambda events: events[25].update(chat="2"),
    ),
    "lost twice": ("was lost twice", lambda events: events.insert(13, events[12])),
    "offline twice": ("was given up, and was not", lambda events: events.insert(17, events[16])),
    "offline with chats": ("or with chats", lambda events: events.__delitem__(slice(14, 16))),
    "two chats": ("bob has two chats", lambda events: events.insert(4, events[1] | {"chat": "4"})),
    "a ticket again": ("ticket 2 was given", lambda events: events.insert(6, events[3])),
    "given up early": ("before the end of its grace", _early),
    "given up late": ("after the end of its grace", _late),
    "never given up": ("dan was lost at 8 and never", lambda events: events.pop(17)),
    "back from nowhere": ("ann is back, and was not lost", lambda events: events.pop(10)),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_step_that_breaks_a_rule_is_found(what: str) -> None:
    """No check of the log is one that cannot fail."""
    wanted, sabotage = SABOTAGE[what]
    events = went_well()
    sabotage(events)
    events.append(event(9_000, "status", agent="ann", state="online"))
    assert any(wanted in fault for fault in faults(events)), faults(events)


def test_a_store_that_was_away_is_not_held_to_its_time() -> None:
    """A grace may end late when nobody could end it."""
    events = went_well()
    _late(events)
    assert faults(events, punctual=False) == []
