"""Measures as a supervisor is told them. Protocol: Supervisor, `report`."""

import pytest

from imchat.analytics.report.reading import DAY_MS, Reading
from imchat.analytics.report.report import Query, report
from imchat.store.store import Store
from tests.server.wire import Wires
from tests.support import Server

PASSING = {"online_s", "occupancy", "concurrency"}
"""What goes on while it is asked for."""


@pytest.mark.parametrize("days", [1, 7])
async def test_a_supervisor_is_told_what_the_report_says(
    store: Store, server: Server, wires: Wires, days: int
) -> None:
    """By agent and in total, and of each day: the numbers of `imchat report`."""
    customer, agent, chat = await wires.pair(server)
    await customer.say("ann", "Hello?")
    await agent.until("message")
    await agent.say("cai", "Hello!")
    await customer.until("message")
    await customer.ask("close", chat=chat["chat"])
    await customer.ask("rate", chat=chat["chat"], score=4)
    supervisor = await wires.enter(server, "supervisor", "sue")
    told = await supervisor.ask("report", days=days)
    assert set(told) == {
        "type", "at", "today", "days", "service_level_s", "measures", "total", "agents", "daily",
        "ref",
    }  # fmt: skip
    assert (told["type"], told["days"], told["service_level_s"]) == ("report", days, 20)
    assert told["today"] == told["at"] // DAY_MS * DAY_MS
    until = told["today"] + DAY_MS
    read = await Reading(store, until - days * DAY_MS, until).read(told["at"])
    found = report(Query(until - days * DAY_MS, until, "agent"), read.at, read.cells)
    assert list(told["agents"]) == ["ann"]
    for got, wanted in (
        (told["total"], found.total),
        (told["agents"]["ann"], found.rows[0].measures),
        (told["daily"][-1], found.total),
    ):
        measures = dict(zip(told["measures"], got, strict=True))
        assert {"served", "handle_mean_s", "rating_mean"} <= measures.keys() <= wanted.keys()
        for name, value in measures.items():
            if name not in PASSING:
                assert value == pytest.approx(wanted[name], abs=1e-4), name
        assert 0 < measures["online_s"] <= wanted["online_s"]
        assert (measures["served"], measures["rating_mean"]) == (1, 4)
    assert len(told["daily"]) == 7


async def test_one_agent_is_told_day_by_day(server: Server, wires: Wires) -> None:
    """Who is named stands alone in the reply, and the days are its own."""
    await wires.pair(server)
    await wires.enter(server, "agent", "ben")
    supervisor = await wires.enter(server, "supervisor", "sue")
    served = {}
    for uid in ("ann", "ben", "zoe"):
        told = await supervisor.ask("report", agent=uid)
        at = told["measures"].index("served")
        served[uid] = [day[at] for day in told["daily"]]
        assert list(told["agents"]) == ([] if uid == "zoe" else [uid])
        assert told["total"][at] == 1
    assert served == {"ann": [0] * 6 + [1], "ben": [0] * 7, "zoe": [0] * 7}


async def test_only_a_supervisor_is_told_the_report(server: Server, wires: Wires) -> None:
    """Neither side of a chat is; nor anybody of other days than one or seven."""
    customer, agent, _ = await wires.pair(server)
    await customer.refused("report", "forbidden")
    await agent.refused("report", "forbidden")
    supervisor = await wires.enter(server, "supervisor", "sue")
    await supervisor.refused("report", "bad_frame", days=2)
