"""How customers come to agents: the algorithm of the protocol, one rule after the other.

The tier of an agent is the number of chats that it holds. A bucket holds the online
agents of one tier that have a free slot, in the order in which they came to it. A
test says `{0: ["c"], 1: ["a", "b"]}` for: c holds no chat, a and b hold one each, and
a came to the tier before b. Agents take 3 chats each unless it says otherwise.
"""

import pytest

from imchat.errors import Forbidden, NotFound, QueueFull, Unavailable
from imchat.store import facts
from imchat.store.store import Rules, Store
from tests.store.people import People, picked

# --- whom a request is given to -----------------------------------------------


async def test_a_request_goes_to_the_lowest_tier(people: People) -> None:
    """An agent with no chat comes before all who have one, and moves to the next bucket's end."""
    await people.agent("a", chats=1)
    await people.agent("b", chats=1)
    await people.agent("c")
    assert await people.buckets() == {0: ["c"], 1: ["a", "b"]}

    given = await people.asks("dora")

    assert isinstance(given, facts.Assigned)
    assert given.chat.agent == "c"
    assert await people.buckets() == {1: ["a", "b", "c"]}
    assert await people.tier() == 1


@pytest.mark.parametrize("customer", ["anna", "bert", "carl", "dora", "emil", "fred", "gina"])
async def test_within_a_tier_the_customers_uid_decides(people: People, customer: str) -> None:
    """Of equals it is the agent at sha1(uid) modulo their number: stable, even, and known."""
    bucket = ["a", "b", "c", "d", "e"]
    for uid in bucket:
        await people.agent(uid)

    given = await people.asks(customer)

    assert given.chat.agent == picked(customer, bucket)
    assert given.chat.agent is not None
    bucket.remove(given.chat.agent)
    assert await people.buckets() == {0: bucket, 1: [given.chat.agent]}


def test_the_pick_is_what_other_programs_compute() -> None:
    """The hash is fixed for good: the first eight hex digits of the uid's SHA-1."""
    assert picked("alice", ["0", "1", "2", "3", "4", "5", "6"]) == str(0x522B276A % 7)


async def test_an_agent_at_its_capacity_is_in_no_bucket(people: People) -> None:
    """The last free slot takes the agent out of the buckets; the next customer waits."""
    await people.agent("a", capacity=2, chats=1)
    assert await people.buckets() == {1: ["a"]}

    await people.asks("bert")
    assert await people.buckets() == {}
    assert isinstance(await people.asks("carl"), facts.Queued)


async def test_who_asks_again_gets_the_chat_it_has(people: People) -> None:
    """Asking twice takes no second agent and no second ticket."""
    await people.agent("a", capacity=1)
    first = await people.asks("bert")
    assert (await people.request("bert")).chat == first.chat

    waiting = await people.asks("carl")
    assert (await people.request("carl", desk="other")).chat == waiting.chat
    assert await people.queue() == ["carl"]
    assert await people.queue("other") == []


# --- what happens when a slot frees -------------------------------------------


async def test_a_freed_slot_above_the_current_tier_leaves_it_alone(people: People) -> None:
    """Two agents in tier 1 and a full one in tier 3, which frees a slot: still tier 1."""
    await people.agent("full", chats=3)
    await people.agent("a", chats=1)
    await people.agent("b", chats=1)
    assert await people.buckets() == {1: ["a", "b"]}

    await people.close("full")

    assert await people.buckets() == {1: ["a", "b"], 2: ["full"]}
    assert await people.tier() == 1


async def test_a_freed_slot_below_the_current_tier_lowers_it(people: People) -> None:
    """Three agents in tier 2, one frees a slot: the current tier is 1."""
    for uid in "abc":
        await people.agent(uid, chats=2)
    assert await people.buckets() == {2: ["a", "b", "c"]}

    await people.close("b")

    assert await people.buckets() == {1: ["b"], 2: ["a", "c"]}
    assert await people.tier() == 1


