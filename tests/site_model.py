"""The nodes of a site, a second time: leases, deaths, sweeps, pauses, around the allocation.

What is swept at once is bounded, and which connections of a dead node are taken first
is the store's choice: the model is told, and says whether it was as many as it must be.
"""

from collections.abc import Collection

from tests.model import Model, Refused

DEAD = 0
"""The end of a lease that cannot be renewed."""


class Site(Model):
    """One site with its nodes. All times are ms of one clock."""

    def __init__(self, *, max_queue: int, grace: int, lease: int, pause: int) -> None:
        super().__init__(max_queue=max_queue, grace=grace)
        self.lease = lease
        self.pause = pause
        self.nodes: dict[str, int] = {}
        self.node_of: dict[str, str] = {}
        self._joined: list[str] = []
        self._swept: int | None = None

    def living(self) -> list[str]:
        """The nodes that were not declared dead, the oldest first."""
        return [node for node, end in self.nodes.items() if end != DEAD]

    def dead(self) -> list[str]:
        """The nodes that were, also those of which nothing is left."""
        return [node for node in self._joined if self.nodes.get(node, DEAD) == DEAD]

    def held(self, node: str) -> list[str]:
        """The connections of a node."""
        return [connection for connection in self.connections if self.node_of[connection] == node]

    def join(self, node: str, now: int) -> None:
        self._joined.append(node)
        self.nodes[node] = now + self.lease

    def renew(self, node: str, now: int) -> bool:
        """Gives whether the node still lives."""
        if node not in self.living():
            return False
        self.nodes[node] = now + self.lease
        return True

    def retire(self, node: str) -> None:
        if node in self.nodes:
            self.nodes[node] = DEAD

    def comes_to(self, node: str, connection: str) -> None:
        """A connection that the node is about to add."""
        if node not in self.living():
            raise Refused("unavailable")
        self.node_of[connection] = node

    def sweep(self, now: int, *, limit: int, left: Collection[str]) -> int:
        """Treat connections of dead nodes as lost, all but those `left`, and end graces.

        At most `limit` of each node, and of the graces. Gives how many.
        """
        self._make_up_for_a_pause(now)
        count = 0
        for node in [node for node, end in self.nodes.items() if end <= now]:
            self.nodes[node] = DEAD
            held = self.held(node)
            taken = [connection for connection in held if connection not in left]
            assert len(taken) == min(limit, len(held)), "as many as it may, and no more"
            for connection in taken:
                self.lose(connection, now)
            if taken == held:
                del self.nodes[node]
            count += len(taken)
        return count + self.end_graces(now, limit=limit)

    def _make_up_for_a_pause(self, now: int) -> None:
        """Nobody could renew or come back; yet nobody gets more than one has from now on."""
        pause = now - (self._swept or now)
        self._swept = now
        if pause < self.pause:
            return
        for node in self.living():
            self.nodes[node] = min(self.nodes[node] + pause, now + self.lease)
        for uid in self.deadlines:
            self.deadlines[uid] = min(self.deadlines[uid] + pause, now + self.grace)
