"""A chat as the analyses take it, with all that was said in it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from imchat.ids import ChatId, Desk, Uid

DAY_MS = 86_400_000


class Said(NamedTuple):
    """A message: by which side, at what time (ms), and its text."""

    by: Literal["customer", "agent"]
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat and its messages, oldest first. Times are ms; None is what has not happened."""

    id: ChatId
    customer: Uid
    agent: Uid | None
    desk: Desk
    opened_at: int
    assigned_at: int | None = None
    closed_at: int | None = None
    score: int | None = None
    """The customer's rating, 1 to 5."""
    reason: str | None = None
    """How it was closed."""
    customer_name: str = ""
    agent_name: str = ""
    messages: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """From `since` up to but without `until`, ms."""

    since: int
    until: int

    def __contains__(self, at: int) -> bool:
        return self.since <= at < self.until

    @property
    def before(self) -> "Interval":
        """The one of the same length that ends where this begins."""
        return Interval(2 * self.since - self.until, self.since)
