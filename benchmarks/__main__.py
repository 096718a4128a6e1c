"""`python -m benchmarks WHAT`: what imchat costs, beside its peers, in one run."""

import argparse
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from pathlib import Path

import uvloop

from benchmarks import (
    allocation,
    connections,
    dashboard,
    history,
    insight,
    latency,
    messages,
    reports,
    screens,
    storm,
    wall,
)
from benchmarks.options import Options
from benchmarks.report import Report

RUNS: dict[str, Callable[[Options], AsyncIterator[object]]] = {
    "messages": messages.run,
    "latency": latency.run,
    "connections": connections.run,
    "allocation": allocation.run,
    "dashboard": dashboard.run,
    "history": history.run,
    "insight": insight.run,
    "screens": screens.run,
    "reports": reports.run,
    "storm": storm.run,
    "wall": wall.run,
}


async def run(report: Report) -> None:
    """Print each row as it comes."""
    print(report.machine, flush=True)
    async for row in RUNS[report.what](report.options):
        print(row, flush=True)
        report.rows.append(row)


def main() -> None:
    """Run what is asked for, and write it down also when it is broken off."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=RUNS)
    parser.add_argument("--rounds", type=int, default=1, help="of every subject, interleaved")
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument(
        "--only", action="append", default=[], help="messages, insight: these subjects"
    )
    parser.add_argument("--connections", type=int, default=10_000, help="that idle")
    parser.add_argument("--messages", type=int, default=1_000_000, help="stored; not storm")
    parser.add_argument("--clients", type=int, default=5_000, help="storm: come back at once")
    parser.add_argument("--workers", type=int, default=1, help="storm: of the server")
    parser.add_argument("--json", type=Path, help="write all of it there as well")
    given = vars(parser.parse_args())
    options = Options(**{field.name: given[field.name] for field in fields(Options)})
    report = Report(given["what"], options)
    try:
        uvloop.run(run(report))
    finally:
        if given["json"] is not None:
            given["json"].write_bytes(report.encode())


if __name__ == "__main__":
    main()
