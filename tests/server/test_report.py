"""The last days by agent as a supervisor is told them. Protocol: Supervisor, `report`."""

from imchat.analytics.report.measures import MEASURES
from tests.server.wire import Frame, Wires
from tests.support import Server

DAY_MS = 86_400_000


def value(frame: Frame, values: list[float | None], name: str) -> float | None:
    """The value of a measure."""
    place: int = frame["measures"].index(name)
    return values[place]


def over_days(frame: Frame, days: list[list[float | None]], name: str) -> float:
    """A count, added up."""
    return sum(value(frame, values, name) or 0 for values in days)


async def test_a_supervisor_is_told_the_last_days(server: Server, wires: Wires) -> None:
    """Today is the last; what just happened is in it, and who is online now."""
    customer, agent, _ = await wires.pair(server)
    await customer.say("ann", "hello")
    await agent.get("message")
    await agent.say("cai", "hello")
    supervisor = await wires.enter(server, "supervisor", "sue")
    frame = await supervisor.ask("report", days=3)
    assert set(frame) == {
        "type", "at", "days", "measures", "total", "by_day", "agents", "ref",
    }  # fmt: skip
    assert frame["type"] == "report"
    assert frame["measures"] == [measure.name for measure in MEASURES]
    today = frame["at"] // DAY_MS * DAY_MS
    assert frame["days"] == [today - 2 * DAY_MS, today - DAY_MS, today]
    [ann] = frame["agents"]
    assert ann["uid"] == "ann"
    assert [len(ann["by_day"]), len(frame["by_day"])] == [3, 3]
    assert value(frame, frame["total"], "offered") == 1
    assert over_days(frame, frame["by_day"], "offered") == 1
    assert value(frame, ann["total"], "served") == over_days(frame, ann["by_day"], "served") == 1
    assert over_days(frame, ann["by_day"], "online_s") > 0
    assert value(frame, ann["total"], "offered") is None
    assert value(frame, ann["by_day"][0], "served") is None


async def test_a_week_is_told_unless_another_time_is_asked_for(
    server: Server, wires: Wires
) -> None:
    """Also of a site on which nothing happened."""
    supervisor = await wires.enter(server, "supervisor", "sue")
    frame = await supervisor.ask("report")
    assert (len(frame["days"]), frame["agents"]) == (7, [])
    for days in (0, 32, "7"):
        await supervisor.refused("report", "bad_frame", days=days)


async def test_only_a_supervisor_is_told(server: Server, wires: Wires) -> None:
    """Neither side of a chat is."""
    customer, agent, _ = await wires.pair(server)
    await customer.refused("report", "forbidden")
    await agent.refused("report", "forbidden")


async def test_a_client_asks_for_it(server: Server) -> None:
    """By a method of its own."""
    async with server.client("supervisor", "sue") as sue:
        report = await sue.report(days=2)
    assert len(report.days) == 2