async def test_who_frees_a_slot_goes_to_the_end_of_the_bucket_below(people: People) -> None:
    """Arrival in a tier counts from the moment of coming to it, from above as from below."""
    await people.agent("a", chats=2)
    await people.agent("b", chats=1)
    await people.agent("c", chats=1)
    await people.close("a")
    assert await people.buckets() == {1: ["b", "c", "a"]}


async def test_the_first_in_the_queue_gets_a_freed_slot_at_once(people: People) -> None:
    """All full: customers wait; a slot frees and the first has it within the same step."""
    await people.agent("a", capacity=1, chats=1)
    await people.agent("b", capacity=1, chats=1)
    for customer in ("first", "second"):
        assert isinstance(await people.asks(customer), facts.Queued)

    await people.close("b")

    assert await people.customers("b") == ["first"]
    assert await people.queue() == ["second"]
    assert await people.buckets() == {}


async def test_tickets_are_served_in_order(people: People) -> None:
    """First come, first served, whoever of the agents it is that frees a slot."""
    for uid in "ab":
        await people.agent(uid, capacity=1, chats=1)
    queue = ["zoe", "yan", "xia", "wim"]
    for customer in queue:
        await people.asks(customer)

    for n, agent in enumerate("abba"):
        assert await people.queue() == queue[n:]
        await people.close(agent)
        assert await people.customers(agent) == [queue[n]]


async def test_a_position_is_the_place_in_the_queue(people: People) -> None:
    """Positions count from 1, and who leaves the queue lets those behind move up."""
    waiting = [await people.asks(customer) for customer in ("anna", "bert", "carl")]
    assert [given.chat.position for given in waiting] == [1, 2, 3]

    closed = await people.close("anna")

    assert (closed.chat.reason, closed.chat.by) == ("left_queue", "anna")
    standing = await people.store.positions([given.chat.id for given in waiting])
    assert [(s.chat.customer, s.chat.position) for s in standing] == [("bert", 1), ("carl", 2)]


async def test_a_full_queue_refuses_and_takes_nothing(store_url: str, site: str) -> None:
    """At its limit a queue takes nobody, and who was refused stands nowhere."""
    async with Store(store_url, site=site, rules=Rules(max_queue=1)) as store:
        people = People(store)
        await people.join()
        await people.asks("anna")
        with pytest.raises(QueueFull):
            await people.asks("bert")
        assert await people.queue() == ["anna"]
        assert await people.redis.exists(people.key("open:bert")) == 0
        assert isinstance(await people.asks("carl", desk="other"), facts.Queued)


# --- agents who come, pause and change ----------------------------------------


async def test_who_comes_online_takes_who_waits(people: People) -> None:
    """An agent's first hello makes it online, and as many as it can take are given to it."""
    for customer in ("anna", "bert", "carl"):
        await people.asks(customer)
    await people.agent("a", capacity=2)
    assert await people.customers("a") == ["anna", "bert"]
    assert await people.queue() == ["carl"]


async def test_an_away_agent_keeps_its_chats_and_gets_no_new_one(people: People) -> None:
    """Away means no new chats; back online it stands at its bucket's end and is given work."""
    await people.agent("a", chats=1)
    await people.agent("b", capacity=1, chats=1)

    status = await people.status("a", "away")
    assert (status.state, status.load, status.capacity) == ("away", 1, 3)
    assert await people.buckets() == {}
    assert isinstance(await people.asks("anna"), facts.Queued)

    await people.status("a", "online")
    assert await people.customers("a") == ["guest-1", "anna"]
    assert await people.queue() == []


async def test_a_slot_that_an_away_agent_frees_is_given_to_nobody(people: People) -> None:
    """A closed chat lowers its load; it is still away."""
    await people.agent("a", chats=1)
    await people.status("a", "away")
    await people.asks("anna")
    await people.close("a")
    assert await people.queue() == ["anna"]
    assert await people.buckets() == {}


