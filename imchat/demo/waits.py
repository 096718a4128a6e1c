"""Waiting for the first of several things."""

import asyncio
from collections.abc import Awaitable


async def either(*ends: Awaitable[object], within_s: float | None = None) -> None:
    """Wait until the first of these is done, or the time is over; the others are cancelled."""
    waits = [asyncio.ensure_future(end) for end in ends]
    try:
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
