"""The matrix as a table, a row a fault."""

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime

from imchat.store.embedded import find_binary
from tests.faults.bench import Result

COLUMNS = (
    "fault", "s", "chats", "sent", "acked", "refused", "stored", "shown: agents", "customers",
    "lost", "twice", "out of order", "other", "longest ack ms", "p99 ms", "doctor",
)  # fmt: skip
WIDTHS = [20, *(max(7, len(column)) for column in COLUMNS[1:])]


def cells(result: Result) -> list[str]:
    """The row of a fault. `other` counts what is wrong and has no column of its own."""
    count = result.count
    other = len(result.others) + len(count.unacked) + len(count.untrue)
    to_agents = sum(count.shown[uid] for uid in count.shown.keys() & result.agents)
    to_customers = count.shown.total() - to_agents
    numbers = (
        round(result.seconds), result.chats, count.sent, count.acked, count.refused, count.stored,
        to_agents, to_customers, len(count.lost), len(count.twice), len(count.out_of_order), other,
        count.longest_ms, count.p99_ms,
    )  # fmt: skip
    doctor = f"{len(result.doctor)} faults" if result.doctor else "ok"
    return [result.name, *(f"{number}" for number in numbers), doctor]


def line(row: Iterable[str]) -> str:
    """A row for a terminal."""
    first, *others = zip(row, WIDTHS, strict=True)
    padded = [cell.rjust(width) for cell, width in others]
    return "  ".join([first[0].ljust(first[1]), *padded])


def markdown(results: Iterable[Result]) -> str:
    """All of it as a page's section."""
    rows = [COLUMNS, ["---"] + ["---:"] * (len(COLUMNS) - 1), *map(cells, results)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{machine()}\n\n{table}\n"


def machine() -> str:
    """Where and when it was run."""
    said = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True)
    version = next(word for word in said.stdout.split() if word.startswith("v="))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), "
        f"{platform.system()}, Python {platform.python_version()}, Valkey {version[2:]}"
    )
