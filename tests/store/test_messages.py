"""Conversations: stored once, numbered densely, told to who should hear, counted for reports."""

import json
from typing import Literal

import pytest

from imchat.errors import NotFound
from imchat.ids import Uid
from imchat.store import facts
from imchat.store.store import Rules, Store
from tests.store.people import NODE, People

DAY_S = 86_400
SLACK_S = 60


@pytest.fixture
async def chat(people: People) -> facts.Chat:
    """Ann serves bob."""
    await people.agent("ann")
    return await people.assigned("bob")


def bodies(told: list[facts.Told]) -> list[str]:
    """What the messages among these facts say."""
    return [json.loads(fact.message)["body"] for fact in told if isinstance(fact, facts.Posted)]


# --- storing -------------------------------------------------------------------------------


async def test_seqs_are_dense_whoever_writes(people: People, chat: facts.Chat) -> None:
    """The messages of both sides are numbered from 1 in one row, and acked with chat and time."""
    acks = [
        await people.say("bob", "ann", "customer"),
        await people.say("ann", "bob", "agent"),
        await people.say("bob", "ann", "customer"),
    ]
    assert [ack.seq for ack in acks] == [1, 2, 3]
    assert {(ack.chat, ack.at) for ack in acks} == {(chat.id, people.now)}


async def test_seqs_go_on_in_the_next_chat(people: People, chat: facts.Chat) -> None:
    """A conversation is a pair of uids, not a chat."""
    await people.say("bob", "ann", "customer")
    await people.close("bob")
    again = await people.assigned("bob")
    assert again.last_seq == 1
    ack = await people.say("ann", "bob", "agent")
    assert (ack.seq, ack.chat) == (2, again.id)


async def test_a_message_is_stored_as_it_was_sent(people: People, chat: facts.Chat) -> None:
    """Quotes, controls and any script survive; the store adds only what it knows."""
    body = '"}\\ %s %d \x00 \u2028 你好 👩‍👩‍👧'
    await people.say("bob", "ann", "customer", id='i"d%s', body=body)
    page = await people.store.history(Uid("bob"), role="customer", peer=Uid("ann"))
    assert json.loads(page.messages[0]) == {
        "v": 1, "chat": chat.id, "seq": 1, "at": people.now, "from": "bob", "to": "ann",
        "id": 'i"d%s', "body": body,
    }  # fmt: skip


async def test_there_is_one_copy_whoever_of_the_two_asks(people: People) -> None:
    """The key's uids are sorted by their bytes, whatever the locale of the store sorts by."""
    await people.agent("a-b")
    await people.assigned("a.B")
    await people.assigned("Zed")
    for customer in ("a.B", "Zed"):
        await people.say(customer, "a-b", "customer")
        await people.say("a-b", customer, "agent")
    keys = [key.decode() async for key in people.redis.scan_iter(people.key("history:*"))]
    assert sorted(keys) == [people.key("history:Zed:a-b"), people.key("history:a-b:a.B")]


async def test_the_same_id_is_stored_once(people: People, chat: facts.Chat) -> None:
    """A repeat is acked with what the first was, told to nobody and counted nowhere."""
    first = await people.say("bob", "ann", "customer", id="x", body="first")
    heard = await people.heard("ann")
    record = await people.chat(chat.id)
    people.now += 1000

    assert await people.say("bob", "ann", "customer", id="x", body="second") == first

    assert await people.heard("ann") == heard
    assert await people.chat(chat.id) == record
    assert (await people.store.site()).totals.messages == 1


async def test_a_repeat_within_a_batch_is_stored_once(people: People, chat: facts.Chat) -> None:
    """A client that came back may have its message twice in what a node gathers."""
    twice = [people.message("bob", "ann", "customer", id="x")] * 2
    first, second = await people.store.post(twice)
    assert first == second
    assert (await people.store.site()).totals.messages == 1


async def test_a_repeat_is_acked_after_the_chat_was_closed(
    people: People, chat: facts.Chat
) -> None:
    """The message was stored; that its ack was lost must not look like a refusal."""
    first = await people.say("bob", "ann", "customer", id="x")
    await people.close("ann")
    assert await people.say("bob", "ann", "customer", id="x") == first
    assert (await people.say("bob", "ann", "customer", id="y")).refused == "not_found"


