"""Lines of standard input for an event loop, whatever that is: a terminal, a pipe, a file."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator

CHUNK = 65_536
LINES_AHEAD = 100
MAX_LINE = 1024 * 1024
"""Bytes of a line that never ends; it is cut there, and far too long for a message."""


async def lines_of(fd: int) -> AsyncGenerator[str, None]:
    """Each line without its end, then the rest if it has no end.

    A thread reads, since a file cannot be waited for and a terminal must not be set to
    another mode. It is left behind when the loop ends; it holds no lock of Python's.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[str | None] = asyncio.Queue()
    room = threading.Semaphore(LINES_AHEAD)

    def hand_on(line: str | None) -> None:
        room.acquire()
        loop.call_soon_threadsafe(waiting.put_nowait, line)

    def read() -> None:
        rest = b""
        try:
            while data := os.read(fd, CHUNK):
                *whole, rest = (rest + data).split(b"\n")
                if len(rest) > MAX_LINE:
                    whole, rest = [*whole, rest], b""
                for line in whole:
                    hand_on(line.decode(errors="replace"))
            if rest:
                hand_on(rest.decode(errors="replace"))
            hand_on(None)
        except (OSError, RuntimeError):
            pass  # nobody listens any more, or the terminal is gone

    threading.Thread(target=read, name="standard input", daemon=True).start()
    while (line := await waiting.get()) is not None:
        room.release()
        yield line.rstrip("\r")
