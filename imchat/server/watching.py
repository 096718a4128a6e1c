"""The connections of this node that watch, and what each was shown last."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from imchat.protocol import Snapshot, encode
from imchat.server import views
from imchat.server.hub import Outbox
from imchat.store.events import Position
from imchat.store.facts import Event


class Watching:
    """`begun` is set while anybody watches."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._shown: dict[Outbox, Snapshot] = {}
        self._heard_to: dict[Outbox, Position] = {}
        """Up to where those have heard the log that listen to it."""

    def add(
        self, outbox: Outbox, shown: Snapshot, *, heard_to: Position | None = None
    ) -> None:
        """Send this connection every snapshot that differs from the one it was shown.

        And what happens after `heard_to`, unless that is None.
        """
        self._shown[outbox] = shown
        self._heard_to.pop(outbox, None)
        if heard_to is not None:
            self._heard_to[outbox] = heard_to
        self.begun.set()

    def remove(self, outbox: Outbox) -> None:
        """Send it no more."""
        self._shown.pop(outbox, None)
        self._heard_to.pop(outbox, None)
        if not self._shown:
            self.begun.clear()

    def show(self, snapshot: Snapshot) -> None:
        """Send a snapshot to everybody for whom anything in it is new."""
        frame = encode(snapshot)
        for outbox, last in self._shown.items():
            if snapshot.at >= last.at and replace(last, at=snapshot.at) != snapshot:
                self._shown[outbox] = snapshot
                outbox.push(frame)

    def heard_by_all(self, position: Position) -> Position:
        """`position`, or the one before it up to which everybody has heard the log."""
        return min([position, *self._heard_to.values()])

    def tell(self, after: Position, events: Sequence[Event]) -> None:
        """Send what happened after a position to those who listen, what each has not heard.

        Who has not even heard all up to there is passed over; it is read for it next.
        """
        if not events:
            return
        frames: dict[Position, bytes] = {}
        newest = events[-1].position
        for outbox, heard_to in self._heard_to.items():
            if not after <= heard_to < newest:
                continue
            if heard_to not in frames:
                frames[heard_to] = views.log(e for e in events if e.position > heard_to)
            self._heard_to[outbox] = newest
            outbox.push(frames[heard_to])
