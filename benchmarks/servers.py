"""What is measured, each in processes of its own, and what they use of the machine."""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from imchat import tokens

TICKS_A_S = os.sysconf("SC_CLK_TCK")
SECRET = "a secret for a relay that checks nothing"


@dataclass(frozen=True, slots=True)
class Running:
    """Servers of one site, by their URLs, and the process of their store.

    `load` is the module that speaks to them; a `relay` is one that acks nothing. Only
    imchat's store has a URL, for those who are to change something behind the nodes.
    """

    urls: list[str]
    pids: list[int]
    store_pid: int | None
    secret: str
    load: str = "benchmarks.pairs"
    relay: bool = False
    store_url: str = ""


def cpu_s(pid: int) -> float:
    """The CPU that a process has used so far, s; a system's part as well."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_S


def busy_s() -> float:
    """The CPU that everybody on the machine has used so far, s; also what it was denied."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS_A_S


def memory_bytes(pid: int) -> int:
    """The memory that a process has resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@contextlib.asynccontextmanager
async def process(
    *command: str, python: str = sys.executable
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process until the end of the block, and the first line that it says."""
    running = await asyncio.create_subprocess_exec(
        python, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert running.stdout is not None
    try:
        yield running, (await running.stdout.readline()).decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()


@contextlib.asynccontextmanager
async def imchat(
    *options: str, nodes: int = 1, data_dir: Path | None = None
) -> AsyncIterator[Running]:
    """So many nodes on one store that the first of them starts, there or anywhere."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = str(data_dir or temporary)
        store_url = f"unix://{directory}/store/valkey.sock"
        async with contextlib.AsyncExitStack() as stack:
            urls: list[str] = []
            pids: list[int] = []
            store: list[int] = []
            for _ in range(nodes):
                more = ["--redis", store_url] if urls else []
                node, said = await stack.enter_async_context(
                    process(
                        "-m", "imchat", "serve", "--port", "0", "--data-dir", directory,
                        "--rate", "1000000", *options, *more,
                    )
                )
                found = re.search(r"listens on (\S+)", said)
                assert found is not None, said
                urls.append(found[1])
                pids.append(node.pid)
                store = store or _children(node.pid)
            secret = tokens.read_secret(Path(directory))
            yield Running(urls, pids, store[0], secret, store_url=store_url)


@contextlib.asynccontextmanager
async def relay() -> AsyncIterator[Running]:
    """The bare relay."""
    async with process("-m", "benchmarks.relay") as (running, said):
        url = f"ws://127.0.0.1:{said.strip()}/ws"
        yield Running([url], [running.pid], None, SECRET, relay=True)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]