async def test_more_capacity_is_a_slot_that_frees(people: People) -> None:
    """A later hello may raise an agent's capacity: who waits gets the new slot at once."""
    await people.agent("a", capacity=1, chats=1)
    await people.asks("anna")
    await people.connect("a", "agent", connection="second", capacity=2)
    assert await people.customers("a") == ["guest-1", "anna"]


async def test_less_capacity_takes_no_chat_away(people: People) -> None:
    """An agent's capacity never falls below what it holds."""
    await people.agent("a", chats=3)
    await people.connect("a", "agent", connection="second", capacity=1)
    assert len(await people.customers("a")) == 3
    assert (await people.status("a", "online")).capacity == 3
    assert await people.buckets() == {}


async def test_a_second_connection_keeps_the_agents_place(people: People) -> None:
    """Only a change of desks or capacity moves an agent to its bucket's end."""
    for uid in "abc":
        await people.agent(uid)
    await people.connect("a", "agent", connection="phone")
    assert await people.buckets() == {0: ["a", "b", "c"]}
    await people.connect("a", "agent", connection="phone", capacity=4)
    assert await people.buckets() == {0: ["b", "c", "a"]}


# --- desks --------------------------------------------------------------------


async def test_a_desk_has_its_own_agents_and_queue(people: People) -> None:
    """A customer waits for the agents of the desk it asked, though others are free."""
    await people.agent("a", desks=["sales"])
    assert isinstance(await people.asks("anna", desk="returns"), facts.Queued)
    await people.agent("b", desks=["returns"])
    assert await people.customers("b") == ["anna"]


async def test_an_agent_of_two_desks_stands_in_the_buckets_of_both(people: People) -> None:
    """Its tier is the number of all its chats, whichever desk they came from."""
    await people.agent("a", desks=["sales", "returns"])
    await people.asks("anna", desk="returns")
    assert await people.buckets("sales") == {1: ["a"]}
    assert await people.buckets("returns") == {1: ["a"]}


async def test_the_lowest_ticket_of_all_its_desks_is_served_first(people: People) -> None:
    """An agent of two desks takes who has waited longest, not the desk named first."""
    await people.agent("a", desks=["sales", "returns"], capacity=1, chats=1)
    await people.asks("anna", desk="returns")
    await people.asks("bert", desk="sales")
    await people.close("a")
    assert await people.customers("a") == ["anna"]


async def test_an_agent_that_changes_desks_leaves_the_old_ones(people: People) -> None:
    """A later hello brings the newest desks; the buckets of the others forget the agent."""
    await people.agent("a", desks=["sales", "returns"])
    await people.connect("a", "agent", connection="phone", desks=["returns", "billing"])
    assert await people.buckets("sales") == {}
    assert await people.buckets("returns") == {0: ["a"]}
    assert await people.buckets("billing") == {0: ["a"]}


# --- a connection is lost -----------------------------------------------------


async def test_who_comes_back_in_time_finds_its_chats(people: People) -> None:
    """Within the grace nothing changes for the chats of a uid, and nobody new is given to it."""
    await people.agent("a", chats=1)
    await people.disconnect("a")
    assert await people.buckets() == {}
    assert isinstance(await people.asks("anna"), facts.Queued)
    await people.pass_time(29)

    present = await people.connect("a", "agent")

    assert [chat.customer for chat in present.chats] == ["guest-1", "anna"]
    assert await people.buckets() == {2: ["a"]}


async def test_a_uid_is_lost_with_its_last_connection_only(people: People) -> None:
    """One of two connections may go."""
    await people.agent("a")
    await people.connect("a", "agent", connection="phone")
    await people.disconnect("a")
    assert await people.buckets() == {0: ["a"]}
    await people.disconnect("a", connection="phone")
    assert await people.buckets() == {}


