"""What a server's trends tell of a desk, or of all desks as one: the last hour and today. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from imchat import protocol
from imchat.ids import Desk


@dataclass(frozen=True, slots=True)
class Past:
    """A number for each step of the last hour, oldest first; `newest` numbers the last step.

    Steps are numbered by the store's clock, so that a chart keeps its bars in place.
    `waiting` is the longest that the queue was in a step; of all desks, the sum of those.
    """

    step_s: int
    newest: int
    waiting: list[int]
    arrived: list[int]
    served: list[int]
    today: protocol.Today


def past_of(trends: protocol.Trends, desk: Desk | None) -> Past:
    """The past of one desk, or of all. A desk of which nothing is known has none."""
    chosen = [of for name, of in trends.desks.items() if desk in {None, name}]
    return Past(
        step_s=trends.step_s,
        newest=trends.at // (trends.step_s * 1000),
        waiting=_sums(of.waiting for of in chosen),
        arrived=_sums(of.arrived for of in chosen),
        served=_sums(of.served for of in chosen),
        today=_sum_of_today([of.today for of in chosen]),
    )


def _sums(series: Iterable[list[int]]) -> list[int]:
    """Added step by step; the newest steps stand together."""
    sums: list[int] = []
    for one in series:
        short, long = sorted((sums, one), key=len)
        ahead = len(long) - len(short)
        sums = [*long[:ahead], *(a + b for a, b in zip(long[ahead:], short, strict=True))]
    return sums


def _sum_of_today(desks: list[protocol.Today]) -> protocol.Today:
    names = protocol.Today.__struct_fields__
    return msgspec.convert(
        {name: sum(getattr(desk, name) for desk in desks) for name in names}, protocol.Today
    )


def bars(
    values: list[int], newest: int, *, steps: int, width: int, join: Callable[[list[int]], int]
) -> list[int]:
    """The newest `steps` values in at most `width` bars, oldest first.

    Where a bar joins several steps it begins at a multiple of their number, so it keeps
    its steps as time goes on.
    """
    shown = values[-steps:]
    each = -(-steps // max(1, width))
    found: dict[int, list[int]] = {}
    for number, value in enumerate(shown, start=newest - len(shown) + 1):
        found.setdefault(number // each, []).append(value)
    return [join(joined) for joined in found.values()][-width:]


def percent(part: int, whole: int) -> str:
    """`92 %`, or a dash where there is nothing to divide by. Only all of it is 100 %."""
    if whole <= 0:
        return "–"
    return f"{min(99, round(100 * part / whole)) if part < whole else 100} %"
