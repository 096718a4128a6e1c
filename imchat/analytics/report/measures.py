"""Every measure of the reports, each defined once. docs/reports.md is the same table for people."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from imchat.analytics.report.sums import Sums

Unit = Literal["count", "seconds", "share", "number"]
Value = int | float | None

SERVICE_LEVEL_S = 20
SCORES = range(1, 6)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a report.

    `of` makes it of the sums and of how soon, ms, is soon enough; None where there is
    nothing to measure. `of_agents` says whether it can be told of an agent alone: nobody
    is given a chat before it is served.
    """

    name: str
    title: str
    unit: Unit
    of: Callable[[Sums, int], Value]
    of_agents: bool = True


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else round(ms / 1000, 3)


def _count(name: str, title: str, *, of_agents: bool = True) -> Measure:
    return Measure(name, title, "count", lambda sums, _: sums[name], of_agents)


def _mean(name: str, title: str, time: str, count: str, *, of_agents: bool = True) -> Measure:
    return Measure(
        name, title, "seconds",
        lambda sums, _: _seconds(_ratio(sums[f"{time}_ms"], sums[count])), of_agents,
    )


def _percentile(
    name: str, title: str, time: str, share: float, *, of_agents: bool = True
) -> Measure:
    return Measure(
        name, title, "seconds",
        lambda sums, _: _seconds(sums.percentile(time, share)), of_agents,
    )


def _longest(name: str, title: str, time: str, count: str, *, of_agents: bool = True) -> Measure:
    return Measure(
        name, title, "seconds",
        lambda sums, _: _seconds(sums[f"{time}_max"]) if sums[count] else None, of_agents,
    )


def _total(name: str, title: str, time: str) -> Measure:
    return Measure(name, title, "seconds", lambda sums, _: _seconds(sums[time]))


def _share(name: str, title: str, part: str, whole: str) -> Measure:
    return Measure(name, title, "share", lambda sums, _: _ratio(sums[part], sums[whole]))


def waited_for_nobody(sums: Sums) -> int:
    """Chats that were abandoned before any agent had them."""
    return sums["abandoned"] - sums["again"]


def _abandonment(sums: Sums, _: int) -> Value:
    left = waited_for_nobody(sums)
    return _ratio(left, sums["served"] + left)


def _service_level(sums: Sums, soon_ms: int) -> Value:
    return _ratio(sums.within("wait", soon_ms), sums["served"] + waited_for_nobody(sums))


def _rated(sums: Sums, _: int) -> int:
    return sum(sums[f"score_{score}"] for score in SCORES)


def _rating(sums: Sums, soon_ms: int) -> Value:
    stars = sum(score * sums[f"score_{score}"] for score in SCORES)
    return _ratio(stars, _rated(sums, soon_ms))


MEASURES: tuple[Measure, ...] = (
    _count("offered", "offered", of_agents=False),
    _count("served", "served"),
    _count("taken", "taken over"),
    _count("abandoned", "abandoned", of_agents=False),
    Measure("abandonment", "abandonment", "share", _abandonment, of_agents=False),
    _count("transferred", "transferred"),
    _count("requeued", "re-queued"),
    _count("closed", "closed"),
    _mean("wait_mean_s", "wait, mean", "wait", "served"),
    _percentile("wait_p50_s", "wait, p50", "wait", 0.5),
    _percentile("wait_p90_s", "wait, p90", "wait", 0.9),
    _percentile("wait_p99_s", "wait, p99", "wait", 0.99),
    _longest("wait_longest_s", "wait, longest", "wait", "served"),
    _mean("left_mean_s", "left after, mean", "left", "abandoned", of_agents=False),
    _percentile("left_p50_s", "left after, p50", "left", 0.5, of_agents=False),
    _longest("left_longest_s", "left after, longest", "left", "abandoned", of_agents=False),
    Measure("service_level", "service level", "share", _service_level, of_agents=False),
    _mean("first_response_mean_s", "first response, mean", "first", "replied"),
    _percentile("first_response_p90_s", "first response, p90", "first", 0.9),
    _mean("response_mean_s", "response, mean", "answer", "responses"),
    _percentile("response_p90_s", "response, p90", "answer", 0.9),
    _count("responses", "responses"),
    _mean("handle_mean_s", "handle, mean", "handle", "handled"),
    _percentile("handle_p90_s", "handle, p90", "handle", 0.9),
    _count("handled", "handled"),
    _count("messages_customer", "customers' messages"),
    _count("messages_agent", "agents' messages"),
    Measure(
        "concurrency", "chats at once", "number",
        lambda sums, _: _ratio(sums["held_ms"], sums["online_ms"]),
    ),
    _share("occupancy", "occupancy", "busy_ms", "online_ms"),
    _share("slots_filled", "slots filled", "held_ms", "slots_ms"),
    _total("online_s", "online", "online_ms"),
    _total("away_s", "away", "away_ms"),
    _total("grace_s", "connection lost", "grace_ms"),
    Measure("ratings", "ratings", "count", _rated),
    Measure("rating_mean", "rating, mean", "number", _rating),
    *(_count(f"score_{score}", f"rated {score}") for score in SCORES),
    _count("recontacts", "re-contacts"),
    _share("recontact", "re-contact", "recontacts", "closed"),
)

BY_NAME = {measure.name: measure for measure in MEASURES}


def measured(
    sums: Sums, *, soon_s: int, of_agent: bool = False, only: Iterable[str] = BY_NAME
) -> dict[str, Value]:
    """Every measure of the sums, or those of some names; of an agent alone some are None."""
    return {
        name: BY_NAME[name].of(sums, soon_s * 1000)
        if BY_NAME[name].of_agents or not of_agent
        else None
        for name in only
    }
