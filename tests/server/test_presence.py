"""Online, away, lost and back. Protocol: Agent, Loss of a connection."""

from tests.server.wire import Wire, Wires, hears_nothing_before
from tests.support import Server, eventually, serving

GRACE_S = 0.3


def _lose(wire: Wire) -> None:
    """As a pulled cable does: no goodbye."""
    wire.socket.transport.abort()


async def _is_lost(server: Server, wires: Wires, uid: str) -> None:
    """Wait until the server knows that an agent's last connection is gone."""
    supervisor = await wires.enter(server, "supervisor", "watcher")
    await supervisor.send("watch")
    while True:
        agents = (await supervisor.get("snapshot"))["agents"]
        if [a["state"] for a in agents if a["uid"] == uid] in (["grace"], []):
            await supervisor.socket.close()
            return


async def test_an_agents_first_hello_makes_it_online(server: Server, wires: Wires) -> None:
    """It is given who waits at once; nobody need say `online`."""
    customer = await wires.enter(server, "customer", "cai")
    await customer.ask("request")
    agent = await wires.enter(server, "agent", "ann", capacity=2)
    assert (await customer.get("assigned"))["chat"]["agent"] == "ann"
    await agent.get("assigned")
    status = await agent.ask("status", state="online")
    assert {**status, "ref": ""} == {
        "type": "status", "uid": "ann", "state": "online", "load": 1, "capacity": 2, "ref": "",
        "by": "ann",
    }


async def test_the_capacity_is_the_servers_unless_the_token_says(
    store_url: str, site: str, wires: Wires
) -> None:
    """Of the server with capacity 7, an agent holds 7 or its own number."""
    async with serving(store_url, site, capacity=7) as server:
        ann = await wires.enter(server, "agent", "ann")
        bob = await wires.enter(server, "agent", "bob", capacity=1)
        assert (await ann.ask("status", state="online"))["capacity"] == 7
        assert (await bob.ask("status", state="online"))["capacity"] == 1


async def test_an_away_agent_keeps_its_chats_and_gets_no_new_one(
    server: Server, wires: Wires
) -> None:
    """The next customer waits until the agent is online again."""
    first, agent, chat = await wires.pair(server)
    away = await agent.ask("status", state="away")
    assert (away["state"], away["load"]) == ("away", 1)
    second = await wires.enter(server, "customer", "second")
    assert (await second.ask("request"))["type"] == "waiting"
    assert (await agent.say("cai", "still with you"))["chat"] == chat["chat"]
    await first.get("message")
    back = await agent.ask("status", state="online")
    assert back["state"] == "online"
    assert (await second.get("assigned"))["chat"]["agent"] == "ann"


async def test_the_agents_other_connections_hear_its_status(
    server: Server, wires: Wires
) -> None:
    """All screens of an agent show the same switch."""
    one = await wires.enter(server, "agent", "ann")
    other = await wires.enter(server, "agent", "ann")
    reply = await one.ask("status", state="away")
    assert await other.get("status") == {k: v for k, v in reply.items() if k != "ref"}


async def test_away_outlasts_a_short_loss_of_connection(server: Server, wires: Wires) -> None:
    """Only the first hello makes online; an agent that comes back is what it was."""
    agent = await wires.enter(server, "agent", "ann")
    await agent.ask("status", state="away")
    _lose(agent)
    await _is_lost(server, wires, "ann")
    back = await wires.enter(server, "agent", "ann")
    assert back.welcome["status"]["state"] == "away"


async def test_within_the_grace_nothing_changes_for_the_chats(
    server: Server, wires: Wires
) -> None:
    """A lost agent that comes back finds its chat; its customer heard nothing of it."""
    customer, agent, chat = await wires.pair(server)
    _lose(agent)
    await _is_lost(server, wires, "ann")
    assert (await customer.say("ann", "are you there?"))["type"] == "ack"
    back = await wires.enter(server, "agent", "ann")
    [found] = back.welcome["chats"]
    assert (found["chat"], found["state"], found["last_seq"]) == (chat["chat"], "active", 1)
    await hears_nothing_before(customer, lambda: back.send("typing", to="cai"), "typing")


async def test_an_agent_in_grace_gets_no_new_chat(server: Server, wires: Wires) -> None:
    """Who asks meanwhile waits, and is given to the agent when it is back."""
    agent = await wires.enter(server, "agent", "ann")
    _lose(agent)
    await _is_lost(server, wires, "ann")
    customer = await wires.enter(server, "customer", "cai")
    assert (await customer.ask("request"))["type"] == "waiting"
    await wires.enter(server, "agent", "ann")
    assert (await customer.get("assigned"))["chat"]["agent"] == "ann"


