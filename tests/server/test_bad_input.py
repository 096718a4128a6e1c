"""Bad input gets the protocol's answer, is stored as nothing else, and harms nobody."""

import base64
import json
import unicodedata

import pytest
from redis.asyncio import Redis

from tests.server.wire import Wire, Wires, token
from tests.support import Server, serving

AWKWARD = [
    "'", '"', "\\", '\\"', '","body":"other', "\n", "\r\n", "\t", "\x00", "\x1b[2J", "\x7f",
    "\u0085", "\u2028", "\u202e", "\ufeff", "\ufffe", "\uffff", "{", "}", "[]", "%s%d%n", "a:b",
    ":", "*", "null", "0", " ", "\\u0000", "蔡", "😀", "e\u0301", "\U0010ffff", "topic-1",
]  # fmt: skip
"""Ids and bodies that must come back as they were sent."""


async def _talk_goes_on(customer: Wire, agent: Wire) -> None:
    """The well-behaved pair on the same server."""
    ack = await customer.say(agent.uid, "still here?")
    assert ack["type"] == "ack"
    assert (await agent.get("message"))["seq"] == ack["seq"]
    ack = await agent.say(customer.uid, "yes")
    assert (await customer.get("message"))["seq"] == ack["seq"]


@pytest.mark.parametrize("junk", ["[" * 30_000, "[" * 30_000 + "]" * 30_000, '{"a":' * 12_000])
async def test_deep_nesting_is_a_bad_frame(server: Server, wires: Wires, junk: str) -> None:
    """In a field that nobody reads, in one that is read, or as the whole frame."""
    customer, agent, _ = await wires.pair(server)
    for text in (
        f'{{"type":"request","junk":{junk}}}',
        f'{{"type":"request","topic":{junk}}}',
        f'{{"ref":{junk},"type":"request"}}',
        junk,
    ):
        await customer.text(text)
        assert (await customer.get("error"))["code"] == "bad_frame"
    await _talk_goes_on(customer, agent)


@pytest.mark.parametrize(
    "header",
    ["[" * 30_000, '{"alg":"HS256","x":' + "[" * 15_000 + "]" * 15_000 + "}", "[]", "1", "\xff"],
    ids=lambda header: header[:20],
)
async def test_a_strange_header_of_a_token_is_unauthorized(
    server: Server, wires: Wires, header: str
) -> None:
    """Brackets without end in the one part that is read before the signature is checked."""
    _, payload, signature = token(server, "agent", "ann").split(".")
    encoded = base64.urlsafe_b64encode(header.encode("latin-1")).rstrip(b"=").decode()
    wire = await wires.open(server)
    await wire.send("hello", token=f"{encoded}.{payload}.{signature}")
    assert (await wire.get("error"))["code"] == "unauthorized"
    assert await wire.closed() == 4401


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"message","id":"1","to":"ann","body":"\xff"}',
        b'{"type":"message","id":"1","to":"ann","body":"\xed\xa0\x80"}',
        b"\xc0\x80",
        b'{"type":"request","junk":"\xc3',
    ],
    ids=repr,
)
async def test_a_text_frame_that_is_not_utf8_closes(
    server: Server, wires: Wires, data: bytes
) -> None:
    """The WebSocket protocol itself forbids it: close 1007, to this connection alone."""
    customer, agent, _ = await wires.pair(server)
    other = await wires.enter(server, "customer", "cai")
    await other.text(data)
    assert await other.closed() == 1007
    await _talk_goes_on(customer, agent)


