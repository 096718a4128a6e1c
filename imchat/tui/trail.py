"""How long the queues were in the last minutes, as far as this dashboard saw it. Pure."""

from collections import deque

from imchat import protocol
from imchat.ids import Desk

KEPT_S = 15 * 60


class Trail:
    """A sample a second of each desk's queue; of all desks, their sum."""

    def __init__(self) -> None:
        self._samples: deque[dict[str, int]] = deque(maxlen=KEPT_S)
        self.taken = 0
        """Samples ever taken, so that a chart can keep its bars in place."""

    def take(self, snapshot: protocol.Snapshot) -> None:
        """Keep how things stand now; to be called once a second."""
        self._samples.append({name: of.waiting for name, of in snapshot.desks.items()})
        self.taken += 1

    def waiting(self, desk: Desk | None) -> list[int]:
        """The queue's length at each sample, oldest first."""
        if desk is None:
            return [sum(sample.values()) for sample in self._samples]
        return [sample.get(desk, 0) for sample in self._samples]
