"""A real pseudo-terminal with a real command in it, and a VT screen that reads it."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect
import pyte

# What Textual asks a terminal for, and pyte does not know: it would print the rest of it.
_UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[[0-9;]*\$[a-z]")
READ_S = 0.05


def home(directory: Path) -> dict[str, str]:
    """An environment with everything of a command in one directory."""
    return {
        "IMCHAT_DATA_DIR": str(directory / "data"),
        "XDG_CONFIG_HOME": str(directory / "config"),
        "XDG_STATE_HOME": str(directory / "state"),
    }


class Terminal:
    """A command in a terminal of its own."""

    def __init__(
        self, *command: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
    ) -> None:
        width, height = size
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "imchat", *command],
            dimensions=(height, width),
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
            timeout=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.isalive():
            self.process.kill(signal.SIGTERM)
            try:
                self.until(lambda: not self.process.isalive(), "ended by SIGTERM")
            finally:
                self.process.close(force=True)

    @property
    def text(self) -> str:
        """The characters on the screen."""
        return "\n".join(self.screen.display)

    def type(self, *keys: str) -> None:
        """Send keys as a terminal does."""
        for key in keys:
            self.process.send(key)

    def shows(self, text: str, *, timeout: float = 20.0) -> None:
        """Wait until a text stands on the screen."""
        self.until(lambda: text in self.text, f"{text!r} on the screen", timeout=timeout)

    def type_until(self, key: str, text: str) -> None:
        """Send a key again and again, each time the screen has answered, until a text stands."""
        while text not in self.text:
            before = self.text
            self.type(key)
            self.until(lambda before=before: self.text != before, f"an answer to {key!r}")  # type: ignore[misc]

    def ends(self, *, timeout: float = 20.0) -> int:
        """Wait for the end of the command; gives its exit status."""
        self.until(lambda: not self.process.isalive(), "the command ended", timeout=timeout)
        self.process.close()
        return int(self.process.exitstatus if self.process.exitstatus is not None else -1)

    def until(self, condition: Callable[[], bool], what: str, *, timeout: float = 20.0) -> None:
        """Read what the command draws until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"never so: {what}\n{self.text}"
            self._read()

    def _read(self) -> None:
        try:
            data = self.process.read_nonblocking(65_536, timeout=READ_S)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self._stream.feed(_UNKNOWN.sub(b"", data))
