"""What a run is asked for; each benchmark takes what concerns it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` of each measurement; `connections` that idle; `messages` that are stored."""

    rounds: int
    seconds: float
    connections: int
    clients: int
    workers: int
    messages: int
    only: list[str]