async def test_the_chats_of_a_lost_agent_are_served_first(people: People) -> None:
    """After the grace they go back to the queue with their old tickets, before all newcomers."""
    await people.agent("a", chats=2)
    await people.disconnect("a")
    for customer in ("anna", "bert"):
        await people.asks(customer)
    assert await people.queue() == ["anna", "bert"]

    await people.pass_time(30)

    assert await people.queue() == ["guest-1", "guest-2", "anna", "bert"]
    await people.agent("b", capacity=3)
    assert await people.customers("b") == ["guest-1", "guest-2", "anna"]
    assert await people.queue() == ["bert"]


async def test_the_chats_of_a_lost_agent_go_to_free_agents_at_once(people: People) -> None:
    """If somebody else of the desk has a free slot, nobody waits at all."""
    await people.agent("a", chats=2)
    await people.agent("b", capacity=1)
    await people.disconnect("a")
    await people.pass_time(30)
    assert await people.customers("b") == ["guest-1"]
    assert await people.queue() == ["guest-2"]


async def test_a_lost_agent_is_offline(people: People) -> None:
    """It may not say how it stands until it connects again, and then it is online anew."""
    await people.agent("a")
    await people.status("a", "away")
    await people.disconnect("a")
    await people.pass_time(30)
    with pytest.raises(Unavailable):
        await people.status("a", "online")
    await people.agent("a")
    assert await people.buckets() == {0: ["a"]}


async def test_a_lost_customers_chat_is_closed(people: People) -> None:
    """After the grace the slot is free for who waits, and the reason is on the record."""
    await people.agent("a", capacity=1)
    chat = await people.assigned("anna")
    await people.asks("bert")
    await people.disconnect("anna")
    await people.pass_time(29)
    assert await people.customers("a") == ["anna"]

    await people.pass_time(1)

    assert await people.customers("a") == ["bert"]
    record = await people.chat(chat.id)
    assert (record["state"], record["by"], record["reason"]) == ("closed", "system", "disconnected")


async def test_a_lost_customer_leaves_the_queue(people: People) -> None:
    """Who waits and does not come back makes room for those behind."""
    for customer in ("anna", "bert"):
        await people.asks(customer)
    await people.disconnect("anna")
    await people.pass_time(30)
    assert await people.queue() == ["bert"]


async def test_a_dead_node_loses_its_connections(people: People) -> None:
    """A node that stops renewing its lease is swept by any other, as if all had hung up."""
    await people.join("node-2")
    await people.connect("a", "agent", node="node-2")
    await people.asks("anna")
    await people.pass_time(10)
    assert await people.customers("a") == ["anna"]
    assert await people.buckets() == {}, "in grace"
    await people.pass_time(30)
    assert await people.queue() == ["anna"]


# --- closing ------------------------------------------------------------------


async def test_only_the_two_parties_close_a_chat(people: People) -> None:
    """Nobody else may, and a waiting customer's chat has one party."""
    await people.agent("a", capacity=1)
    await people.agent("b")
    chat = await people.assigned("anna")
    other = "a" if chat.agent == "b" else "b"
    await people.connect("carl", "customer")
    with pytest.raises(Forbidden):
        await people.close(other, chat=chat.id)
    with pytest.raises(Forbidden):
        await people.close("carl", chat=chat.id)
    with pytest.raises(NotFound):
        await people.close("a", chat="999")


@pytest.mark.parametrize(("who", "reason"), [("anna", "customer"), ("a", "agent")])
async def test_a_closed_chat_says_by_whom(people: People, who: str, reason: str) -> None:
    """Both parties hear it; closing again changes nothing and tells how it was."""
    await people.agent("a")
    chat = await people.assigned("anna")
    closed = await people.close(who)
    assert (closed.chat.by, closed.chat.reason) == (who, reason)
    again = await people.close(who, chat=chat.id)
    assert again == closed
    assert await people.buckets() == {0: ["a"]}
