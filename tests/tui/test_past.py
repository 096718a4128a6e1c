"""What trends tell of a desk or of all: pure."""

from imchat.ids import Desk
from imchat.protocol import DeskTrend, Today, Trends
from imchat.tui.past import bars, past_of, percent
from imchat.tui.widgets.today_panel import figures


def a_desk(numbers: list[int], **today: int) -> DeskTrend:
    return DeskTrend(waiting=numbers, arrived=numbers, served=numbers, today=Today(**today))


def test_all_desks_are_their_sum_step_by_step() -> None:
    """The newest steps stand together, also where a desk is younger; sums of today are added."""
    trends = Trends(at=95_000, step_s=10, desks={
        "a": a_desk([1, 2, 3], served=4, wait_ms=10), "b": a_desk([5, 5], served=1, wait_ms=1),
    })
    past = past_of(trends, None)
    assert past.waiting == past.arrived == past.served == [1, 7, 8]
    assert (past.today.served, past.today.wait_ms) == (5, 11)
    assert past.newest == 9
    assert past_of(trends, Desk("b")).waiting == [5, 5]
    assert past_of(trends, Desk("c")).waiting == []


def test_a_bar_keeps_its_steps_as_time_goes_on() -> None:
    """Finished bars only move to the left."""
    values = [n * 7 % 13 for n in range(200)]
    def whole_bars(now: int) -> dict[int, int]:
        """Those that no step comes to any more, by their number."""
        drawn = bars(values[:now], now - 1, steps=90, width=30, join=max)
        newest = (now - 1) // 3
        return dict(zip(range(newest, newest - len(drawn), -1), reversed(drawn), strict=True))

    for now in range(100, 120):
        before, after = whole_bars(now), whole_bars(now + 1)
        both = sorted(before.keys() & after.keys())[1:-1]
        assert len(both) >= 27
        assert [before[bar] for bar in both] == [after[bar] for bar in both]


def test_bars_lose_nothing() -> None:
    """What came in the span is in its bars, however few there is room for."""
    values = list(range(360))
    assert sum(bars(values, 359, steps=360, width=360, join=sum)) == sum(values)
    assert max(bars(values, 359, steps=30, width=7, join=max)) == 359
    assert bars([], 0, steps=30, width=10, join=sum) == []
    assert len(bars(values, 361, steps=360, width=47, join=sum)) <= 47


def test_only_all_of_it_is_a_hundred_percent() -> None:
    """A single one that was late is seen."""
    assert percent(999, 1000) == "99 %"
    assert percent(1000, 1000) == "100 %"
    assert percent(0, 0) == "–"


def test_figures_of_a_day() -> None:
    """Shares of those that were served or left, times as means of their own counts."""
    today = Today(
        offered=11, served=8, abandoned=2, within_20_s=4, within_60_s=6, wait_ms=80_000,
        replied=4, first_reply_ms=100_000, handled=2, handle_ms=600_000,
    )
    assert {figure.name: figure.text for figure in figures(today)} == {
        "in 20 s": "40 %", "in 60 s": "60 %", "left": "20 %", "wait": "0:10", "reply": "0:25",
        "handle": "5:00", "asked": "11", "served": "8",
    }


def test_a_day_in_which_nothing_happened_divides_by_nothing() -> None:
    """Dashes, not zeros: nobody was served badly."""
    shown = {figure.name: figure.text for figure in figures(Today())}
    assert shown["in 20 s"] == shown["wait"] == shown["handle"] == "–"
    assert shown["asked"] == "0"
