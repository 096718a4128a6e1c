"""A command in a terminal of which something goes elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal.terminal import home


@pytest.mark.parametrize("command", ["agent", "dashboard"])
def test_no_screen_is_drawn_into_a_file(command: str, tmp_path: Path) -> None:
    """Where errors go to a file, it gets one line, and no terminal is left in disorder."""
    ours, its = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "imchat", command, "--uid", "ann"],
            stdin=its, stdout=its, stderr=subprocess.PIPE, env={**os.environ, **home(tmp_path)},
            timeout=30, check=False,
        )
    finally:
        os.close(its)
        os.close(ours)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"with nothing of it redirected" in done.stderr
    assert b"\x1b" not in done.stderr
