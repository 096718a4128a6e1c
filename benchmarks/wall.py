"""What the dashboard's own process uses while it shows a site that changes all the time.

It is the real command on a pseudo-terminal that takes whatever it draws. The changes are
calls of the store by this process, as in `benchmarks.dashboard`.
"""

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import servers
from benchmarks.dashboard import Driver
from benchmarks.options import Options
from benchmarks.servers import Running, cpu_s, memory_bytes
from imchat import tokens
from imchat.store.store import Store

AGENTS, CUSTOMERS, CHANGES_A_S = 500, 1_200, 100
SIZES = [(80, 24), (120, 40), (240, 60)]
SETTLE_S = 6.0
"""The first picture, and what a process does only once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """CPU of the dashboard, % of a core; what it wrote to its terminal."""

    size: tuple[int, int]
    changes_a_second: float
    cpu_percent: float
    memory_bytes: int
    bytes_a_second: float

    def __str__(self) -> str:
        return (
            f"{self.size[0]}x{self.size[1]:<4}{AGENTS} agents {self.changes_a_second:>5.0f} "
            f"changes/s   dashboard {self.cpu_percent:>5.1f} % of a core, "
            f"{self.memory_bytes / 1e6:,.0f} MB, writes {self.bytes_a_second / 1e3:,.1f} kB/s"
        )


class Wall:
    """A terminal of some size on which nobody looks: it counts what is drawn."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.drawn = 0
        self._ours, self.its = pty.openpty()
        width, height = size
        fcntl.ioctl(self.its, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        os.set_blocking(self._ours, False)
        asyncio.get_running_loop().add_reader(self._ours, self._take)

    def _take(self) -> None:
        with contextlib.suppress(OSError):  # It is closed.
            self.drawn += len(os.read(self._ours, 1 << 20))

    def close(self) -> None:
        """Take it away."""
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)


async def run(options: Options) -> AsyncIterator[Shown]:
    """At each size in turn, on one site."""
    async with servers.imchat() as site, Store(site.store_url) as store:
        driver = Driver(store, agents=AGENTS, customers=CUSTOMERS, changes_a_s=CHANGES_A_S)
        await driver.begin()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(driver.renew()), group.create_task(driver.run())]
            for _ in range(options.rounds):
                for size in SIZES:
                    yield await _measure(site, driver, size, options.seconds)
            for task in tasks:
                task.cancel()


async def _measure(
    site: Running, driver: Driver, size: tuple[int, int], seconds: float
) -> Shown:
    wall = Wall(size)
    who = tokens.identity("supervisor-1", "supervisor")
    told = {
        "IMCHAT_TOKEN": tokens.mint(site.secret, who, ttl_s=3_600),
        "TERM": "xterm-256color", "COLORTERM": "truecolor",
    }
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "imchat", "dashboard", "--url", site.urls[0],
        stdin=wall.its, stdout=wall.its, stderr=wall.its, start_new_session=True,
        env=os.environ | told,
    )
    os.close(wall.its)
    try:
        await asyncio.sleep(SETTLE_S)
        used, changes, drawn = cpu_s(running.pid), driver.changes, wall.drawn
        await asyncio.sleep(seconds)
        assert running.returncode is None, "the dashboard ended"
        return Shown(
            size,
            changes_a_second=(driver.changes - changes) / seconds,
            cpu_percent=100 * (cpu_s(running.pid) - used) / seconds,
            memory_bytes=memory_bytes(running.pid),
            bytes_a_second=(wall.drawn - drawn) / seconds,
        )
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()
        wall.close()
