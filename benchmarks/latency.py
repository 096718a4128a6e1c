"""How long a message takes at half of the highest rate, on one node and across two."""

from collections.abc import AsyncIterator

from benchmarks.messages import IMCHAT, SUBJECTS, TWO_NODES, Row, measure
from benchmarks.options import Options


async def run(options: Options) -> AsyncIterator[Row]:
    """The highest rate first, measured just before; then half of it."""
    for _ in range(options.rounds):
        for name in (IMCHAT, TWO_NODES):
            async with SUBJECTS[name]() as site:
                highest = await measure(name, site, seconds=options.seconds)
                yield highest
            async with SUBJECTS[name]() as site:
                yield await measure(
                    f"{name}: half", site, seconds=options.seconds, rate=highest.a_second / 2
                )
