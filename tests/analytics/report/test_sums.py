"""How sums are put together, and what can be told of times that were counted in steps."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from imchat.analytics.report.sums import Sums, step_of
from imchat.store.counted import FOLD_LIMIT
from tests.store.people import People

times_ms = st.one_of(st.integers(0, 5_000), st.integers(0, 400_000), st.integers(0, 10**9))


def counted(times: list[int]) -> Sums:
    """As the store counts them."""
    sums = Sums()
    for ms in times:
        sums.add({"wait_ms": ms, "wait_max": ms, f"wait:{step_of(ms)}": 1})
    return sums


@given(times_ms)
def test_a_step_ends_soon_after_the_time(ms: int) -> None:
    """By a twentieth of the time, or a tenth of a second, or an hour when it is long."""
    end = step_of(ms)
    assert ms <= end <= ms + max(100, ms) or ms > 21_600_000
    assert step_of(end) == end


@given(st.lists(times_ms, min_size=1), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_percentile_is_that_of_the_nearest_rank(times: list[int], share: float) -> None:
    """As exact as its step, and never longer than the longest."""
    exact = sorted(times)[ceil(round(share * 100) * len(times) / 100) - 1]
    assert counted(times).percentile("wait", share) == min(step_of(exact), max(times))


@given(st.lists(times_ms), st.lists(times_ms))
def test_sums_that_are_put_together_are_those_of_all(some: list[int], others: list[int]) -> None:
    """In whatever order; the longest is not added up."""
    sums = counted(some)
    sums.add(counted(others))
    assert sums == counted(others + some)
    assert sums["wait_max"] == max(some + others, default=0)


@given(st.lists(times_ms), st.integers(0, 60))
def test_within_is_exact_at_the_end_of_a_step(times: list[int], seconds: int) -> None:
    """Any whole second up to a minute is one."""
    within = counted(times).within("wait", seconds * 1_000)
    assert within == sum(ms <= seconds * 1_000 for ms in times)


def test_of_nothing_there_is_no_percentile() -> None:
    """None, and not 0."""
    assert Sums().percentile("wait", 0.5) is None


async def test_the_store_counts_in_the_same_steps(people: People) -> None:
    """At each side of every border."""
    await people.agent("ann", capacity=100)
    waits = [0, 1, 99, 100, 101, 2_000, 2_001, 60_000, 60_001, 300_000, 300_001, 3_600_000,
             3_600_001, 21_600_000, 21_600_001, 90_000_000]  # fmt: skip
    await people.status("ann", "away")
    for n, ms in enumerate(waits):
        await people.status("ann", "away")
        await people.asks(f"c{n}")
        people.now += ms
        await people.store.lease("node-1")
        await people.status("ann", "online")
    while (await people.store.fold()).count == FOLD_LIMIT:
        pass
    found = Sums()
    first, last = 1_700_000_000_000 // 86_400_000, people.now // 86_400_000
    for day in range(first, last + 1):
        for cell in (await people.store.rolled(day)).cells:
            found.add(cell.sums)
    assert dict(found.times("wait")) == dict(counted(waits).times("wait"))
