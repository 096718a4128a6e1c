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

TIMEOUT_S = 30


def imchat(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "imchat", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
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

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal; gives the exit status and what it logged."""
        self.process.send_signal(number)
        _, logged = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, logged


@contextlib.contextmanager
def serving(data_dir: Path, *options: str) -> Iterator[Serving]:
    """`imchat serve` on a free port, ready to serve."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imchat", "serve", "--port", "0", "--data-dir", data_dir, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        found = re.search(r"listens on (\S+)", process.stdout.readline())
        assert found is not None, process.communicate(timeout=TIMEOUT_S)[1]
        yield Serving(process, found[1], data_dir)
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
