"""Today and the last days, as a server tells them to its dashboards."""

from random import Random

import pytest

from imchat.analytics.report import lately
from imchat.analytics.report.lately import ALL, DAYS, NAMES, Lately, Recent
from imchat.analytics.report.measures import Value
from imchat.analytics.report.reading import DAY_MS, HOUR_MS, Reading
from imchat.analytics.report.report import By, Query, Report, report
from imchat.ids import Uid
from imchat.store.store import Store
from tests.analytics.shop import Shop
from tests.store.people import BEGAN, People


@pytest.fixture
async def people(store: Store) -> People:
    """The site of the test, some hours before midnight."""
    people = People(store)
    people.now = (BEGAN // DAY_MS + 1) * DAY_MS - 2 * HOUR_MS
    await people.join()
    return people


async def reported(
    people: People, days: int, by: By, agent: str | None = None
) -> Report:
    """What the command reports of so many days that end with today."""
    until = (people.now // DAY_MS + 1) * DAY_MS
    query = Query(until - days * DAY_MS, until, by, Uid(agent) if agent else None)
    read = await Reading(people.store, query.since, query.until).read(people.now)
    return report(query, read.at, read.cells)


def chosen(measures: dict[str, Value]) -> list[Value]:
    return [measures[name] for name in NAMES]


async def agrees(people: People, recent: Recent) -> None:
    """Every number is the one that the command reports now."""
    for days, told in ((1, recent.today), (DAYS, recent.week)):
        found = await reported(people, days, "agent")
        rows = {row.of: chosen(row.measures) for row in found.rows}
        assert told == {ALL: chosen(found.total)} | rows
    for agent in (None, *[uid for uid in recent.week if uid != ALL]):
        found = await reported(people, DAYS, "day", agent)
        by_day = {row.of: chosen(row.measures) for row in found.rows}
        told_by_day = recent.by_day(Uid(agent) if agent else ALL)
        assert dict(zip(recent.read.days, told_by_day, strict=True)) == by_day


async def test_it_says_what_the_report_says(people: People) -> None:
    """Of all and of each agent, today, in seven days and on each day, over many days of a shop."""
    shop = Shop(people, Random(6))
    seen = set()
    for _ in range(4):
        await shop.open(150)
        recent = await Lately(people.store).recent()
        await agrees(people, recent)
        seen.add(recent.read.today)
        await people.pass_time(20 * 3_600)
    assert len(seen) > 2, "days went by"
    assert len(recent.week) > 3, "agents were there"


async def test_days_that_are_over_are_read_once_and_stay_true(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of them is right later too, also of who stood there over midnight."""
    monkeypatch.setattr(lately, "FRESH_S", 0.0)
    shop = Shop(people, Random(7))
    here = Lately(people.store)
    await people.agent("zoe")
    await shop.open(100)
    await people.pass_time(3 * 3_600)
    await agrees(people, await here.recent())
    await shop.open(40)
    await people.disconnect("zoe")
    await people.pass_time(120)
    await people.store.fold()
    await agrees(people, await here.recent())


async def test_who_asks_again_soon_is_told_the_same(people: People) -> None:
    """The store is read once for all who look at once, and anew after some seconds."""
    here = Lately(people.store)
    first = await here.recent()
    await people.agent("ann")
    await people.pass_time(1)
    assert await here.recent() is first
    here._recent_until = 0.0
    again = await here.recent()
    assert list(again.today) == [ALL, "ann"]
