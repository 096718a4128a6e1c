"""Which connections of this node a push goes to. Carries bytes only."""

import contextlib
from collections.abc import Callable, Iterator

from imchat.ids import Uid
from imchat.protocol import CloseCode

MAX_OUTGOING = 1024 * 1024
"""Bytes that may wait for a client that does not read, wherever they wait."""
KERNEL_BUFFER = 128 * 1024
"""Bytes of it that the kernel is asked to hold; it may take twice as much for them."""
MAX_WAITING = MAX_OUTGOING - 2 * KERNEL_BUFFER
"""Bytes of it that this process holds."""
MAX_REASON = 123
"""Bytes of a close frame's reason (RFC 6455, 5.5)."""


def _nothing() -> int:
    return 0


class Outbox:
    """What waits to be sent on one connection.

    Until it is opened by its welcome, pushes wait behind it. `touches` is called when
    there is something to take where nothing was, `closes` once when it is to be closed;
    `overflowed` says that it is because the client does not read. `held` gives how many
    bytes of what was taken the connection has not sent yet.
    """

    __slots__ = (
        "_closes", "_early", "_frames", "_held", "_touches", "closing", "id", "overflowed", "size",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        closes: Callable[[], object],
        *,
        held: Callable[[], int] = _nothing,
        touches: Callable[[], object] = _nothing,
    ) -> None:
        self.id = id
        self._closes = closes
        self._held = held
        self._touches = touches
        self.closing: tuple[int, str] | None = None
        self.overflowed = False
        self.size = 0
        self._frames: list[bytes] = []
        self._early: list[bytes] | None = []

    def open(self, *first: bytes) -> None:
        """Send these frames, then what was pushed meanwhile."""
        early, self._early = self._early or [], None
        self.size -= sum(map(len, early))
        for frame in (*first, *early):
            self.push(frame)

    @contextlib.contextmanager
    def answering(self) -> Iterator[Callable[[bytes], None]]:
        """Gives what takes the answers; what is pushed inside the block follows them.

        So a push about what happened after a request was granted cannot overtake its reply.
        """
        self._early = []
        answers: list[bytes] = []
        try:
            yield answers.append
        finally:
            self.open(*answers)

    def push(self, frame: bytes) -> None:
        """Queue a frame; a client that reads too slowly is closed instead."""
        if self.closing is not None:
            return
        if self.size and self.size + self._held() + len(frame) > MAX_WAITING:
            self.overflow()
            return
        self.size += len(frame)
        if self._early is not None:
            self._early.append(frame)
            return
        if not self._frames:
            self._touches()
        self._frames.append(frame)

    def overflow(self) -> None:
        """The client does not read: drop what waits, and close."""
        self._frames.clear()
        if self._early is not None:
            self._early = []
        self.size = 0
        if self.closing is None:
            self.overflowed = True
            self.close(CloseCode.TRY_LATER, "too slow; read the history")

    def refuse(self, frame: bytes) -> None:
        """Queue the answer to a hello that is refused; what was pushed meanwhile is dropped."""
        self._early, self.size = None, 0
        self.push(frame)

    def close(self, code: int, reason: str) -> None:
        """Close the connection once what is queued is sent."""
        if self.closing is None:
            self.closing = (code, reason.encode()[:MAX_REASON].decode(errors="ignore"))
            self._touches()
            self._closes()

    def end(self) -> None:
        """The connection is gone: forget it, so that no cycle keeps both."""
        self._frames.clear()
        self._closes = self._touches = self._held = _nothing

    def take(self) -> list[bytes]:
        """The frames to send now."""
        frames, self._frames = self._frames, []
        self.size = sum(map(len, self._early)) if self._early else 0
        return frames


class Hub:
    """The connections of each uid."""

    def __init__(self) -> None:
        self._outboxes: dict[Uid, dict[str, Outbox]] = {}

    def add(self, uid: Uid, outbox: Outbox) -> None:
        """Route what is pushed to `uid` to this connection as well."""
        self._outboxes.setdefault(uid, {})[outbox.id] = outbox

    def remove(self, uid: Uid, outbox: Outbox) -> None:
        """Forget the connection."""
        mine = self._outboxes.get(uid, {})
        mine.pop(outbox.id, None)
        if not mine:
            self._outboxes.pop(uid, None)

    def connections(self, uid: Uid) -> int:
        """How many the uid has; those that are closing count no more."""
        return sum(outbox.closing is None for outbox in self._outboxes.get(uid, {}).values())

    def push(self, uid: Uid, frame: bytes, *, skip: str = "") -> None:
        """Send an encoded frame to every connection of `uid` but the one called `skip`."""
        for outbox in self._outboxes.get(uid, {}).values():
            if outbox.id != skip:
                outbox.push(frame)

    def close_all(self, code: int, reason: str) -> None:
        """Close every connection."""
        for outboxes in self._outboxes.values():
            for outbox in outboxes.values():
                outbox.close(code, reason)
