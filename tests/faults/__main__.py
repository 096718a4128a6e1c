"""`python -m tests.faults --all`: the matrix of faults, a row each."""

import argparse
import sys

import uvloop

from tests.faults.bench import Result, run
from tests.faults.load import Shape
from tests.faults.matrix import FAULTS

SHOWN_FAULTS = 40


async def _main(names: list[str], steady_s: float) -> bool:
    well = True
    for name in names:
        result = await run(FAULTS[name], shape=Shape(), steady_s=steady_s)
        _tell(result)
        well = well and not result.all_faults
    return well


def _tell(result: Result) -> None:
    c = result.count
    print(result.fault.name, f"{result.seconds:.0f}s", result.chats, c.sent, c.acked, c.refused,
        c.stored, c.shown, len(c.lost), len(c.twice), len(c.out_of_order), len(c.unacked), len(c.untrue),
        c.longest_ms, c.p99_ms, len(result.doctor), flush=True)
    for note in result.notes:
        print("  note:", note)
    for sentence in result.all_faults[:SHOWN_FAULTS]:
        print("  FAULT:", sentence)
    if result.all_faults:
        print(result.logs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    names = list(FAULTS) if options.all else options.names
    sys.exit(0 if uvloop.run(_main(names, 3 if options.short else 12)) else 1)
