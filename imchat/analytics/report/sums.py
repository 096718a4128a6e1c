"""The sums that measures are made of, and how they are put together. Times are ms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

GREATEST = "_max"
"""What such a name ends in is not added up: the greatest counts."""
STEPS = (
    (2_000, 100), (60_000, 1_000), (300_000, 5_000), (3_600_000, 30_000), (21_600_000, 300_000),
    (10**15, 3_600_000),
)  # fmt: skip
"""Up to so many ms, times are counted in steps of so many, each under the end of its step.

As in `tally.lua`, which counts them.
"""
PRESENCE = frozenset(("online_ms", "away_ms", "grace_ms", "held_ms", "slots_ms", "busy_ms"))
"""What is of an agent, and of all its desks together."""

def step_of(ms: int) -> int:
    """The end of the step under which a time is counted."""
    for upto, width in STEPS:
        if ms <= upto:
            return -(-ms // width) * width
    raise AssertionError("no time is as long")


class Sums(dict[str, int]):
    """Sums by name; what is missing is 0. A time's name and the end of a step: how many in it."""

    _steps: dict[str, list[tuple[int, int]]] | None = None
    """Those of all times, once they were asked for."""

    def __missing__(self, _: str) -> int:
        return 0

    def add(self, other: Mapping[str, int], *, only: Iterable[str] | None = None) -> None:
        """Put others to these, or `only` those of some names."""
        self._steps = None
        for name in other if only is None else other.keys() & set(only):
            if name.endswith(GREATEST):
                self[name] = max(self[name], other[name])
            else:
                self[name] += other[name]

    def times(self, name: str) -> list[tuple[int, int]]:
        """How many times there were in each step, by its end, the shortest first."""
        if self._steps is None:
            found = defaultdict(list)
            for key, count in self.items():
                time, _, end = key.partition(":")
                if end:
                    found[time].append((int(end), count))
            self._steps = {time: sorted(steps) for time, steps in found.items()}
        return self._steps.get(name, [])

    def within(self, name: str, ms: int) -> int:
        """How many took no longer; exact where `ms` is the end of a step."""
        return sum(count for end, count in self.times(name) if end <= ms)

    def percentile(self, name: str, share: float) -> int | None:
        """What so many took no longer than; as exact as a step, and never above the longest.

        The nearest rank: the end of the step in which the time of that rank is.
        """
        times = self.times(name)
        rank = -(-sum(count for _, count in times) * round(share * 100) // 100)
        for end, count in times:
            rank -= count
            if rank <= 0:
                return min(end, self[name + GREATEST])
        return None
