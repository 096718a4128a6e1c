"""A command of imchat's in a terminal of its own, on which something waits for what is drawn."""

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from imchat import tokens

DRAWN_S = 30.0
"""What is not drawn by then never is."""


class Terminal:
    """The running command, and what it has drawn, as it was written."""

    def __init__(self, ours: int, process: asyncio.subprocess.Process, began: float) -> None:
        self.process = process
        self.began = began
        """When it was started, by `time.perf_counter()`."""
        self.drawn = b""
        self._ours = ours
        self._more = asyncio.Event()
        os.set_blocking(ours, False)
        asyncio.get_running_loop().add_reader(ours, self._take)

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def type(self, keys: str) -> None:
        """Send keys as a terminal does, and forget what was drawn before."""
        self.drawn = b""
        os.write(self._ours, keys.encode())

    async def draws(self, *texts: str) -> float:
        """Wait until all the texts were drawn; gives when the last of them was."""
        wanted = [text.encode() for text in texts]
        async with asyncio.timeout(DRAWN_S):
            while not all(text in self.drawn for text in wanted):
                self._more.clear()
                await self._more.wait()
        return time.perf_counter()

    def cpu_s(self) -> float:
        """The CPU that its threads have used so far, s; finer than a tick."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def _take(self) -> None:
        with contextlib.suppress(OSError):  # It has ended.
            self.drawn += os.read(self._ours, 1 << 20)
        self._more.set()

    def close(self) -> None:
        """Look no more."""
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)


@contextlib.asynccontextmanager
async def terminal(
    *command: str, size: tuple[int, int] = (120, 40), token: str = ""
) -> AsyncIterator[Terminal]:
    """`python` with these arguments until the end of the block."""
    ours, its = pty.openpty()
    width, height = size
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    told = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "IMCHAT_TOKEN": token}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=its, stdout=its, stderr=its,
        start_new_session=True, env=os.environ | told,
    )
    os.close(its)
    running = Terminal(ours, process, began)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        running.close()


def token(
    secret: str, role: str, uid: str,
    *, capacity: int | None = None, desks: list[str] | None = None,
) -> str:
    """A token that outlives the benchmark."""
    who = tokens.identity(uid, role, capacity=capacity, desks=desks)
    return tokens.mint(secret, who, ttl_s=3_600)


def at(sorted_: Sequence[float], share: float) -> float:
    """The value below which so many of the sorted ones are."""
    return sorted_[min(len(sorted_) - 1, int(len(sorted_) * share))]
