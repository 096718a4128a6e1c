"""The past hour as a supervisor is told it. Protocol: Supervisor, `trends`."""

from tests.server.wire import Frame, Wires
from tests.support import Server, eventually, serving


async def test_a_supervisor_is_told_the_last_hour(
    store_url: str, site: str, wires: Wires
) -> None:
    """In steps that add up to what happened; the node counts by itself."""
    async with serving(store_url, site, rate=1_000) as server:
        customer, _, _ = await wires.pair(server)
        supervisor = await wires.enter(server, "supervisor", "sue")

        async def told() -> Frame:
            frame = await supervisor.ask("trends")
            served = frame["desks"].get("default", {}).get("served", [])
            return frame if sum(served) == 1 else {}

        frame = await eventually(told, "the node counts what happened")
    assert set(frame) == {"type", "at", "step_s", "desks", "ref"}
    assert (frame["type"], frame["step_s"]) == ("trends", 10)
    assert frame["at"] >= customer.welcome["at"]
    desk = frame["desks"]["default"]
    assert set(desk) == {"waiting", "arrived", "served", "today"}
    assert [len(desk[name]) for name in ("waiting", "arrived", "served")] == [360] * 3
    assert sum(desk["arrived"]) == 1
    assert max(desk["waiting"]) == 0
    assert desk["today"]["offered"] == desk["today"]["served"] == 1


async def test_only_a_supervisor_is_told(server: Server, wires: Wires) -> None:
    """Neither side of a chat is."""
    customer, agent, _ = await wires.pair(server)
    await customer.refused("trends", "forbidden")
    await agent.refused("trends", "forbidden")
