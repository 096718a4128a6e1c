"""A week on a test's site, and the commands that look back at it."""

import asyncio
import subprocess
import time

from tests.analytics.talks import HOUR_MS, chat, play
from tests.cli.commands import imchat
from tests.store.people import People

DAY_MS = 24 * HOUR_MS


async def said(
    command: str, url: str, site: str, *options: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command on a site of a store."""
    return await asyncio.to_thread(imchat, command, "--redis", url, "--site", site, *options)


async def week(people: People) -> int:
    """Three chats on three days, the last two days ago; gives the time of the first."""
    now = time.time_ns() // 1_000_000
    first = now // DAY_MS * DAY_MS - 4 * DAY_MS + 9 * HOUR_MS
    people.now = first - HOUR_MS
    await people.join()
    await play(people, [
        chat("C my parcel?", "A It is on its way.", "C thanks", customer="bob", at=first, score=4),
        chat("C \x1b]2;evil\x07 hi", "A Hello", customer="eve", agent="joe", at=first + DAY_MS),
        chat("C 我的快递呢", "A 马上查", customer="bob", at=first + DAY_MS + 5 * HOUR_MS, score=2),
    ])  # fmt: skip
    while (await people.store.fold()).more:
        pass
    return first
