"""The processes of a site: a Valkey and nodes, to be killed, paused and started again."""

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from redis.asyncio import Redis

import imchat
from imchat.store.embedded import _CONFIG, _quoted, find_binary
from tests.faults.journal import copy
from tests.faults.ledger import Ledger
from tests.support import eventually

PACKAGE = Path(imchat.__file__).parent
START_S = 60.0
STOP_S = 30.0
LOG_TAIL = 4_000
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Between fork and exec: who kills the harness leaves nothing running (on Linux)."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A command whose output is kept in `log`, by a name to call it in a report."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def _launch(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                # SIGXFSZ stays ignored as in this process: a file too large is an error of write().
                restore_signals=False,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (this process has no threads)
            )
        assert self._process.stdin is not None
        self._process.stdin.write(stdin)
        self._process.stdin.close()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def ended(self) -> int:
        """Wait for its end; gives the exit status."""
        await eventually(
            lambda: self.exit_status is not None, f"{self.name} ends", timeout=STOP_S
        )
        assert self.exit_status is not None
        return self.exit_status

    async def kill(self) -> None:
        """SIGKILL, also if it is paused."""
        if self._process is not None and self.exit_status is None:
            self.signal(signal.SIGKILL)
            await self.ended()

    def tail(self) -> str:
        """The end of what it logged."""
        with contextlib.suppress(FileNotFoundError):
            return self.log.read_text(errors="replace")[-LOG_TAIL:]
        return ""


class Valkey(Process):
    """A Valkey of its own, configured as the embedded one is; its data outlives it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "valkey"
        self.directory.mkdir()
        super().__init__("valkey", directory / "valkey.log")
        self.url = f"unix://{self.directory / 'valkey.sock'}"

    async def start(self) -> None:
        """Start it on the data that it left, and wait until it has loaded them."""
        config = _CONFIG.format(directory=_quoted(self.directory))
        self._launch([find_binary(), "-"], cwd=self.directory, stdin=config.encode())
        async with Redis.from_url(self.url) as redis:
            await eventually(lambda: _answers(redis), "Valkey answers", timeout=START_S)


class Client(Process):
    """A client that keeps a journal, which its next process goes on with."""

    def __init__(self, directory: Path, url: str, role: str, uid: str, token: str) -> None:
        super().__init__(uid, directory / f"{uid}.log")
        self.is_agent = role == "agent"
        self.journal = directory / f"{uid}.journal"
        self._arguments = [url, role, uid, token, str(self.journal)]

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "tests.faults.client", *self._arguments]
        self._launch(command, cwd=PACKAGE.parent)

    def has_sent(self) -> bool:
        """Whether this process has sent anything."""
        said = f'"{self.name}-{self.pid}-'
        return self.journal.exists() and said in self.journal.read_text()

    async def hush(self, *, timeout: float) -> None:
        """Have it say no more, and wait until all that it said is answered."""
        self.signal(signal.SIGTERM)
        await eventually(
            lambda: copy(self.journal, Ledger()), f"{self.name} is quiet", timeout=timeout
        )


class Node(Process):
    """`imchat serve` on a port of its own; `source` is the directory of its package."""

    def __init__(
        self,
        name: str,
        directory: Path,
        data_dir: Path,
        *options: str,
        source: Path = PACKAGE,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, directory / f"{name}.log")
        self.data_dir = data_dir
        self._options = options
        self._source = source
        self._env = env

    async def start(self) -> None:
        """Start it and wait until it serves."""
        self._launch(
            [
                sys.executable, "-m", "imchat", "serve", "--port", "0",
                "--data-dir", self.data_dir, *self._options,
            ],
            cwd=self._source.parent,
            env=self._env,
        )
        await eventually(
            lambda: self.is_ready or self.exit_status is not None,
            f"{self.name} serves",
            timeout=START_S,
        )
        assert self.is_ready, f"{self.name} did not start:\n{self.tail()}"

    @property
    def workers(self) -> list[int]:
        """The pids of its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"imchat.server" in _command_of(pid)]

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""
        return re.search(r"^Ready\.$", self.log.read_text(), re.MULTILINE) is not None

    @property
    def url(self) -> str:
        """Where it listens, "" if it does not yet."""
        found = re.search(r"^imchat \S+ listens on (\S+)", self.log.read_text(), re.MULTILINE)
        return found[1] if found else ""


def _command_of(pid: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


async def _answers(redis: Redis) -> bool:
    with contextlib.suppress(Exception):  # not there yet, or loading
        return bool(await redis.ping())
    return False


async def end_all(processes: Sequence[Process]) -> None:
    """Kill them."""
    await asyncio.gather(*(process.kill() for process in processes))
