"""Running the commands as processes."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imchat import tokens
from imchat.client import Client
from tests.support import token_of

TIMEOUT_S = 30
LISTENS, READY = "listens on", "Ready."
"""What a server says, in lines of their own."""


def imchat(
    *arguments: str, text: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a pipe that gives it a text."""
    return subprocess.run(
        [sys.executable, "-m", "imchat", *arguments],
        capture_output=True,
        text=True,
        input=text,
        timeout=TIMEOUT_S,
        check=False,
        env={**os.environ, **(env or {})},
    )


@dataclass
class Serving:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str
    data_dir: Path

    def client(self, role: str, uid: str) -> Client:
        """A client of a uid, not yet entered."""
        return Client(self.url, token_of(self.data_dir, role, uid))

    def hear(self, words: str) -> None:
        """Read what it says up to a line with these words; its URL is in the first line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"listens on (\S+)", line):
                self.url = found[1]
            if words in line:
                return
        raise AssertionError(self.process.communicate(timeout=TIMEOUT_S)[1])

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2].partition("/")[0])

    @property
    def secret(self) -> str:
        """That of its tokens."""
        return tokens.read_secret(self.data_dir)

    @property
    def workers(self) -> list[int]:
        """The pids of its workers."""
        return worker_processes(self.process.pid)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal; gives the exit status and what it logged."""
        self.process.send_signal(number)
        _, logged = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, logged


@contextlib.contextmanager
def serving(data_dir: Path, *options: str, until: str = READY) -> Iterator[Serving]:
    """`imchat serve` on a free port, once it has said this; "" is at once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imchat", "serve", "--port", "0", "--data-dir", data_dir, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # it leads a process group, as in a terminal
    )
    assert process.stdout is not None
    try:
        server = Serving(process, "", data_dir)
        if until:
            server.hear(until)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(TIMEOUT_S)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def store_processes(data_dir: Path) -> list[int]:
    """The pids of the Valkeys that run in a data directory."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").resolve() == (data_dir / "store").resolve():
                found.append(int(entry.name))
    return found


def worker_processes(parent: int) -> list[int]:
    """The pids of the workers that a process has."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdigit()
                and f"\nPPid:\t{parent}\n" in (entry / "status").read_text()
                and b"\0imchat.server\0" in (entry / "cmdline").read_bytes()
            ):
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of it until it is asked for."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    return False
