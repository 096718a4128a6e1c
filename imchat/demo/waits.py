"""Waiting for the first of several things, signals among them."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Iterator

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def either(*ends: Awaitable[object], within_s: float | None = None) -> None:
    """Wait until the first of these is done, or the time is over; the others are cancelled."""
    waits = [asyncio.ensure_future(end) for end in ends]
    try:
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that is set by a signal to stop, until the end of the block.

    A second signal does no more: an end takes seconds, and one that is cut short
    would leave things behind. What we were started to ignore (nohup) stays ignored.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
