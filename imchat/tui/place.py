"""A place in the queue: where it was at first, where it is, and how long it may take."""


class Place:
    """Follows the places that the server tells, since a time in ms."""

    def __init__(self, since_ms: int = 0) -> None:
        self.since_ms = since_ms
        self.position: int | None = None
        self.eta_s: int | None = None
        self._farthest = 0

    def note(self, position: int | None, eta_s: int | None = None) -> None:
        """Take a new place, counted from 1; None when it is not known."""
        self.position, self.eta_s = position, eta_s
        self._farthest = max(self._farthest, position or 0)

    @property
    def progress(self) -> float:
        """The way that is behind one, from 0 at first to 1 when it is one's turn."""
        if self.position is None or not self._farthest:
            return 0.0
        return (self._farthest - self.position) / self._farthest
