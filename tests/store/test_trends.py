"""What a dashboard shows of the past is counted from the log of events, each event once."""

import asyncio

from imchat.protocol import DeskTrend, Trends, decode_from_server
from imchat.server import views
from imchat.store.counted import FOLD_LIMIT
from tests.store.people import BEGAN, People

STEP = 10
STEPS = 360


async def trends(people: People) -> Trends:
    """What a supervisor is shown, after all was counted."""
    while (await people.store.fold()).more:
        pass
    frame = decode_from_server(views.trends(await people.store.trends(), ref=None))
    assert isinstance(frame, Trends)
    return frame


async def trend(people: People, desk: str = "default") -> DeskTrend:
    return (await trends(people)).desks[desk]


async def test_a_site_without_a_past_has_none(people: People) -> None:
    """No desk is known before anybody came."""
    assert (await trends(people)).desks == {}


async def test_each_step_has_its_arrivals_and_the_longest_queue(people: People) -> None:
    """Steps in which nothing happens keep the queue as it stood."""
    await people.asks("c1")
    await people.asks("c2")
    people.now += STEP * 1000
    await people.close("c2")
    people.now += 3 * STEP * 1000
    await people.agent("ann")
    people.now += STEP * 1000
    found = await trend(people)
    assert len(found.waiting) == len(found.arrived) == len(found.served) == STEPS
    assert found.waiting[-7:] == [0, 2, 2, 1, 1, 1, 0]
    assert found.arrived[-7:] == [0, 2, 0, 0, 0, 0, 0]
    assert found.served[-7:] == [0, 0, 0, 0, 0, 1, 0]


async def test_a_queue_that_nobody_touches_is_shown_all_the_time(people: People) -> None:
    """Also when what made it is longer ago than is shown."""
    await people.asks("c1")
    people.now += 3 * 3_600 * 1000
    found = await trend(people)
    assert found.waiting == [1] * STEPS
    assert sum(found.arrived) == 0


async def test_today_adds_up(people: People) -> None:
    """From the first assignment on, to the end of an agent's time with a chat."""
    people.now = BEGAN // 86_400_000 * 86_400_000 + 86_400_000
    await people.store.lease("node-1")
    await people.asks("c1")
    await people.asks("c2")
    people.now += 30_000
    await people.agent("ann", capacity=1)
    people.now += 7_000
    await people.say("ann", "c1", "agent")
    people.now += 13_000
    await people.close("c1")
    people.now += 1_000
    await people.asks("c3")
    people.now += 1_000
    await people.close("c3")
    found = (await trend(people)).today
    assert (found.offered, found.served, found.abandoned) == (3, 2, 1)
    assert (found.within_20_s, found.within_60_s, found.wait_ms) == (0, 2, 80_000)
    assert (found.replied, found.first_reply_ms) == (1, 7_000)
    assert (found.handled, found.handle_ms) == (1, 20_000)
    people.now += 86_400_000
    assert (await trend(people)).today.offered == 0


async def test_who_was_served_and_left_later_is_not_counted_twice(people: People) -> None:
    """The agent was lost; who then left the queue is among the served, as in the reports."""
    await people.agent("ann")
    await people.asks("c1")
    await people.disconnect("ann")
    await people.pass_time(60)
    assert await people.queue() == ["c1"]
    await people.close("c1")
    found = await trend(people)
    assert max(found.waiting) == 1
    assert (found.today.served, found.today.abandoned) == (1, 0)


async def test_a_desk_that_is_gone_is_shown_for_the_day(people: People) -> None:
    """Its last customer left and nobody works there; what happened, happened."""
    await people.asks("c1", desk="sales")
    await people.close("c1")
    found = await trend(people, "sales")
    assert sum(found.arrived) == 1
    assert found.today.abandoned == 1


async def test_whoever_counts_each_event_is_counted_once(people: People) -> None:
    """Any number of nodes at once, more events than one call takes."""
    people.store.library._settings["max_queue"] = FOLD_LIMIT * 2
    for n in range(FOLD_LIMIT):
        await people.asks(f"c{n}")
    counted = [await asyncio.gather(*(people.store.fold() for _ in range(5))) for _ in range(3)]
    assert sum(folded.count for turn in counted for folded in turn) == len(await people.events())
    assert (await trend(people)).today.offered == FOLD_LIMIT
