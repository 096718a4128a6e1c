"""The daily sums are counted from the log once and last longer than it; the audit sees a gap."""

from imchat.store.counted import FOLD_LIMIT
from tests.store.people import BEGAN, People

DAY_MS = 86_400_000
DAY = BEGAN // DAY_MS


async def fold(people: People) -> int:
    """Count all that there is, also what is noticed meanwhile; gives how many events that were."""
    count = 0
    while (folded := await people.store.fold()).count:
        count += folded.count
    return count


async def sums(people: People, day: int = DAY) -> dict[str, dict[str, int]]:
    """The roll-ups of a day, by agent and desk."""
    found = await people.store.rolled(day)
    assert found.cursor == "0"
    return {cell.name.partition(":")[2]: cell.sums for cell in found.cells}


async def test_a_chat_is_counted_for_its_agent_and_desk(people: People) -> None:
    """What was waited for, answered, said; the desk alone knows who asked."""
    await people.asks("bob", desk="sales")
    people.now += 12_300
    await people.agent("ann", desks=("sales",))
    people.now += 4_000
    await people.say("bob", "ann", "customer")
    people.now += 2_500
    await people.say("ann", "bob", "agent")
    people.now += 60_000
    await people.close("bob")
    await fold(people)
    found = await sums(people)
    assert found.pop(":sales") == {"offered": 1}
    counted = found.pop("ann:sales")
    assert found == {}
    assert counted == {
        "served": 1, "wait_ms": 12_300, "wait_max": 12_300, "wait:13000": 1,
        "closed": 1, "handled": 1, "handle_ms": 66_500, "handle_max": 66_500, "handle:70000": 1,
        "replied": 1, "first_ms": 6_500, "first_max": 6_500, "first:7000": 1,
        "responses": 1, "answer_ms": 2_500, "answer_max": 2_500, "answer:3000": 1,
        "messages_customer": 1, "messages_agent": 1,
        "online_ms": 66_500, "held_ms": 66_500, "busy_ms": 66_500, "slots_ms": 3 * 66_500,
    }  # fmt: skip


async def test_the_time_of_an_agent_is_of_the_days_that_it_was(people: People) -> None:
    """Over midnight it is cut; of two desks together it is one time."""
    people.now = (DAY + 1) * DAY_MS - 10_000
    await people.store.lease("node-1")
    await people.agent("ann", desks=("sales", "returns"))
    people.now += 25_000
    await people.status("ann", "away")
    people.now += 5_000
    await people.status("ann", "online")
    await fold(people)
    assert (await sums(people))["ann:sales,returns"]["online_ms"] == 10_000
    after = (await sums(people, DAY + 1))["ann:sales,returns"]
    assert (after["online_ms"], after["away_ms"]) == (15_000, 5_000)


async def test_what_an_agent_did_of_a_chat_is_its_own(people: People) -> None:
    """The next one begins anew: its answers and its messages are not the first one's."""
    await people.agent("ann")
    await people.assigned("bob")
    await people.say("bob", "ann", "customer")
    people.now += 1_000
    await people.say("ann", "bob", "agent")
    await people.say("bob", "ann", "customer")
    await people.disconnect("ann")
    await people.agent("joe")
    for _ in range(4):
        await people.pass_time(9)
    people.now += 3_000
    await people.say("joe", "bob", "agent")
    await people.close("bob")
    await fold(people)
    found = await sums(people)
    ann, joe = found["ann:default"], found["joe:default"]
    assert (ann["messages_customer"], ann["messages_agent"], ann["answer_ms"]) == (2, 1, 1_000)
    assert (joe["messages_customer"], joe["messages_agent"], joe["answer_ms"]) == (0, 1, 3_000)
    assert (ann["served"], ann["requeued"], joe["taken"]) == (1, 1, 1)
    assert (ann["first_ms"], joe["first_ms"]) == (1_000, 3_000)


async def test_they_outlive_the_log(people: People) -> None:
    """By thirteen months, and no longer."""
    await people.agent("ann")
    await people.assigned("bob")
    await people.close("bob")
    await fold(people)
    for key in (f"rollup:{DAY}:ann:default", f"cells:{DAY}"):
        days = await people.redis.ttl(people.key(key)) / 86_400
        assert 396 < days <= 397


async def test_a_log_that_is_dropped_after_it_was_counted_is_no_fault(people: People) -> None:
    """What comes later is counted as ever."""
    await people.agent("ann")
    await people.assigned("bob")
    await fold(people)
    await people.redis.xtrim(people.key("events"), maxlen=0, approximate=False)
    await people.close("bob")
    await fold(people)
    assert (await sums(people))["ann:default"]["closed"] == 1
    assert await people.store.audit() == []


async def test_events_that_nobody_counted_in_time_are_a_fault(people: People) -> None:
    """Those before anybody counted at all are none: a site may be older than its roll-ups."""
    await people.asks("bob")
    await people.redis.xtrim(people.key("events"), maxlen=0, approximate=False)
    await people.close("bob")
    await fold(people)
    assert await people.store.audit() == []
    await people.asks("bob")
    await people.redis.xtrim(people.key("events"), maxlen=0, approximate=False)
    assert await people.store.audit() == ["5 events were dropped, and 3 counted before"]
    await people.redis.delete(people.key("folded"))
    await people.close("bob")


async def test_more_events_than_a_call_takes_are_counted_in_several(people: People) -> None:
    """So that nobody waits for it."""
    for n in range(FOLD_LIMIT):
        await people.asks(f"c{n}")
    assert (await people.store.fold()).count == FOLD_LIMIT
    assert await fold(people) > 0
    assert (await sums(people))[":default"]["offered"] == FOLD_LIMIT
    assert await fold(people) == 0


async def test_who_comes_back_within_a_day_is_noticed(people: People) -> None:
    """For the agent of the chat before; a day later it is somebody who asks anew."""
    await people.agent("ann")
    await people.assigned("bob")
    await people.close("bob")
    people.now += DAY_MS
    await people.store.lease("node-1")
    await people.assigned("bob")
    await people.close("bob")
    people.now += DAY_MS + 1
    await people.store.lease("node-1")
    await people.assigned("bob")
    await fold(people)
    assert (await sums(people, DAY + 1))["ann:default"]["recontacts"] == 1
    assert "recontacts" not in (await sums(people, DAY + 2))["ann:default"]
    [event] = await people.events("recontact")
    assert (event["agent"], event["chat"], event["after"]) == ("ann", "2", str(DAY_MS))