async def test_an_id_is_its_senders_and_its_conversations(people: People, chat: facts.Chat) -> None:
    """The other side, and the same customer with another agent, may use the same id."""
    await people.say("bob", "ann", "customer", id="x")
    assert (await people.say("ann", "bob", "agent", id="x")).seq == 2
    await people.status("ann", "away")
    await people.close("bob")
    await people.agent("cyd")
    await people.assigned("bob")
    assert (await people.say("bob", "cyd", "customer", id="x")).seq == 1


async def test_a_refused_message_harms_no_other_of_its_batch(
    people: People, chat: facts.Chat
) -> None:
    """Results come in order, one for each."""
    results = await people.store.post(
        [
            people.message("bob", "ann", "customer"),
            people.message("eve", "ann", "customer"),
            people.message("ann", "bob", "agent"),
        ]
    )
    assert [(r.refused, r.seq) for r in results] == [(None, 1), ("not_found", 0), (None, 2)]
    assert "ann" in results[1].message


async def test_a_batch_is_as_good_as_its_messages_one_by_one(
    people: People, chat: facts.Chat
) -> None:
    """Both sides, two conversations and a repeat: seqs, counts and what is heard, in order."""
    people.now += 1000
    await people.agent("cyd")
    await people.assigned("eve")
    people.now += 500
    batch = [
        people.message("bob", "ann", "customer", id="a"),
        people.message("ann", "bob", "agent", id="b"),
        people.message("eve", "cyd", "customer", id="c"),
        people.message("bob", "ann", "customer", id="a"),
        people.message("bob", "ann", "customer", id="d"),
        people.message("ann", "bob", "agent", id="e"),
        people.message("ann", "bob", "agent", id="f"),
    ]
    told = await people.redis.xlen(people.key(f"inbox:{NODE}"))
    results = await people.store.post(batch)
    assert [r.seq for r in results] == [1, 2, 1, 1, 3, 4, 5]
    assert {(r.at, r.refused) for r in results} == {(people.now, None)}
    record = await people.chat(chat.id)
    counted = ("messages_customer", "messages_agent", "responses", "response_ms", "pending_at")
    assert [record[name] for name in counted] == ["2", "3", "2", "0", ""]
    assert (await people.store.site()).totals.messages == 6
    heard = [f for f in await people.heard("ann") if isinstance(f, facts.Posted)]
    assert [json.loads(f.message)["id"] for f in heard] == ["a", "d"]
    assert await people.redis.xlen(people.key(f"inbox:{NODE}")) == told + 1


@pytest.mark.parametrize(
    ("sender", "to", "role"),
    [
        ("bob", "cyd", "customer"),
        ("cyd", "bob", "agent"),
        ("bob", "bob", "customer"),
        ("ann", "bob", "customer"),
        ("bob", "ann", "agent"),
        ("will", "ann", "customer"),
        ("ann", "nobody", "agent"),
    ],
)
async def test_only_the_two_of_an_open_chat_write_to_each_other(
    people: People, chat: facts.Chat, sender: str, to: str, role: Literal["customer", "agent"]
) -> None:
    """Neither a stranger, nor who waits, nor a side taken wrongly."""
    await people.connect("cyd", "agent", desks=["other"])
    await people.asks("will", desk="nobody-is-here")
    assert (await people.say(sender, to, role)).refused == "not_found"
    with pytest.raises(NotFound):
        await people.store.typing(Uid(sender), to=Uid(to), role=role)
    with pytest.raises(NotFound):
        await people.store.read(Uid(sender), to=Uid(to), role=role, seq=1, connection="x")


# --- telling -------------------------------------------------------------------------------


async def test_the_other_hears_and_the_senders_other_connections(
    people: People, chat: facts.Chat
) -> None:
    """The connection that sent it has the ack and hears no echo."""
    await people.connect("bob", "customer", connection="phone")
    await people.say("bob", "ann", "customer", body="hi")
    assert bodies(await people.heard("ann")) == ["hi"]
    assert bodies(await people.heard("bob", connection="phone")) == ["hi"]
    assert bodies(await people.heard("bob", connection="bob@node-1")) == []


