"""`python -m tests.faults --all`: real faults under load, a row of counts for each."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

import uvloop

from tests.faults import report
from tests.faults.bench import Result, run
from tests.faults.bots import Shape
from tests.faults.matrix import FAULTS

SENTENCES = 40
"""Of what is wrong, at most so many are printed."""
STEADY_S = 12.0
SHORT_S = 3.0


async def main(options: argparse.Namespace) -> bool:
    """Run what was asked for; gives whether all was well. SIGTERM ends it as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    shape = Shape(agents=options.agents, pace_s=options.pace)
    results = []
    say(report.line(report.COLUMNS))
    for name in FAULTS if options.all else options.names:
        result = await run(
            FAULTS[name], shape=shape, steady_s=SHORT_S if options.short else STEADY_S
        )
        results.append(result)
        say(report.line(report.cells(result)))
        if result.faults:
            say(_what_is_wrong(result))
    if options.write:
        options.write.write_text(report.markdown(results), encoding="utf-8")
    return not any(result.faults for result in results)


def _what_is_wrong(result: Result) -> str:
    more = len(result.faults) - SENTENCES
    lines = [*result.faults[:SENTENCES], *([f"… and {more} more"] if more > 0 else [])]
    return "\n".join(["", *lines, *result.notes, result.logs, ""])


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which faults; see --list")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--list", action="store_true", help="name them")
    parser.add_argument("--short", action="store_true", help="less load before and after each")
    parser.add_argument("--write", type=Path, metavar="PATH", help="the table as Markdown")
    parser.add_argument("--agents", type=int, default=Shape().agents, help="3 chats for each")
    parser.add_argument(
        "--pace", type=float, default=Shape().pace_s, help="seconds from one message to the next"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - FAULTS.keys():
        parser.error(f"there is no {', '.join(unknown)}; see --list")
    if not (options.all or options.list or options.names):
        parser.error("which faults? Give names, or --all")
    return options


if __name__ == "__main__":
    given = parse()
    if given.list:
        for fault in FAULTS.values():
            say(f"{fault.name:<20} {fault.what}")
        sys.exit(0)
    # What the clients and the watch have to say of an outage is no news here.
    logging.getLogger("imchat").setLevel(logging.CRITICAL)
    try:
        sys.exit(0 if uvloop.run(main(given)) else 1)
    except asyncio.CancelledError:
        sys.exit("ended by a signal")
