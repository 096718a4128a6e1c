"""What a client tells, and where it waits until somebody takes it."""

import asyncio
from collections import deque
from dataclasses import dataclass

from imchat import protocol

MAX_WAITING = 10_000
"""Events kept for who does not take them; then the oldest go."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The server welcomed this client, for the first time or again."""

    welcome: protocol.Welcome


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is lost; it is tried again in `retry_in_s` seconds."""

    reason: str
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class ClosedMeanwhile:
    """While this client was away a chat was closed, or given to another agent.

    The chat is as it was heard last; where the server told of its end, as it ended.
    """

    chat: protocol.Chat


@dataclass(frozen=True, slots=True)
class Missed:
    """So many events before this one were dropped, because nobody took them for long.

    `Client.chats` and `Client.conversations` are true all the same.
    """

    count: int


Event = (
    Connected | Disconnected | ClosedMeanwhile | Missed | protocol.Assigned | protocol.Waiting
    | protocol.Closed | protocol.Rated | protocol.Transferred | protocol.Status | protocol.Message
    | protocol.Typing | protocol.Read | protocol.Snapshot | protocol.Log | protocol.Error
)


class Events:
    """In the order in which they happened; one task at a time takes them."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._missed = 0
        self._wake = asyncio.Event()
        self._taking = False
        self._failure: Exception | None = None

    def put(self, event: Event) -> None:
        """Add what happened now."""
        if isinstance(event, protocol.Snapshot) and self._newest_is_snapshot:
            self._waiting.pop()  # nobody needs the one before
        self._waiting.append(event)
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self._missed += 1
        self._wake.set()

    def end(self, failure: Exception) -> None:
        """Have `failure` raised once everything before it was taken."""
        self._failure = failure
        self._wake.set()

    async def take(self) -> Event:
        """Wait for the next event. Raises what the client ended with."""
        if self._taking:
            raise RuntimeError("two tasks iterate over one client; an event goes to one of them")
        self._taking = True
        try:
            while not self._waiting:
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
                self._wake.clear()
                await self._wake.wait()
        finally:
            self._taking = False
        if self._missed:
            count, self._missed = self._missed, 0
            return Missed(count)
        return self._waiting.popleft()

    @property
    def _newest_is_snapshot(self) -> bool:
        return bool(self._waiting) and isinstance(self._waiting[-1], protocol.Snapshot)