async def test_every_node_of_a_uid_is_told(people: People, chat: facts.Chat) -> None:
    """Once each, however many connections it holds."""
    await people.join("node-2")
    for n in range(3):
        await people.connect("ann", "agent", node="node-2", connection=f"tab-{n}")
    await people.say("bob", "ann", "customer", body="hi")
    assert bodies(await people.heard("ann")) == ["hi"]
    assert bodies(await people.heard("ann", node="node-2")) == ["hi"]


async def test_typing_is_passed_on_and_stored_nowhere(people: People, chat: facts.Chat) -> None:
    """The other hears; there is no trace of it in the conversation or the chat."""
    record = await people.chat(chat.id)
    await people.store.typing(Uid("bob"), to=Uid("ann"), role="customer")
    assert (await people.heard("ann"))[-1] == facts.Typing(
        chat=chat.id, sender=Uid("bob"), to=Uid("ann")
    )
    assert await people.chat(chat.id) == record
    assert await people.redis.exists(people.key("history:ann:bob")) == 0


async def test_a_read_mark_only_grows(people: People, chat: facts.Chat) -> None:
    """An older mark is passed over, one beyond the last message counts as the last."""
    for _ in range(3):
        await people.say("bob", "ann", "customer")

    async def read(seq: int) -> tuple[int, int]:
        await people.store.read(Uid("ann"), to=Uid("bob"), role="agent", seq=seq, connection="x")
        marks = [f.seq for f in await people.heard("bob") if isinstance(f, facts.Read)]
        return int((await people.chat(chat.id))["read_by_agent"]), len(marks)

    assert await read(2) == (2, 1)
    assert await read(1) == (2, 1)
    assert await read(99) == (3, 2)
    assert (await people.chat(chat.id))["read_by_customer"] == "0"


# --- the topic -----------------------------------------------------------------------------


async def test_the_topic_becomes_the_first_message(people: People) -> None:
    """The agent hears of the chat, then of the message; who asked has it with the reply."""
    await people.agent("ann")
    given = await people.asks("bob", topic="Where is it?")
    assert isinstance(given, facts.Assigned)
    assert given.topic is not None
    assert json.loads(given.topic)["body"] == "Where is it?"
    told = await people.heard("ann")
    assert [type(fact) for fact in told] == [facts.Assigned, facts.Posted]
    assert bodies(told) == ["Where is it?"]
    assert bodies(await people.heard("bob")) == []
    assert (await people.chat(given.chat.id))["messages_customer"] == "1"


async def test_the_topic_of_one_who_waited_is_pushed(people: People) -> None:
    """Once it is assigned the customer hears its own first message, too."""
    await people.asks("bob", topic="Where is it?")
    assert bodies(await people.heard("bob", connection="x")) == []
    await people.agent("ann")
    assert bodies(await people.heard("bob")) == ["Where is it?"]
    assert bodies(await people.heard("ann")) == ["Where is it?"]


async def test_the_topic_goes_to_every_agent_once(people: People) -> None:
    """A chat that is queued again brings its topic to a new agent, not twice to the old one."""
    await people.agent("ann")
    await people.asks("bob", topic="Where is it?")
    for agent in ("ann", "cyd"):
        await people.disconnect("ann")
        await people.pass_time(30)
        await people.agent(agent)
        if agent == "ann":
            assert bodies(await people.heard("ann")) == ["Where is it?"]
    assert bodies(await people.heard("cyd")) == ["Where is it?"]


# --- what reports need -----------------------------------------------------------------------


async def test_replies_are_timed_from_the_first_unanswered_message(
    people: People, chat: facts.Chat
) -> None:
    """Consecutive messages of one side count as one question, or one answer."""
    turns = ((10, "bob"), (5, "bob"), (5, "ann"), (9, "ann"), (1, "bob"), (2, "ann"))
    for seconds, sender in turns:
        people.now += seconds * 1000
        role: Literal["customer", "agent"] = "agent" if sender == "ann" else "customer"
        await people.say(sender, "bob" if sender == "ann" else "ann", role)

    closed = (await people.close("ann")).chat

    assert (closed.messages_customer, closed.messages_agent) == (3, 3)
    assert closed.first_reply_at == chat.opened_at + 20_000
    assert (closed.responses, closed.response_ms) == (2, 10_000 + 2_000)
    assert closed.pending_at is None


