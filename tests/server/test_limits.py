"""How much of what one uid, or one connection, may do. Pure: the clock is the test's."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imchat.errors import RateLimited
from imchat.ids import Uid
from imchat.server.limits import BadFrames, Bucket, Limits


class Clock:
    """Seconds, moved by hand."""

    now = 500.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def _refused(bucket: Bucket) -> int:
    """Take a frame that must be refused; gives the ms to wait."""
    with pytest.raises(RateLimited) as caught:
        bucket.take()
    return caught.value.retry_after_ms


def test_a_bucket_gives_its_burst_and_then_its_rate(clock: Clock) -> None:
    """After the burst one frame each 1/rate seconds, and the wait that is told is enough."""
    bucket = Bucket(4, 3, clock)
    for _ in range(3):
        bucket.take()
    wait_ms = _refused(bucket)
    assert 250 <= wait_ms <= 251
    clock.now += wait_ms / 1000
    bucket.take()
    _refused(bucket)


def test_a_bucket_that_rests_is_full_and_no_fuller(clock: Clock) -> None:
    """A long rest earns the burst, not more."""
    bucket = Bucket(4, 3, clock)
    for _ in range(3):
        bucket.take()
    clock.now += 3600
    for _ in range(3):
        bucket.take()
    _refused(bucket)


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 2), max_size=200))
def test_a_bucket_never_gives_more_than_burst_and_rate(rate: float, pauses: list[float]) -> None:
    """In any span at most the burst and what the rate earned in it."""
    clock = Clock()
    bucket = Bucket(rate, rate * 3, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        with contextlib.suppress(RateLimited):
            bucket.take()
            taken += 1
    assert taken <= rate * 3 + sum(pauses) * rate + 1e-6


def _flood(bucket: Bucket, clock: Clock, seconds: float) -> None:
    """Ten frames a second, of which some are refused."""
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        with contextlib.suppress(RateLimited):
            bucket.take()


def test_patience_ends_after_ten_seconds_over_the_limit(clock: Clock) -> None:
    """Not before, and not at the first refusal."""
    bucket = Bucket(2, 1, clock)
    _flood(bucket, clock, 10)
    assert not bucket.out_of_patience
    _flood(bucket, clock, 0.5)
    assert bucket.out_of_patience


def test_a_pause_gives_new_patience(clock: Clock) -> None:
    """Who stops for more than a second has not kept it up."""
    bucket = Bucket(2, 1, clock)
    for _ in range(5):
        _flood(bucket, clock, 9)
        clock.now += 1.5
    assert not bucket.out_of_patience


def test_a_single_refusal_uses_up_no_patience(clock: Clock) -> None:
    """However late it comes in the life of a bucket."""
    bucket = Bucket(2, 1, clock)
    clock.now += 100_000
    bucket.take()
    _refused(bucket)
    assert not bucket.out_of_patience


def test_connections_of_a_uid_share_a_bucket(clock: Clock) -> None:
    """And other uids do not."""
    limits = Limits(1, clock=clock)
    one, same, other = (limits.bucket(Uid(uid)) for uid in ("a", "a", "b"))
    assert one is same
    assert one is not other


def test_buckets_of_the_gone_are_forgotten(clock: Clock) -> None:
    """A bucket lives as long as a connection holds it."""
    limits = Limits(1, clock=clock)
    held = limits.bucket(Uid("held"))
    limits.bucket(Uid("gone"))
    assert list(limits._buckets) == ["held"]
    assert limits.bucket(Uid("held")) is held


def test_twenty_bad_frames_within_a_minute_are_too_many(clock: Clock) -> None:
    """The twentieth; older ones than a minute do not count."""
    bad = BadFrames(clock)
    for _ in range(19):
        assert not bad.add()
        clock.now += 3.2
    assert not bad.add()
    assert bad.add()
    clock.now += 61
    assert not bad.add()
