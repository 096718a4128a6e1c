"""What processes of ours have in common: the loop, the signals, and how one starts another.

A child has its errand as the first line of its standard input, and works until that
input ends: so it also ends when whoever started it is killed. On its standard output it
speaks in lines of JSON. It is in a session of its own, so that a Ctrl-C in the terminal is
its parent's to act on.
"""

import asyncio
import base64
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MAX_LINE = 1024 * 1024

_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.run(work)
    return uvloop.run(work)


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that is set by a signal to stop, until the end of the block.

    A second signal does no more: an end takes seconds, and one that is cut short
    would leave things behind. What we were started to ignore (nohup) stays ignored.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    heeded = []
    for number in _STOPPING:
        # Windows has no handlers; there a Ctrl-C is a KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, stop.set)
                heeded.append(number)
    try:
        yield stop
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)


async def serve_until(
    stop: asyncio.Event, service: AbstractAsyncContextManager[T], ready: Callable[[T], object]
) -> None:
    """Enter `service`, hand what it gives to `ready`, and leave it on `stop`.

    A service that is still starting then is cancelled: it may be waiting for something
    that does not come. Raises what it raises.
    """
    is_ready = False

    async def serve() -> None:
        nonlocal is_ready
        async with service as started:
            is_ready = True
            ready(started)
            await stop.wait()

    serving, stopping = asyncio.create_task(serve()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not (is_ready and stop.is_set()):
            serving.cancel()
        await asyncio.wait((serving,))
    if not serving.cancelled():
        serving.result()


# --- above -------------------------------------------------------------------


class Child:
    """A process that was started with an errand. Use `start()`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def hear(self) -> bytes:
        """The next line that it says; empty when it will say no more."""
        assert self._process.stdout is not None
        return await self._process.stdout.readline()

    async def hear_stderr(self) -> bytes:
        """The next line of its standard error, if `start()` was to keep that."""
        assert self._process.stderr is not None
        return await self._process.stderr.readline()

    async def wait(self) -> int:
        """Wait until it has ended, and give its exit status; below 0 the signal that killed it."""
        return await self._process.wait()

    def hang_up(self) -> None:
        """Tell it to stop."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def end(self, *, within_s: float) -> bool:
        """Tell it to stop, and kill it if it does not in time; gives whether it did."""
        self.hang_up()
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            return False
        return True


def give(process: Process, text: bytes) -> None:
    """Write to a process that was just started; one that is dead already takes nothing.

    Who waits for it hears of its end, so that it need not be said here as well.
    """
    assert process.stdin is not None
    with contextlib.suppress(RuntimeError, ConnectionError):  # uvloop's word, and asyncio's
        process.stdin.write(text)


async def start(module: str, errand: object, *, keep_stderr: bool = False) -> Child:
    """Start `python -m module` on an errand: a Struct or a dataclass that `on_errand` is to read.

    Its standard error is ours unless it is kept for `hear_stderr()`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # or modules in the directory where the user stands would be ours
        "-m",
        module,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE if keep_stderr else None,
        limit=MAX_LINE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    give(process, _line(errand))
    return Child(process)


# --- below -------------------------------------------------------------------


@contextlib.asynccontextmanager
async def on_errand(kind: type[T]) -> AsyncIterator[tuple[T, asyncio.Event]]:
    """For a child: its errand, and an event that is set when it is to stop."""
    above = asyncio.StreamReader(limit=MAX_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(above), sys.stdin
    )
    errand = msgspec.json.decode(await above.readline(), type=kind, dec_hook=_path)

    with stop_signals() as stop:

        async def stop_when_alone() -> None:
            await above.read()
            stop.set()

        listening = asyncio.create_task(stop_when_alone())
        try:
            yield errand, stop
        finally:
            listening.cancel()


def tell(what: msgspec.Struct) -> None:
    """For a child: say this to whoever started it, if that still lives."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(_line(what))
        sys.stdout.buffer.flush()


def _line(what: object) -> bytes:
    return msgspec.json.encode(what, enc_hook=os.fsencode) + b"\n"


def _path(kind: type[Path], packed: str) -> Path:
    """A path, whose bytes need be no text, came as msgspec writes bytes: in base64."""
    return kind(os.fsdecode(base64.b64decode(packed)))
