"""How much of what one uid, or one connection, may do. Clocks give seconds."""

import math
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from imchat.errors import RateLimited
from imchat.ids import Uid
from imchat.protocol import BAD_FRAMES_A_MINUTE, RATE_LIMITED_PATIENCE_S

BURST_S = 3.0
"""So many seconds' worth of frames may come at once."""
CONNECTIONS_A_UID = 16
"""Connections that one uid may have on a node."""
CONNECTIONS_AN_ADDRESS = 1_000
"""Connections that one address may have on a node; of IPv6 a /64 is one address."""
CONNECTION_RETRY_MS = 10_000
"""When a uid that has too many may try again."""
QUIET_S = 1.0
"""So long without a refusal, and a uid no longer keeps it up."""

Clock = Callable[[], float]


class Bucket:
    """A token bucket: `rate` frames a second, `burst` at once.

    Source: the token bucket of J. Turner, "New Directions in Communications", 1986.
    """

    __slots__ = (
        "__weakref__", "_at", "_burst", "_clock", "_rate", "_refused_last", "_refused_since",
        "_tokens",
    )  # fmt: skip

    def __init__(self, rate: float, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()
        self._refused_since = -math.inf
        self._refused_last = -math.inf

    def take(self) -> None:
        """Count one frame. Raises RateLimited."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return
        if now - self._refused_last > QUIET_S:
            self._refused_since = now
        self._refused_last = now
        wait_ms = int((1 - self._tokens) / self._rate * 1000) + 1
        raise RateLimited("too many frames; slow down", retry_after_ms=wait_ms)

    @property
    def out_of_patience(self) -> bool:
        """Whether the limit has been exceeded without a pause for too long."""
        return self._refused_last - self._refused_since >= RATE_LIMITED_PATIENCE_S


class BadFrames:
    """The bad frames of one connection in the last minute."""

    __slots__ = ("_clock", "_times")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: list[float] = []  # which costs less than a deque while it is empty

    def add(self) -> bool:
        """Count one; gives whether these are now too many."""
        now = self._clock()
        self._times.append(now)
        self._times = [at for at in self._times if now - at <= 60]
        return len(self._times) >= BAD_FRAMES_A_MINUTE


class Limits:
    """What counts for the uids and the connections of this node."""

    def __init__(self, rate: float, *, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: WeakValueDictionary[Uid, Bucket] = WeakValueDictionary()

    def bucket(self, uid: Uid) -> Bucket:
        """The one bucket of all connections of `uid`; it lives as long as somebody holds it."""
        found = self._buckets.get(uid)
        if found is None:
            found = Bucket(self._rate, self._rate * BURST_S, self._clock)
            self._buckets[uid] = found
        return found

    def bad_frames(self) -> BadFrames:
        """For one connection."""
        return BadFrames(self._clock)