async def test_one_lost_connection_of_several_is_no_loss(
    store_url: str, site: str, wires: Wires
) -> None:
    """The grace begins with the last connection."""
    async with serving(store_url, site, grace_s=0) as server:
        customer, agent, _ = await wires.pair(server)
        second = await wires.enter(server, "agent", "ann")
        _lose(agent)
        services = server.node._services
        await eventually(lambda: services.metrics.connections == 2, "the server saw it go")
        await services.store.sweep()
        assert (await second.say("cai", "I am still here"))["type"] == "ack"
        assert (await customer.get("message"))["body"] == "I am still here"


async def test_after_the_grace_the_agents_customer_waits_first_in_the_queue(
    store_url: str, site: str, wires: Wires
) -> None:
    """The chat goes back with its old ticket, before those who asked since."""
    async with serving(store_url, site, grace_s=GRACE_S) as server:
        customer, agent, chat = await wires.pair(server)
        await agent.ask("status", state="away")
        later = await wires.enter(server, "customer", "later")
        assert (await later.ask("request"))["position"] == 1
        _lose(agent)
        waiting = await customer.get("waiting")
        assert (waiting["chat"]["chat"], waiting["position"]) == (chat["chat"], 1)
        assert (waiting["chat"]["agent"], waiting["chat"]["state"]) == (None, "waiting")
        assert (await later.get("waiting"))["position"] == 2
        await wires.enter(server, "agent", "bob", capacity=1)
        again = (await customer.get("assigned"))["chat"]
        assert (again["chat"], again["agent"]) == (chat["chat"], "bob")
        assert (await later.get("waiting"))["position"] == 1


async def test_after_the_grace_another_free_agent_gets_the_chat_at_once(
    store_url: str, site: str, wires: Wires
) -> None:
    """The customer is served without asking, and its lost agent is offline."""
    async with serving(store_url, site, grace_s=GRACE_S) as server:
        customer, agent, _ = await wires.pair(server)
        bob = await wires.enter(server, "agent", "bob")
        _lose(agent)
        assert (await customer.until("assigned"))["chat"]["agent"] == "bob"
        await bob.get("assigned")
        back = await wires.enter(server, "agent", "ann")
        assert back.welcome["chats"] == []


async def test_a_customer_that_comes_back_in_time_keeps_its_chat(
    server: Server, wires: Wires
) -> None:
    """Its welcome shows the chat, with what was written meanwhile."""
    customer, agent, chat = await wires.pair(server)
    _lose(customer)
    await agent.say("cai", "hold on")
    back = await wires.enter(server, "customer", "cai")
    [found] = back.welcome["chats"]
    assert (found["chat"], found["state"], found["last_seq"]) == (chat["chat"], "active", 1)
    assert (await back.say("ann", "back again"))["seq"] == 2


async def test_a_customer_lost_for_good_is_closed_as_disconnected(
    store_url: str, site: str, wires: Wires
) -> None:
    """The agent hears `closed` by `system` and has the slot free for who waits."""
    async with serving(store_url, site, grace_s=GRACE_S, capacity=1) as server:
        customer, agent, chat = await wires.pair(server)
        second = await wires.enter(server, "customer", "second")
        await second.ask("request")
        _lose(customer)
        closed = await agent.get("closed")
        assert (closed["by"], closed["reason"]) == ("system", "disconnected")
        assert (closed["chat"]["chat"], closed["chat"]["state"]) == (chat["chat"], "closed")
        assert (await agent.get("assigned"))["chat"]["customer"] == "second"
        assert (await second.get("assigned"))["chat"]["agent"] == "ann"
        assert (await wires.enter(server, "customer", "cai")).welcome["chats"] == []


async def test_a_waiting_customer_lost_for_good_leaves_the_queue(
    store_url: str, site: str, wires: Wires
) -> None:
    """Who waited behind it moves up."""
    async with serving(store_url, site, grace_s=GRACE_S) as server:
        first = await wires.enter(server, "customer", "first")
        second = await wires.enter(server, "customer", "second")
        await first.ask("request")
        assert (await second.ask("request"))["position"] == 2
        _lose(first)
        assert (await second.get("waiting"))["position"] == 1
        told = server.node._services.waiting.told
        await eventually(lambda: len(told) == 1, "the node forgot who is gone")