async def test_an_agent_that_speaks_first_answered_nothing(
    people: People, chat: facts.Chat
) -> None:
    """A greeting is the first reply and no response."""
    people.now += 3000
    await people.say("ann", "bob", "agent")
    closed = (await people.close("ann")).chat
    assert closed.first_reply_at == chat.opened_at + 3000
    assert (closed.responses, closed.response_ms) == (0, 0)


async def test_a_new_agent_answers_for_its_own_time_only(people: People, chat: facts.Chat) -> None:
    """What waited for a lost agent is timed from when another has the chat."""
    await people.say("bob", "ann", "customer")
    await people.disconnect("ann")
    await people.pass_time(30)
    people.now += 60_000
    await people.store.lease("node-1", join=True)
    await people.agent("cyd")
    people.now += 4000
    await people.say("cyd", "bob", "agent")
    closed = (await people.close("cyd")).chat
    assert (closed.responses, closed.response_ms) == (1, 4000)
    assert (closed.requeues, closed.wait_ms) == (1, 60_000)


# --- how long it lives -------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 30])
async def test_each_message_lives_as_long_as_is_set(store_url: str, site: str, days: int) -> None:
    """Every field has its own lifetime, and the key none; its number lives on for a day."""
    async with Store(store_url, site=site, rules=Rules(history_days=days)) as store:
        people = People(store)
        await people.join()
        await people.agent("ann")
        await people.assigned("bob")
        await people.say("bob", "ann", "customer", id="x")
        lifetimes = {
            "history:ann:bob": await people.redis.httl(people.key("history:ann:bob"), "1"),
            "sent:ann:bob": await people.redis.httl(people.key("sent:ann:bob"), "bob:x"),
            "seq:ann:bob": [await people.redis.ttl(people.key("seq:ann:bob"))],
        }
    expected = {"history:ann:bob": days, "sent:ann:bob": 1, "seq:ann:bob": days + 1}
    for key, [ttl] in lifetimes.items():
        assert expected[key] * DAY_S - SLACK_S < ttl <= expected[key] * DAY_S, key


async def test_a_seq_outlives_the_messages_it_numbered(store_url: str, site: str) -> None:
    """Also when the days are made fewer: else a new message would overwrite an older one."""
    async with Store(store_url, site=site, rules=Rules(history_days=30)) as store:
        people = People(store)
        await people.join()
        await people.agent("ann")
        await people.assigned("bob")
        await people.say("bob", "ann", "customer")
    async with Store(store_url, site=site, rules=Rules(history_days=1)) as store:
        people = People(store)
        await people.say("bob", "ann", "customer")
        assert await people.redis.ttl(people.key("seq:ann:bob")) > 30 * DAY_S


async def test_a_seq_outlives_the_messages_when_the_days_are_made_more(
    store_url: str, site: str
) -> None:
    """At once, although its end was put off a moment ago."""
    for days in (1, 30):
        async with Store(store_url, site=site, rules=Rules(history_days=days)) as store:
            people = People(store)
            await people.join()
            await people.agent("ann")
            await people.assigned("bob")
            await people.say("bob", "ann", "customer", id=f"{days}")
            ttl = await people.redis.ttl(people.key("seq:ann:bob"))
            assert ttl > (days + 1) * DAY_S - SLACK_S


async def test_the_end_of_a_seq_is_put_off_once_an_hour(people: People, chat: facts.Chat) -> None:
    """It lives a day longer than its last message, give or take that hour."""
    seq = people.key("seq:ann:bob")
    await people.say("bob", "ann", "customer")
    await people.redis.expire(seq, DAY_S)
    people.now += 3_500_000
    await people.say("bob", "ann", "customer")
    assert await people.redis.ttl(seq) <= DAY_S
    people.now += 200_000
    await people.say("bob", "ann", "customer")
    assert await people.redis.ttl(seq) > 31 * DAY_S - SLACK_S


async def test_a_closed_chat_lives_as_long_as_its_messages(
    people: People, chat: facts.Chat
) -> None:
    """An open one has no end of its own."""
    assert await people.redis.ttl(people.key(f"chat:{chat.id}")) == -1
    await people.close("bob")
    ttl = await people.redis.ttl(people.key(f"chat:{chat.id}"))
    assert 30 * DAY_S - SLACK_S < ttl <= 30 * DAY_S
