"""What a supervisor is told of the last days: the numbers of `imchat report`, by agent."""

import asyncio
from collections.abc import Mapping

from imchat import protocol
from imchat.analytics.report.measures import MEASURES, Value
from imchat.analytics.report.reading import DAY_MS, Cells, Reading
from imchat.analytics.report.report import Query, report
from imchat.ids import Uid
from imchat.store.store import Store


async def last_days(store: Store, days: int, *, ref: str | None) -> bytes:
    """The frame that tells of so many UTC days, today the last. Raises Unavailable."""
    now = (await store.standing(width=DAY_MS, since=0, till=0)).at
    since = (now // DAY_MS - days + 1) * DAY_MS
    read = await Reading(store, since, since + days * DAY_MS).read(now)
    # Of many agents it takes a while, in which others must not wait.
    return await asyncio.to_thread(_frame, since, days, read.at, read.cells, ref)


def _frame(since: int, days: int, at: int, cells: Cells, ref: str | None) -> bytes:
    begins = [since + day * DAY_MS for day in range(days)]
    whole = report(Query(since, since + days * DAY_MS, "agent"), at, cells)
    by_day = [report(Query(day, day + DAY_MS, "agent"), at, _of(cells, day)) for day in begins]
    rows = [{row.of: row.measures for row in one.rows} for one in by_day]
    return protocol.encode(
        protocol.Report(
            at=at,
            days=begins,
            measures=[measure.name for measure in MEASURES],
            total=_values(whole.total),
            by_day=[_values(one.total) for one in by_day],
            agents=[
                protocol.AgentReport(
                    uid=Uid(str(row.of)),
                    total=_values(row.measures),
                    by_day=[_values(of.get(row.of, {})) for of in rows],
                )
                for row in whole.rows
            ],
            ref=ref,
        )
    )


def _of(cells: Cells, day: int) -> Cells:
    return {of: sums for of, sums in cells.items() if of.at == day}


def _values(measures: Mapping[str, Value]) -> protocol.Measured:
    """In the order of all measures; of a day on which the agent was not here all are null."""
    return [measures.get(measure.name) for measure in MEASURES]
