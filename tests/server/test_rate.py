"""A customer says how a chat was. Protocol: Customer, `rate`."""

from tests.server.wire import Wires, hears_nothing_before
from tests.support import Server


async def test_a_closed_chat_is_rated_once(server: Server, wires: Wires) -> None:
    """The reply has the ref, the customer's other connections get the same push, nobody else."""
    customer, agent, chat = await wires.pair(server)
    other = await wires.enter(server, "customer", "cai")
    id = chat["chat"]
    await customer.ask("close", chat=id)
    await agent.get("closed")
    await other.get("closed")
    reply = await customer.ask("rate", chat=id, score=4, comment="Quick, 谢谢")
    assert set(reply) == {"type", "chat", "ref"}
    assert (reply["type"], reply["chat"]["chat"], reply["chat"]["score"]) == ("rated", id, 4)
    assert await other.get("rated") == {"type": "rated", "chat": reply["chat"]}
    await hears_nothing_before(agent, lambda: customer.send("request"), "assigned")
    await customer.refused("rate", "conflict", chat=id, score=5)
    again = await other.ask("rate", chat=id, score=4, comment="Quick, 谢谢")
    assert again["chat"] == reply["chat"]


async def test_what_cannot_be_rated(server: Server, wires: Wires) -> None:
    """An open chat, one that nobody served, another's, one that never was; by nobody else."""
    customer, agent, chat = await wires.pair(server)
    await customer.refused("rate", "conflict", chat=chat["chat"], score=5)
    waiting = (await (await wires.enter(server, "customer", "cleo")).ask("request", desk="x"))
    cleo = await wires.enter(server, "customer", "cleo")
    await cleo.ask("close", chat=waiting["chat"]["chat"])
    await cleo.refused("rate", "conflict", chat=waiting["chat"]["chat"], score=5)
    await customer.ask("close", chat=chat["chat"])
    await cleo.refused("rate", "forbidden", chat=chat["chat"], score=5)
    await cleo.refused("rate", "not_found", chat="99", score=5)
    await agent.refused("rate", "forbidden", chat=chat["chat"], score=5)
    supervisor = await wires.enter(server, "supervisor", "sue")
    await supervisor.refused("rate", "forbidden", chat=chat["chat"], score=5)


async def test_scores_and_comments_have_limits(server: Server, wires: Wires) -> None:
    """1 to 5, and 2,048 bytes."""
    customer, _, chat = await wires.pair(server)
    id = chat["chat"]
    await customer.ask("close", chat=id)
    for score in (0, 6, 4.5, "5", None):
        await customer.refused("rate", "bad_frame", chat=id, score=score)
    await customer.refused("rate", "too_large", chat=id, score=5, comment="ü" * 1_025)
    assert (await customer.ask("rate", chat=id, score=5, comment="ü" * 1_024))["type"] == "rated"
