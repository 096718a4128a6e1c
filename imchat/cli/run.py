"""How a command runs what it parsed."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from imchat.errors import SetupError

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.run(work)
    return uvloop.run(work)


def need_terminal() -> None:
    """Raises SetupError where no screen can be drawn."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupError("this command draws a screen; run it in a terminal, not in a pipe")
