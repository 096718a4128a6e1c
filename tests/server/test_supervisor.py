"""What a supervisor may do to others' chats. Protocol: Supervisor."""

import pytest

from tests.server.wire import Wires
from tests.support import Server


async def test_a_supervisor_closes_any_chat(server: Server, wires: Wires) -> None:
    """Both sides hear by whom; the reason is `supervisor`, also of one that waits."""
    customer, agent, chat = await wires.pair(server)
    supervisor = await wires.enter(server, "supervisor", "sue")
    reply = await supervisor.ask("close", chat=chat["chat"])
    assert (reply["type"], reply["by"], reply["reason"]) == ("closed", "sue", "supervisor")
    pushed = {k: v for k, v in reply.items() if k != "ref"}
    for wire in (customer, agent):
        assert await wire.get("closed") == pushed
    await agent.ask("status", state="away")
    waiting = (await customer.ask("request"))["chat"]
    reply = await supervisor.ask("close", chat=waiting["chat"])
    assert (reply["reason"], reply["chat"]["agent"]) == ("supervisor", None)
    assert (await customer.get("closed"))["by"] == "sue"
    assert (await supervisor.ask("close", chat=waiting["chat"]))["chat"] == reply["chat"]
    await supervisor.refused("close", "not_found", chat="99")


async def test_a_supervisor_transfers_any_chat(server: Server, wires: Wires) -> None:
    """Also one that waits, which had no agent before."""
    customer, ann, chat = await wires.pair(server)
    bob = await wires.enter(server, "agent", "bob", desks=["billing"])
    supervisor = await wires.enter(server, "supervisor", "sue")
    reply = await supervisor.ask("transfer", chat=chat["chat"], to="bob")
    assert (reply["from"], reply["by"], reply["chat"]["agent"]) == ("ann", "sue", "bob")
    for wire in (customer, ann, bob):
        assert (await wire.get("transferred"))["chat"] == reply["chat"]
    cleo = await wires.enter(server, "customer", "cleo")
    waiting = (await cleo.ask("request", desk="night"))["chat"]
    reply = await supervisor.ask("transfer", chat=waiting["chat"], desk="billing")
    assert (reply["from"], reply["chat"]["agent"], reply["chat"]["desk"]) == (
        None, "bob", "billing",
    )
    assert (await cleo.get("transferred"))["from"] is None
    await supervisor.refused("transfer", "conflict", chat=waiting["chat"], to="bob")


async def test_a_supervisor_sets_an_agent_away(server: Server, wires: Wires) -> None:
    """The agent hears it on all its connections; who waits gets the slot when it is online."""
    ann, ann2 = [await wires.enter(server, "agent", "ann", capacity=2) for _ in range(2)]
    supervisor = await wires.enter(server, "supervisor", "sue")
    reply = await supervisor.ask("status", uid="ann", state="away")
    status = {
        "type": "status", "uid": "ann", "state": "away", "load": 0, "capacity": 2, "by": "sue",
    }
    assert {k: v for k, v in reply.items() if k != "ref"} == status
    for wire in (ann, ann2):
        assert await wire.get("status") == status
    customer = await wires.enter(server, "customer", "cai")
    assert (await customer.ask("request"))["type"] == "waiting"
    reply = await supervisor.ask("status", uid="ann", state="online")
    assert (reply["state"], reply["load"]) == ("online", 1)
    assert (await customer.get("assigned"))["chat"]["agent"] == "ann"


async def test_whose_status_may_be_set(server: Server, wires: Wires) -> None:
    """A supervisor has none, names one that is here; an agent none but itself."""
    ann = await wires.enter(server, "agent", "ann")
    customer = await wires.enter(server, "customer", "cai")
    supervisor = await wires.enter(server, "supervisor", "sue")
    await supervisor.refused("status", "bad_frame", state="away")
    for uid in ("nobody", "cai", "sue"):
        await supervisor.refused("status", "not_found", uid=uid, state="away")
    await ann.refused("status", "forbidden", uid="bob", state="away")
    assert (await ann.ask("status", uid="ann", state="away"))["state"] == "away"
    await customer.refused("status", "forbidden", uid="ann", state="online")


async def test_a_supervisor_reads_what_any_two_said(server: Server, wires: Wires) -> None:
    """In either order, with the same pages as theirs; the reply says between whom."""
    customer, ann, chat = await wires.pair(server)
    supervisor = await wires.enter(server, "supervisor", "sue")
    for n in range(3):
        await customer.say("ann", f"number {n}")
    await ann.ask("close", chat=chat["chat"])
    theirs = await customer.ask("history", **{"with": "ann"}, limit=2)
    for between in (["cai", "ann"], ["ann", "cai"]):
        page = await supervisor.ask("history", between=between, limit=2)
        assert (page["between"], page["with"]) == (between, between[1])
        assert (page["messages"], page["more"], page["last_seq"]) == (
            theirs["messages"], True, 3,
        )
    assert "between" not in theirs
    page = await supervisor.ask("history", between=["cai", "nobody"])
    assert (page["messages"], page["last_seq"]) == ([], 0)


@pytest.mark.parametrize("role", ["customer", "agent"])
async def test_nobody_else_reads_between_others(server: Server, wires: Wires, role: str) -> None:
    """Not even between itself and another; and a supervisor has no `with`."""
    await wires.pair(server)
    wire = await wires.enter(server, role, "eve")
    await wire.refused("history", "forbidden", between=["cai", "ann"])
    await wire.refused("history", "forbidden", between=["eve", "ann"])
    supervisor = await wires.enter(server, "supervisor", "sue")
    await supervisor.refused("history", "forbidden", **{"with": "ann"})
    await supervisor.refused("history", "forbidden", **{"with": "ann"}, agent="cai")
    await supervisor.refused("history", "bad_frame", between=["ann"])
    await supervisor.refused("history", "bad_frame", between=["ann", "cai"], **{"with": "ann"})
