"""The connections of this node that watch, and the snapshot that each was shown last."""

import asyncio

from msgspec.structs import replace

from imchat.protocol import Snapshot, encode
from imchat.server.hub import Outbox


class Watching:
    """`begun` is set while anybody watches."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._shown: dict[Outbox, Snapshot] = {}

    def add(self, outbox: Outbox, shown: Snapshot) -> None:
        """Send this connection every snapshot that differs from the one it was shown."""
        self._shown[outbox] = shown
        self.begun.set()

    def remove(self, outbox: Outbox) -> None:
        """Send it no more."""
        self._shown.pop(outbox, None)
        if not self._shown:
            self.begun.clear()

    def show(self, snapshot: Snapshot) -> None:
        """Send a snapshot to everybody for whom anything in it is new."""
        frame = encode(snapshot)
        for outbox, last in self._shown.items():
            if snapshot.at >= last.at and replace(last, at=snapshot.at) != snapshot:
                self._shown[outbox] = snapshot
                outbox.push(frame)
