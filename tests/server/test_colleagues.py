"""Whom an agent can give a chat to. Protocol: Agent, `colleagues`."""

import asyncio

from tests.server.wire import Wires
from tests.support import Server, eventually


async def test_staff_is_told_who_is_there(server: Server, wires: Wires) -> None:
    """Each agent with its name, desks and load, and the queues; customers are not told."""
    ann = await wires.enter(server, "agent", "ann", name="Ann")
    ben = await wires.enter(server, "agent", "ben", desks=["billing"], capacity=1)
    bob = await wires.enter(server, "customer", "bob")
    await bob.ask("request", desk="billing")
    await (await wires.enter(server, "customer", "cat")).ask("request", desk="billing")
    await ben.ask("status", state="away")
    supervisor = await wires.enter(server, "supervisor", "sue")
    for asker in (ann, ben, supervisor):
        told = await asker.ask("colleagues")
        assert told["type"] == "colleagues"
        assert told["desks"] == {"billing": 1, "default": 0}
        assert told["agents"] == [
            {"uid": "ann", "name": "Ann", "state": "online", "load": 0, "capacity": 3,
             "desks": ["default"]},
            {"uid": "ben", "name": "ben", "state": "away", "load": 1, "capacity": 1,
             "desks": ["billing"]},
        ]  # fmt: skip
    await bob.refused("colleagues", "forbidden")


async def test_who_is_there_is_read_once_for_all(server: Server, wires: Wires) -> None:
    """However many ask at once; and it is a second old at most."""
    agents = [await wires.enter(server, "agent", f"a{n}") for n in range(5)]
    told = await asyncio.gather(*(agent.ask("colleagues") for agent in agents))
    assert len({each["at"] for each in told}) == 1
    await agents[0].ask("status", state="away")

    async def is_told() -> bool:
        (first, *_) = (await agents[1].ask("colleagues")).get("agents") or [{"state": "limited"}]
        return bool(first["state"] == "away")

    await eventually(is_told, "the newer state", timeout=2.0)
