"""A Redis client that never loses a cancellation."""

# ruff: noqa: ANN401 (the signature is redis-py's)

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from redis.asyncio import Redis


class HeedfulRedis(Redis):
    """Heeds a cancellation whenever it comes; see `heeding`."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to a command; raises CancelledError if it was asked for meanwhile."""
        with heeding():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def heeding() -> Iterator[None]:
    """End the block with CancelledError if that was asked for in it, however it would end.

    redis-py sends inside `asyncio.wait_for`, which until Python 3.12 may drop a
    cancellation that comes in the moment in which the sending ends (CPython issue
    86296); a task that is cancelled once and for all then never stops.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        yield
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
