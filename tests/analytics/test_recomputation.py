"""A report says what a plain recomputation from the events says, live and from the roll-ups."""

from collections.abc import Collection, Mapping
from random import Random

import pytest

from imchat.analytics.report.measures import Value
from imchat.analytics.report.reading import DAY_MS, HOUR_MS, Reading
from imchat.analytics.report.report import By, Query, Report, report
from imchat.ids import Desk, Uid
from imchat.store.store import Store
from tests.analytics.books import Books, Takes
from tests.analytics.shop import AGENTS, Shop
from tests.store.people import BEGAN, People

DESKS = ("sales", "returns")
NO_AGENTS = {
    "offered", "abandoned", "abandonment", "left_mean_s", "left_p50_s", "left_longest_s",
    "service_level",
}  # fmt: skip
"""What is not told of an agent alone."""
NOTICED = {"recontacts", "recontact"}
"""What the fold alone sees."""


@pytest.fixture
async def people(store: Store) -> People:
    """The site of the test, some hours before midnight."""
    people = People(store)
    people.now = (BEGAN // DAY_MS + 1) * DAY_MS - 2 * HOUR_MS
    await people.join()
    return people


async def made(people: People, query: Query, *, from_log: bool = False) -> Report:
    """The report, as the command makes it."""
    width = HOUR_MS if query.by == "hour" else DAY_MS
    reading = Reading(people.store, query.since, query.until, width)
    read = await (reading.from_log() if from_log else reading.read(people.now))
    return report(query, read.at, read.cells)


def agree(found: Report, books: Books, but: Collection[str]) -> None:
    """Total and rows are as the books have them, each measure that they know."""
    query = found.query

    def of(at: Takes) -> dict[str, Value]:
        return books.report(query.since, query.until, agent=query.agent, desk=query.desk, at=at)

    total = of(lambda *_: True)
    compare(found.total, total, but, of_agent=query.agent is not None)
    for row in found.rows:
        expected = of(of_row(query.by, row.of))
        of_agent = query.by == "agent" or query.agent is not None
        compare(row.measures, expected, but, of_agent=of_agent)


def of_row(by: By | None, row: str | int) -> Takes:
    """What belongs to a row, by time, agent and desks."""
    width = HOUR_MS if by == "hour" else DAY_MS

    def takes(moment: int, uid: str, desks: list[str]) -> bool:
        match by:
            case "agent":
                return uid == row
            case "desk":
                return row in desks
            case _:
                return moment // width * width == row

    return takes


def compare(
    got: Mapping[str, Value], wanted: Mapping[str, Value], but: Collection[str], *, of_agent: bool
) -> None:
    wanted = {
        name: None if of_agent and name in NO_AGENTS else value
        for name, value in wanted.items()
        if name not in but
    }
    assert {name: got[name] for name in wanted} == wanted


async def kept(people: People, shop: Shop) -> Books:
    books = Books()
    books.keep(await people.events(), shop.said, shop.topics, people.now)
    return books


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.timeout(300)
async def test_live_and_rolled_up_reports_are_as_recomputed(people: People, seed: int) -> None:
    """Of a thousand chats over days: any interval, whole days, by anything, of anybody."""
    random = Random(seed)
    shop = Shop(people, random)
    began = people.now
    await shop.open(1_000)
    books = await kept(people, shop)
    days = range(began // DAY_MS * DAY_MS, people.now + DAY_MS, DAY_MS)
    assert len(days) > 3
    # At first the roll-ups are behind, and customers who came again are not all noticed yet.
    await compare_some(people, books, random, days, but=NOTICED)
    while (await people.store.fold()).more:
        pass
    await compare_some(people, books, random, days)


async def compare_some(
    people: People, books: Books, random: Random, days: range, *, but: Collection[str] = ()
) -> None:
    """Some reports at random, those of whole days both from the roll-ups and from the log."""
    for _ in range(8):
        ends = sorted(random.randrange(days[0], people.now) for _ in range(2))
        agree(await made(people, query(random, *ends)), books, but)
    for _ in range(8):
        asked = query(random, *sorted(random.sample(days, 2)))
        found = await made(people, asked)
        agree(found, books, but)
        live = await made(people, asked, from_log=True)
        assert (live.total, live.rows) == (found.total, found.rows)


def query(random: Random, since: int, until: int) -> Query:
    by: list[By | None] = [None, "agent", "desk", "day", "hour"]
    return Query(
        since, until, random.choice(by),
        random.choice([None, None, Uid(random.choice(sorted(AGENTS)))]),
        random.choice([None, None, Desk(random.choice(DESKS))]),
    )