@pytest.mark.parametrize(
    "half", [r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud800x", r"\ud83d\ud83d\ude00"]
)
async def test_half_a_surrogate_pair_is_a_bad_frame(
    server: Server, wires: Wires, half: str
) -> None:
    """It is no text, wherever it stands; a whole pair is one."""
    customer, agent, _ = await wires.pair(server)
    for text in (
        f'{{"type":"message","id":"1","to":"ann","body":"{half}"}}',
        f'{{"type":"message","id":"{half}","to":"ann","body":"x"}}',
        f'{{"type":"request","topic":"{half}"}}',
        f'{{"type":"request","ref":"{half}"}}',
        f'{{"type":"{half}"}}',
        f'{{"type":"request","{half}":1}}',
    ):
        await customer.text(text)
        assert (await customer.get("error"))["code"] == "bad_frame"
    await customer.text(r'{"type":"message","id":"1","to":"ann","body":"\ud83d\ude00"}')
    await customer.get("ack")
    assert (await agent.get("message"))["body"] == "😀"
    await _talk_goes_on(customer, agent)


async def test_every_id_is_stored_and_pushed_as_it_was_sent(
    store_url: str, site: str, wires: Wires
) -> None:
    """What Lua concatenates is valid JSON, whatever stands in an id or a body."""
    async with serving(store_url, site, rate=1000) as server:
        customer, agent, chat = await wires.pair(server)
        for n, text in enumerate(AWKWARD):
            ack = await customer.say("ann", text, id=text)
            assert (ack["id"], ack["seq"]) == (text, n + 1)
            pushed = await agent.get("message")
            assert (pushed["id"], pushed["body"], pushed["seq"]) == (text, text, n + 1)
            assert await customer.say("ann", "a repeat", id=text) == ack
        page = await agent.ask("history", **{"with": "cai"}, limit=500)
        assert [(m["id"], m["body"]) for m in page["messages"]] == [(t, t) for t in AWKWARD]
    async with Redis.from_url(store_url, decode_responses=True) as redis:
        stored = await redis.hgetall(f"imchat:{{{site}}}:history:ann:cai")
    for seq, message in stored.items():
        found = json.loads(message)
        text = AWKWARD[int(seq) - 1]
        assert {**found, "at": 0} == {
            "v": 1, "chat": chat["chat"], "seq": int(seq), "at": 0, "from": "cai", "to": "ann",
            "id": text, "body": text,
        }


async def test_every_character_comes_back(store_url: str, site: str, wires: Wires) -> None:
    """A body of each block of Unicode is stored, pushed and read as it was sent."""
    characters = [
        chr(n) for n in range(0x30000) if unicodedata.category(chr(n)) not in ("Cs", "Co")
    ]
    bodies = ["".join(characters[n : n + 2000]) for n in range(0, len(characters), 2000)]
    async with serving(store_url, site, rate=1000) as server:
        customer, agent, _ = await wires.pair(server)
        for body in bodies:
            assert (await customer.say("ann", body))["type"] == "ack"
            assert (await agent.get("message"))["body"] == body
        read: list[str] = []
        while len(read) < len(bodies):
            page = await customer.ask("history", **{"with": "ann"}, after=len(read), limit=500)
            read += [message["body"] for message in page["messages"]]
        assert read == bodies


async def test_names_and_topics_are_shown_as_they_are(server: Server, wires: Wires) -> None:
    """Markup, escapes and controls in a name or a topic are data, to agents and supervisors."""
    strange = '[b]"\\\n\x1b]2;x\x07\u202e\x00{}' + "名" * 20
    agent = await wires.enter(server, "agent", "ann", name=strange)
    customer = await wires.enter(server, "customer", "cai", name=strange)
    supervisor = await wires.enter(server, "supervisor", "sue", name=strange)
    assert supervisor.welcome["name"] == strange
    chat = (await customer.ask("request", topic=strange))["chat"]
    shown = (chat["customer_name"], chat["agent_name"], chat["topic"])
    assert shown == (strange, strange, strange)
    assert (await agent.get("assigned"))["chat"] == chat
    assert (await agent.get("message"))["body"] == strange
    snapshot = await supervisor.ask("watch")
    assert snapshot["agents"][0]["name"] == strange


async def test_empty_and_blank_names_and_topics_are_harmless(
    server: Server, wires: Wires
) -> None:
    """An empty name shows the uid; an empty topic is none; a blank one is a message."""
    agent = await wires.enter(server, "agent", "ann", name="")
    customer = await wires.enter(server, "customer", "cai", name="")
    chat = (await customer.ask("request", topic=""))["chat"]
    assert (chat["customer_name"], chat["agent_name"], chat["topic"]) == ("cai", "ann", None)
    await agent.get("assigned")
    blank = await wires.enter(server, "customer", "blank", name=" ")
    assert (await blank.ask("request", topic=" "))["chat"]["customer_name"] == " "
    await agent.get("assigned")
    assert (await agent.get("message"))["body"] == " "


async def test_a_topic_id_claimed_beforehand_harms_only_its_claimer(
    server: Server, wires: Wires
) -> None:
    """Ids that look like the server's own are ordinary ids."""
    customer, agent, chat = await wires.pair(server)
    ack = await customer.say("ann", "mine", id=f"topic-{chat['chat']}")
    assert ack["type"] == "ack"
    await agent.get("message")
    await _talk_goes_on(customer, agent)


async def test_uids_of_every_allowed_kind_talk(server: Server, wires: Wires) -> None:
    """The longest, and those with every allowed sign, work as keys and as JSON."""
    customer, agent, _ = await wires.pair(server, "9" * 64, "A.b_c@d+e-f")
    await _talk_goes_on(customer, agent)
    page = await customer.ask("history", **{"with": agent.uid})
    assert [m["from"] for m in page["messages"]] == [customer.uid, agent.uid]
