"""`imchat demo` without a screen: bots chat in both languages, nothing is lost, nothing is left."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imchat.demo.show import PREFIX, headless
from tests.cli.commands import TIMEOUT_S, imchat


def left_behind() -> set[str]:
    """Directories of demos in the temporary directory."""
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*")}


@pytest.fixture(autouse=True)
def own_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a demo leaves is looked for here."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def test_bots_chat_and_nothing_is_lost() -> None:
    """Everything that was sent was acked, stored and delivered; the indexes agree."""
    summary = await headless(agents=3, rate=4, seconds=5)
    assert summary.faults == []
    assert summary.served > 0
    assert summary.sent == summary.acked == summary.stored == summary.delivered > 10
    assert summary.by_language["chinese"] > 0
    assert summary.by_language["english"] > 0
    assert left_behind() == set()


def test_the_command_exits_0_and_leaves_nothing() -> None:
    """The summary ends with the verdict."""
    said = imchat("demo", "--headless", "2")
    assert said.returncode == 0, said.stderr
    assert said.stdout.rstrip().endswith("nothing lost or wrong")
    assert left_behind() == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_early_with_a_summary(number: int, tmp_path: Path) -> None:
    """It winds up, checks, and leaves nothing, as at the end of its time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imchat", "demo", "--headless", "60"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    deadline = TIMEOUT_S
    while not list(tmp_path.glob(f"{PREFIX}*/secret")):
        assert process.poll() is None
        deadline -= 1
        assert deadline, "the demo never started"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
    process.send_signal(number)
    said, logged = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, logged
    assert "nothing lost or wrong" in said
    assert left_behind() == set()
