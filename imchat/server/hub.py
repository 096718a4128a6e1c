"""Which connections of this node a push goes to. Carries bytes only."""

import asyncio
from collections import deque
from collections.abc import Callable

from imchat.ids import Uid
from imchat.protocol import CloseCode

MAX_OUTGOING = 1024 * 1024
"""Bytes that may wait for a client that does not read."""


class Outbox:
    """What waits to be sent on one connection.

    Until it is opened by its welcome, pushes wait behind it. `overflowed` is called
    once if the client does not read.
    """

    def __init__(self, id: str, overflowed: Callable[[], object]) -> None:
        self.id = id
        self._overflowed = overflowed
        self.closing: tuple[int, str] | None = None
        self.size = 0
        self.wake = asyncio.Event()
        self._frames: deque[bytes] = deque()
        self._early: list[bytes] | None = []

    def open(self, welcome: bytes) -> None:
        """Send the welcome, then what was pushed meanwhile."""
        early, self._early = self._early or [], None
        for frame in (welcome, *early):
            self.push(frame)

    def push(self, frame: bytes) -> None:
        """Queue a frame; a client that reads too slowly is closed instead."""
        if self.closing is not None:
            return
        if self._early is not None:
            self._early.append(frame)
            return
        if self.size + len(frame) > MAX_OUTGOING and self.size:
            self._frames.clear()
            self.close(CloseCode.TRY_LATER, "too slow; read the history")
            self._overflowed()
            return
        self._frames.append(frame)
        self.size += len(frame)
        self.wake.set()

    def answer(self, frame: bytes) -> None:
        """Queue the answer to a hello that was refused, ahead of any welcome."""
        self._early = None
        self.push(frame)

    def close(self, code: int, reason: str) -> None:
        """Close the connection once what is queued is sent."""
        if self.closing is None:
            self.closing = (code, reason)
            self.wake.set()

    def take(self) -> bytes | None:
        """The next frame to send, or None."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        self.size -= len(frame)
        return frame


class Hub:
    """The connections of each uid, and those that watch."""

    def __init__(self) -> None:
        self.watchers: set[Outbox] = set()
        self.watched = asyncio.Event()
        self._outboxes: dict[Uid, dict[str, Outbox]] = {}

    def add(self, uid: Uid, outbox: Outbox) -> None:
        """Route what is pushed to `uid` to this connection as well."""
        self._outboxes.setdefault(uid, {})[outbox.id] = outbox

    def remove(self, uid: Uid, outbox: Outbox) -> None:
        """Forget the connection."""
        self.unwatch(outbox)
        mine = self._outboxes.get(uid, {})
        mine.pop(outbox.id, None)
        if not mine:
            self._outboxes.pop(uid, None)

    def push(self, uid: Uid, frame: bytes, *, skip: str = "") -> None:
        """Send an encoded frame to every connection of `uid` but the one called `skip`."""
        for outbox in self._outboxes.get(uid, {}).values():
            if outbox.id != skip:
                outbox.push(frame)

    def watch(self, outbox: Outbox) -> None:
        """Send snapshots to this connection."""
        self.watchers.add(outbox)
        self.watched.set()

    def unwatch(self, outbox: Outbox) -> None:
        """Send it no more."""
        self.watchers.discard(outbox)
        if not self.watchers:
            self.watched.clear()

    def close_all(self, code: int, reason: str) -> None:
        """Close every connection."""
        for outboxes in self._outboxes.values():
            for outbox in outboxes.values():
                outbox.close(code, reason)
