"""What peers need: an environment of Python with their libraries, a port, a Valkey."""

import contextlib
import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from imchat.errors import SetupError
from imchat.store.embedded import find_binary

PINS = (
    "channels==4.3.2",
    "channels_redis==4.3.0",
    "django==5.2.19",
    "python-socketio==5.18.1",
    "redis[hiredis]==8.1.0",
    "uvicorn==0.54.0",
    "uvloop==0.23.0",
    "websockets==17.4",
)

START_S = 10.0


class NotHere(Exception):
    """A peer cannot be had on this machine; the text says why."""


@cache
def python() -> str:
    """A Python with the libraries of the peers, made once in the user's cache.

    Raises NotHere when they cannot be installed.
    """
    version = "{}.{}".format(*sys.version_info)
    name = hashlib.sha1(" ".join((version, *PINS)).encode()).hexdigest()[:12]
    directory = user_cache_path("imchat") / "benchmarks" / f"peers-{name}"
    installed, command = directory / "installed", str(directory / "bin" / "python")
    if installed.exists():
        return command
    try:
        _run(sys.executable, "-m", "venv", "--clear", str(directory))
        _run(command, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PINS)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(directory, ignore_errors=True)
        said = error.stderr.decode().strip().rpartition("\n")[2]
        raise NotHere(f"its libraries could not be installed ({said})") from None
    installed.touch()
    return command


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def port_in(said: str) -> int:
    """The port that a server says first. Raises NotHere when it ended instead."""
    if not said:
        raise NotHere("its server did not start")
    return int(said)


def free_port() -> int:
    """A port that nobody listens on; good for servers that must be told one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def valkey() -> Iterator[tuple[str, int]]:
    """A Valkey that keeps nothing on the disk; its URL and its process. Raises NotHere."""
    try:
        binary = find_binary()
    except SetupError as error:
        raise NotHere(str(error)) from None
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "valkey.sock")
        process = subprocess.Popen(
            (binary, "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory),
            stdout=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + START_S
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            yield f"unix://{path}", process.pid
        finally:
            process.terminate()
            process.wait()
