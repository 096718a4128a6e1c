"""Which limits are passed, and what was seen of it: pure."""

from msgspec.structs import replace

from imchat.protocol import Snapshot
from imchat.tui.alerts import FORGOTTEN_S, AlertLimits, Alerts
from tests.tui.snapshots import AT_MS, agent, snapshot

LIMITS = AlertLimits(queue=2, wait_s=60)


def site(waits: list[int], *, after_s: float = 0, staffed: bool = True) -> Snapshot:
    agents = [agent("ann", 3)] if staffed else []
    known = snapshot(agents, {"default": [(f"c{n}", wait) for n, wait in enumerate(waits)]})
    return replace(known, at=AT_MS + round(after_s * 1000))


def test_a_limit_is_passed_by_more_than_itself() -> None:
    """So many and so long are allowed; one more is not."""
    alerts = Alerts(LIMITS)
    assert not alerts.note(site([60, 1]))
    assert alerts.standing == []
    assert alerts.note(site([61, 1, 1]))
    assert [alert.kind for alert in alerts.standing] == ["wait", "queue"]
    assert [alert.words for alert in alerts.standing] == [
        "the longest wait is 1:01, limit 1:00", "3 wait, limit 2",
    ]


def test_a_desk_with_nobody_at_work_is_the_gravest() -> None:
    """Only while somebody waits there."""
    alerts = Alerts(LIMITS)
    alerts.note(site([61, 1, 1], staffed=False))
    assert [alert.kind for alert in alerts.standing] == ["unstaffed", "wait", "queue"]
    alerts.note(site([], staffed=False))
    assert alerts.standing == []


def test_it_rings_once() -> None:
    """Not while it stands, nor when it comes again soon; later it is a new one."""
    alerts = Alerts(LIMITS)
    assert alerts.note(site([1, 1, 1]))
    assert not alerts.note(site([1, 1, 1, 1], after_s=5))
    assert not alerts.note(site([1], after_s=6))
    assert not alerts.note(site([1, 1, 1], after_s=8))
    assert [alert.since for alert in alerts.standing] == [AT_MS]
    assert not alerts.note(site([1], after_s=9))
    assert alerts.note(site([1, 1, 1], after_s=10 + FORGOTTEN_S))
    assert not alerts.standing[0].seen


def test_what_was_seen_stays_seen_until_it_is_over() -> None:
    """A new alert beside it is not seen yet."""
    alerts = Alerts(LIMITS)
    alerts.note(site([1, 1, 1]))
    alerts.acknowledge()
    assert alerts.standing[0].seen
    alerts.note(site([61, 1, 1], after_s=1))
    assert [(alert.kind, alert.seen) for alert in alerts.standing] == [
        ("wait", False), ("queue", True),
    ]


def test_limits_can_be_left_out() -> None:
    """None is no limit."""
    alerts = Alerts(AlertLimits(queue=None, wait_s=None, unstaffed=False))
    assert not alerts.note(site([9999] * 40, staffed=False))
