"""What is done together: tasks, the writes of a turn of the event loop, timeouts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Protocol

log = logging.getLogger(__name__)

TICK_S = 1.0
"""How late a timeout may be noticed."""


class Flushed(Protocol):
    """What has something to send."""

    def flush(self) -> None: ...


class Timed(Protocol):
    """What waits for a time; `due` is kept here, and 0 while it waits for none."""

    due: int

    def late(self) -> None: ...


class Flusher:
    """Lets everybody who was touched in a turn of the event loop send at the end of it."""

    def __init__(self) -> None:
        self._touched: list[Flushed] = []

    def touch(self, touched: Flushed) -> None:
        """Flush it soon, once."""
        if not self._touched:
            asyncio.get_running_loop().call_soon(self._flush)
        self._touched.append(touched)

    def _flush(self) -> None:
        touched, self._touched = self._touched, []
        for one in touched:
            try:
                one.flush()
            except Exception:
                log.exception("a connection could not send")


class Timers:
    """Tells each when its time has come, to the second. Times are those of the event loop."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[Timed]] = {}

    def set(self, timed: Timed, at: float) -> None:
        """Call its `late` then, and not when was said before."""
        self.clear(timed)
        timed.due = int(at) + 1
        self._waiting.setdefault(timed.due, set()).add(timed)

    def clear(self, timed: Timed) -> None:
        """Do not call it."""
        waiting = self._waiting.get(timed.due)
        if waiting is not None:
            waiting.discard(timed)
        timed.due = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            self._tick(asyncio.get_running_loop().time())

    def _tick(self, now: float) -> None:
        for due in [due for due in self._waiting if due <= now]:
            for timed in self._waiting.pop(due):
                timed.due = 0
                try:
                    timed.late()
                except Exception:
                    log.exception("a connection did not take that its time had come")


@contextlib.asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.TaskGroup]:
    """Do this work until the end of the block, which ends with the first error of either.

    Gives the group of its tasks. More may be added, and must end by themselves.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in work]
            try:
                yield group
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as errors:
        if len(errors.exceptions) == 1:  # the usual case, and callers wait for its own kind
            raise errors.exceptions[0] from None
        raise
