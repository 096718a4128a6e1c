"""Reading conversations. Protocol: Both, `history`."""

import pytest

from tests.server.wire import Frame, Wire, Wires
from tests.support import Server, serving


async def _page(wire: Wire, peer: str, **fields: object) -> tuple[list[int], bool]:
    reply = await wire.ask("history", **{"with": peer}, **fields)
    assert reply["type"] == "history"
    assert reply["with"] == peer
    return [message["seq"] for message in reply["messages"]], reply["more"]


async def _talk(customer: Wire, agent: str, count: int) -> list[Frame]:
    """Send so many messages and give their acks."""
    for n in range(count):
        await customer.send("message", id=f"{customer.uid}-{n}", to=agent, body=f"message {n}")
    return [await customer.get("ack") for _ in range(count)]


async def test_a_history_shows_messages_as_they_were_pushed(
    server: Server, wires: Wires
) -> None:
    """Each MESSAGE has the fields of its push; both sides read the same."""
    customer, agent, chat = await wires.pair(server)
    ack = await customer.say("ann", "Hello?", id="1")
    pushed = await agent.get("message")
    reply = await agent.ask("history", **{"with": "cai"})
    assert reply["messages"] == [{k: v for k, v in pushed.items() if k != "type"}]
    assert (reply["more"], reply["last_seq"]) == (False, 1)
    assert reply["messages"][0] == {
        "chat": chat["chat"], "seq": 1, "id": "1", "from": "cai", "to": "ann",
        "body": "Hello?", "at": ack["at"],
    }
    mine = await customer.ask("history", **{"with": "ann"})
    assert mine["messages"] == reply["messages"]


async def test_pages_go_either_way_oldest_first(server: Server, wires: Wires) -> None:
    """`after` and `before` are exclusive, neither is the newest, `more` is in that direction."""
    customer, _, _ = await wires.pair(server)
    await _talk(customer, "ann", 10)
    for fields, seqs, more in (
        ({}, range(1, 11), False),
        ({"limit": 3}, [8, 9, 10], True),
        ({"limit": 10}, range(1, 11), False),
        ({"after": 0, "limit": 4}, [1, 2, 3, 4], True),
        ({"after": 4, "limit": 6}, range(5, 11), False),
        ({"after": 4, "limit": 5}, range(5, 10), True),
        ({"after": 10}, [], False),
        ({"after": 9_007_199_254_740_992}, [], False),
        ({"before": 8, "limit": 3}, [5, 6, 7], True),
        ({"before": 4, "limit": 3}, [1, 2, 3], False),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
        ({"before": 9_007_199_254_740_992, "limit": 1}, [10], True),
    ):
        assert await _page(customer, "ann", **fields) == (list(seqs), more), fields


@pytest.mark.parametrize("limit", [0, 501, -1, 1.5, "5", True])
async def test_a_limit_is_1_to_500(server: Server, wires: Wires, limit: object) -> None:
    """Any other limit is a bad frame."""
    customer = await wires.enter(server, "customer", "cai")
    await customer.refused("history", "bad_frame", **{"with": "ann"}, limit=limit)
    assert await _page(customer, "ann", limit=500) == ([], False)


async def test_a_page_of_large_messages_is_cut_short_and_says_more(
    store_url: str, site: str, wires: Wires
) -> None:
    """The pages together are the whole conversation, whatever one page can hold."""
    async with serving(store_url, site, rate=1000) as server:
        customer, _, _ = await wires.pair(server)
        for n in range(60):
            assert (await customer.say("ann", f"{n:02d}" + "\x01" * 8000))["seq"] == n + 1
        seqs: list[int] = []
        more = True
        while more:
            page, more = await _page(customer, "ann", after=max(seqs, default=0), limit=500)
            seqs += page
        assert seqs == list(range(1, 61))


async def test_histories_outlive_chats_and_connections(server: Server, wires: Wires) -> None:
    """Both read their conversation after the close, also on a new connection."""
    customer, _, chat = await wires.pair(server)
    await _talk(customer, "ann", 2)
    await customer.ask("close", chat=chat["chat"])
    for role, uid, peer in (("customer", "cai", "ann"), ("agent", "ann", "cai")):
        assert await _page(await wires.enter(server, role, uid), peer) == ([1, 2], False)


async def test_an_agent_reads_the_past_of_a_customer_that_it_serves(
    server: Server, wires: Wires
) -> None:
    """`agent` names whose conversation; once the chat is closed, it is `forbidden` again."""
    customer, ann, chat = await wires.pair(server)
    await _talk(customer, "ann", 2)
    await customer.ask("close", chat=chat["chat"])
    await ann.ask("status", state="away")
    bob = await wires.enter(server, "agent", "bob")
    await bob.refused("history", "forbidden", **{"with": "cai"}, agent="ann")
    second = (await customer.ask("request"))["chat"]
    assert second["agent"] == "bob"
    assert await _page(bob, "cai", agent="ann") == ([1, 2], False)
    assert await _page(bob, "cai", agent="bob") == ([], False)
    assert await _page(bob, "cai", agent="nobody") == ([], False)
    await customer.ask("close", chat=second["chat"])
    await bob.refused("history", "forbidden", **{"with": "cai"}, agent="ann")


async def test_other_peoples_conversations_are_forbidden(server: Server, wires: Wires) -> None:
    """Customers name no agent; an agent not one for a customer that it does not serve."""
    customer, _, _ = await wires.pair(server)
    await _talk(customer, "ann", 1)
    bob = await wires.enter(server, "agent", "bob")
    cleo = await wires.enter(server, "customer", "cleo")
    await bob.refused("history", "forbidden", **{"with": "cai"}, agent="ann")
    await cleo.refused("history", "forbidden", **{"with": "cai"}, agent="ann")
    await customer.refused("history", "forbidden", **{"with": "ann"}, agent="bob")
    assert await _page(bob, "cai") == ([], False)
    assert await _page(cleo, "ann") == ([], False)
