"""A report says what a plain recomputation from the events says, live and from the roll-ups."""

from collections.abc import Callable
from random import Random

import pytest

from imchat.analytics.report.reading import DAY_MS, HOUR_MS, Reading
from imchat.analytics.report.report import By, Query, Report, report
from imchat.ids import Desk, Uid
from imchat.store.store import Store
from tests.analytics.books import Books
from tests.analytics.shop import AGENTS, Shop, topics_of
from tests.store.people import BEGAN, People

DESKS = ("sales", "returns")
NO_AGENTS = {
    "offered", "abandoned", "abandonment", "left_mean_s", "left_p50_s", "left_longest_s",
    "service_level",
}  # fmt: skip
"""What is not told of an agent alone."""


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


def expected(books: Books, query: Query) -> tuple[dict[str, object], dict[str | int, object]]:
    """What the books say of the total and of each row."""
    of = {"agent": query.agent, "desk": query.desk}

    def of_row(row: str | int) -> Callable[[int, str, list[str]], bool]:
        width = HOUR_MS if query.by == "hour" else DAY_MS

        def takes(moment: int, uid: str, desks: list[str]) -> bool:
            match query.by:
                case "agent":
                    return uid == row
                case "desk":
                    return row in desks
                case _:
                    return moment // width * width == row

        return takes

    def rows(found: Report) -> dict[str | int, object]:
        return {
            row.of: books.report(query.since, query.until, **of, at=of_row(row.of))  # type: ignore[arg-type]
            for row in found.rows
        }

    total = books.report(query.since, query.until, **of)  # type: ignore[arg-type]
    return total, rows  # type: ignore[return-value]


def agree(found: Report, books: Books) -> None:
    """Total and rows are as the books have them, each measure that they know."""
    query = found.query
    total, rows = expected(books, query)
    compare(found.total, total, query.agent is not None)
    for row, measures in rows(found).items():  # type: ignore[operator]
        [got] = [r.measures for r in found.rows if r.of == row]
        compare(got, measures, query.by == "agent" or query.agent is not None)


def compare(got: dict[str, object], wanted: dict[str, object], of_agent: bool) -> None:
    wanted = {name: None if of_agent and name in NO_AGENTS else v for name, v in wanted.items()}
    assert {name: got[name] for name in wanted} == wanted


async def kept(people: People, shop: Shop) -> Books:
    await topics_of(people, shop)
    books = Books()
    books.keep(await people.events(), shop.said, people.now)
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
    for _ in range(12):
        ends = sorted(random.randrange(began, people.now) for _ in range(2))
        agree(await made(people, query(random, *ends)), books)
    for _ in range(12):
        first, last = sorted(random.sample(days, 2))
        asked = query(random, first, last)
        found = await made(people, asked)
        agree(found, books)
        live = await made(people, asked, from_log=True)
        assert (live.total, live.rows) == (found.total, found.rows)
        if random.random() < 0.5:
            await people.store.fold()


def query(random: Random, since: int, until: int) -> Query:
    by: list[By | None] = [None, "agent", "desk", "day", "hour"]
    return Query(
        since, until, random.choice(by),
        random.choice([None, None, Uid(random.choice(sorted(AGENTS)))]),
        random.choice([None, None, Desk(random.choice(DESKS))]),
    )
