"""`python -m benchmarks`: what imchat costs; messages beside its peers, in one run."""

import argparse
import os
import sys

import uvloop

from benchmarks import allocation, servers
from benchmarks.messages import Row, measure

SUBJECTS = ("relay", "imchat", "imchat, two nodes")


async def messages(rounds: int, seconds: float) -> None:
    """All subjects in turn, so often; the machine may be noisy, so compare within a round."""
    for _ in range(rounds):
        for name in SUBJECTS:
            say(await _one(name, seconds))


async def _one(name: str, seconds: float) -> Row:
    if name == "relay":
        async with servers.relay() as site:
            return await measure(name, site, seconds=seconds, relay=True)
    async with servers.imchat(nodes=2 if "two" in name else 1) as site:
        return await measure(name, site, seconds=seconds)


def say(row: Row) -> None:
    """A line of a table."""
    took = row.outcome
    sys.stdout.write(
        f"{row.name:<20}{row.a_second:>8.0f} messages/s   CPU a message, µs: "
        f"server {row.server_us:>5.1f}  store {row.store_us:>5.1f}  load {row.load_us:>5.1f}   "
        f"p99, ms: ack {took.acks_ms[1]:>6.1f}  delivery {took.deliveries_ms[1]:>6.1f}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["messages", "allocation"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    if options.what == "allocation":
        uvloop.run(allocation.run(options.rounds))
    else:
        uvloop.run(messages(options.rounds, options.seconds))
