"""Bounded memory: a fair sample of a stream, and counts of its most frequent things."""

from collections.abc import Iterator
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")


class Sample(Generic[T]):
    """So many of a stream, each of it with the same chance (Vitter's algorithm R)."""

    def __init__(self, size: int, *, seed: int) -> None:
        self.items: list[T] = []
        self.seen = 0
        self._size = size
        self._random = Random(seed)

    def offer(self, item: T) -> None:
        """Take the next of the stream, or not."""
        self.seen += 1
        if len(self.items) < self._size:
            self.items.append(item)
        elif (place := self._random.randrange(self.seen)) < self._size:
            self.items[place] = item


class Forgetful(dict[K, T]):
    """A dict that forgets, when it is too large, what was met least.

    What it keeps was met at most `forgotten` times more often than it remembers.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self.forgotten = 0

    def shrink(self, met: "Iterator[tuple[K, int]]") -> None:
        """Forget down to half the size, if it is over it; `met` says how often each was met."""
        if len(self) <= self._size:
            return
        counts = list(met)
        floor = sorted((count for _, count in counts), reverse=True)[self._size // 2]
        self.forgotten += floor
        for key, count in counts:
            if count <= floor:
                del self[key]
