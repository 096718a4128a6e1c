"""What is refused, and what closes a connection. Protocol: Errors, Transport."""

import json
import socket

import pytest

from imchat.server.limits import Limits
from tests.server.wire import Wire, Wires, token
from tests.support import Server, eventually, serving

MESSAGE = {"type": "message", "id": "1", "to": "ann", "body": "x"}


async def _bad(wire: Wire, text: str) -> dict[str, object]:
    await wire.text(text)
    error = await wire.get("error")
    assert error["code"] == "bad_frame", error
    return error


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "}", "nonsense", "NaN", "[]", "5", "null", '"request"', "{}", "[{}]",
        '{"type":"request"', '{"type":"request"}}', '{"type":"request"} {"type":"request"}',
        "{'type':'request'}", '{"type":"request",}', '{"type":"request","topic":"\x01"}',
        '{"type":5}', '{"type":null}', '{"type":["request"]}', '{"type":"teleport"}',
        '{"type":"Request"}', '{"type":"welcome"}', '{"type":"ack"}', '{"type":""}',
        '{"type":"request","type":"close","chat":"1"}',
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
async def test_what_is_no_frame_is_a_bad_frame(server: Server, wires: Wires, text: str) -> None:
    """Not JSON, not an object, an unknown type: `bad_frame`, and the connection stays open."""
    wire = await wires.enter(server, "customer", "cai")
    await _bad(wire, text)
    assert (await wire.ask("request"))["type"] == "waiting"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "message"},
        {k: v for k, v in MESSAGE.items() if k != "body"},
        {k: v for k, v in MESSAGE.items() if k != "to"},
        MESSAGE | {"body": ""},
        MESSAGE | {"body": None},
        MESSAGE | {"body": 5},
        MESSAGE | {"body": ["x"]},
        MESSAGE | {"to": None},
        MESSAGE | {"to": "a:b"},
        MESSAGE | {"to": "ann\n"},
        MESSAGE | {"to": ""},
        MESSAGE | {"to": "a" * 65},
        MESSAGE | {"from": "a:b"},
        {"type": "typing"},
        {"type": "typing", "to": "ann bob"},
        {"type": "read", "to": "ann"},
        {"type": "read", "to": "ann", "seq": "1"},
        {"type": "read", "to": "ann", "seq": 1.0},
        {"type": "read", "to": "ann", "seq": True},
        {"type": "read", "to": "ann", "seq": -1},
        {"type": "read", "to": "ann", "seq": 2**53 + 1},
        {"type": "read", "to": "ann", "seq": 2**63},
        {"type": "read", "to": "ann", "seq": 10**100},
        {"type": "history"},
        {"type": "history", "with": "a:b"},
        {"type": "history", "with": "ann", "after": 2**64},
        {"type": "history", "with": "ann", "before": -1},
        {"type": "history", "with": "ann", "agent": "*"},
        {"type": "close"},
        {"type": "close", "chat": 1},
        {"type": "close", "chat": ""},
        {"type": "close", "chat": "9" * 65},
        {"type": "request", "desk": "a:b"},
        {"type": "request", "desk": ""},
        {"type": "request", "desk": None},
        {"type": "request", "topic": 5},
        {"type": "status", "state": "asleep"},
        {"type": "status"},
    ],
    ids=lambda frame: json.dumps(frame)[:60],
)
async def test_a_field_missing_or_of_the_wrong_kind_is_a_bad_frame(
    server: Server, wires: Wires, frame: dict[str, object]
) -> None:
    """The error has the request's ref (a message's id) and the connection stays open."""
    wire = await wires.enter(server, "agent", "ann")
    ref = frame.get("id", "r")
    error = await _bad(wire, json.dumps({"ref": "r"} | frame))
    assert error.get("ref") == (ref if frame != {"type": "message"} else None)
    assert (await wire.ask("status", state="away"))["state"] == "away"


@pytest.mark.parametrize("id", ["", "x" * 65, 5, None, ["1"], "é" * 65], ids=repr)
async def test_an_id_is_1_to_64_characters(server: Server, wires: Wires, id: object) -> None:
    """Any other is a bad frame, whose error cannot repeat it."""
    customer, _, _ = await wires.pair(server)
    error = await _bad(customer, json.dumps(MESSAGE | {"id": id}))
    assert error.get("ref") in (None, "")
    assert (await customer.say("ann", "x", id="é" * 64))["type"] == "ack"


@pytest.mark.parametrize("ref", ["x" * 65, 5, ["r"], {}], ids=repr)
async def test_a_ref_is_a_string_of_at_most_64_characters(
    server: Server, wires: Wires, ref: object
) -> None:
    """Any other is a bad frame without a ref."""
    wire = await wires.enter(server, "customer", "cai")
    error = await _bad(wire, json.dumps({"type": "request", "ref": ref}))
    assert "ref" not in error
    await wire.send("request", ref="é" * 64)
    assert (await wire.get("waiting"))["ref"] == "é" * 64


async def test_a_number_past_all_doubles_is_a_bad_frame(server: Server, wires: Wires) -> None:
    """1e400 is no seq, and in a field that is not read it does no harm."""
    wire = await wires.enter(server, "customer", "cai")
    await _bad(wire, '{"type":"read","to":"ann","seq":1e400}')
    await wire.text('{"type":"request","junk":1e400,"ref":"r"}')
    assert (await wire.get("waiting"))["ref"] == "r"


async def test_a_binary_frame_is_a_bad_frame(server: Server, wires: Wires) -> None:
    """Even if it holds good JSON; and if its ref can be read the error has it."""
    wire = await wires.enter(server, "customer", "cai")
    await wire.binary(b'{"type":"request","ref":"r"}')
    error = await wire.get("error")
    assert (error["code"], error["ref"]) == ("bad_frame", "r")
    await wire.binary(b"\x00\xff\xfe")
    assert (await wire.get("error"))["code"] == "bad_frame"
    assert (await wire.ask("request"))["type"] == "waiting"


async def test_twenty_bad_frames_in_a_minute_close(server: Server, wires: Wires) -> None:
    """Each is answered; with the twentieth comes close 1008, to this connection alone."""
    wire = await wires.enter(server, "customer", "cai")
    other = await wires.enter(server, "customer", "cai")
    for _ in range(19):
        await _bad(wire, "?")
    assert (await wire.ask("request"))["type"] == "waiting"
    await _bad(wire, "?")
    assert await wire.closed() == 1008
    await other.get("waiting")
    await _bad(other, "?")
    assert (await other.ask("request"))["type"] == "waiting"


async def test_bad_frames_are_forgotten_after_a_minute(server: Server, wires: Wires) -> None:
    """Nineteen now and then are not too many."""
    now = 1000.0
    server.node._services.limits = Limits(100, clock=lambda: now)
    wire = await wires.enter(server, "customer", "cai")
    for _ in range(3):
        for _ in range(19):
            await _bad(wire, "?")
        now += 61
    assert (await wire.ask("request"))["type"] == "waiting"


@pytest.mark.parametrize("text", ["x", "é", "中", "😀", "\x00", '"'], ids=ascii)
async def test_a_body_is_at_most_8192_bytes_of_utf8(
    server: Server, wires: Wires, text: str
) -> None:
    """Exactly so many are stored as sent; one byte more is `too_large`, also of a topic."""
    customer, agent, _ = await wires.pair(server)
    size = len(text.encode())
    most = text * (8192 // size) + "." * (8192 % size)
    assert (await customer.say("ann", most))["type"] == "ack"
    assert (await agent.get("message"))["body"] == most
    refused = await customer.say("ann", most + ".", id="too much")
    assert (refused["code"], refused["ref"]) == ("too_large", "too much")
    other = await wires.enter(server, "customer", "cleo")
    await other.refused("request", "too_large", topic=most + ".")
    assert (await other.ask("request", topic=most))["chat"]["topic"] == most


async def test_a_frame_over_64_kib_closes(server: Server, wires: Wires) -> None:
    """65,536 bytes are read; one more is close 1009, and the uid's other connection lives."""
    wire = await wires.enter(server, "customer", "cai")
    other = await wires.enter(server, "customer", "cai")
    await wire.text('{"type":"request","ref":"r"}'.ljust(65_536))
    assert (await wire.get("waiting"))["ref"] == "r"
    await wire.text('{"type":"request"}'.ljust(65_537))
    assert await wire.closed() == 1009
    assert (await other.until("waiting"))["position"] == 1
    assert (await other.ask("request"))["type"] == "waiting"


async def test_over_the_rate_frames_are_refused_with_when_to_come_again(
    store_url: str, site: str, wires: Wires
) -> None:
    """`rate_limited` with `retry_after_ms` and the ref; other uids are not limited by it."""
    async with serving(store_url, site) as server:
        now = 1000.0
        server.node._services.limits = Limits(2, clock=lambda: now)
        agent = await wires.enter(server, "agent", "ann")
        for _ in range(6):
            await agent.ask("status", state="away")
        error = await agent.refused("status", "rate_limited", state="online")
        assert 1 <= error["retry_after_ms"] <= 501
        refused = await agent.say("cai", "hello", id="the id")
        assert (refused["code"], refused["ref"]) == ("rate_limited", "the id")
        second = await wires.enter(server, "agent", "ann")
        await second.refused("status", "rate_limited", state="online")
        other = await wires.enter(server, "agent", "bob")
        assert (await other.ask("status", state="away"))["state"] == "away"
        now += error["retry_after_ms"] / 1000
        assert (await agent.ask("status", state="online"))["state"] == "online"


async def test_who_keeps_over_the_rate_for_ten_seconds_is_closed(
    server: Server, wires: Wires
) -> None:
    """Close 1008 after ten seconds without a pause."""
    now = 1000.0
    server.node._services.limits = Limits(2, clock=lambda: now)
    agent = await wires.enter(server, "agent", "ann")
    for _ in range(200):
        await agent.send("typing", to="cai")
        if (await agent.get("error"))["code"] == "rate_limited":
            now += 0.1
        if now >= 1010.05:
            break
    assert await agent.closed() == 1008
    assert (await wires.enter(server, "agent", "ann")).welcome["uid"] == "ann"


def _narrow_socket(server: Server) -> socket.socket:
    """A connection whose receiver's window is small, so that a server's bytes pile up there."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", server.node.port))
    narrow.setblocking(False)
    return narrow


async def test_a_client_that_does_not_read_is_closed_and_harms_nobody(
    store_url: str, site: str, wires: Wires
) -> None:
    """Close 1013; the others are served meanwhile, and the history has everything."""
    async with serving(store_url, site, rate=100_000) as server:
        customer, agent, _ = await wires.pair(server)
        slow = await wires.open(server, sock=_narrow_socket(server), max_queue=1)
        await slow.send("hello", token=token(server, "agent", "ann"))
        metrics = server.node._services.metrics
        sent = 0
        while not metrics.slow_clients_closed:
            sent += 1
            assert (await customer.say("ann", f"{sent} " + "\x00" * 8000))["seq"] == sent
            assert (await agent.get("message"))["seq"] == sent
            assert sent < 1000, "a server does not keep everything for one that does not read"
        assert await slow.closed() == 1013
        back = await wires.enter(server, "agent", "ann")
        [chat] = back.welcome["chats"]
        assert chat["last_seq"] == sent
        page = await back.ask("history", **{"with": "cai"}, limit=1)
        assert page["messages"][0]["body"].startswith(f"{sent} ")


async def test_a_client_that_never_reads_is_cut_off(
    store_url: str, site: str, wires: Wires
) -> None:
    """One that does not even read its close does not keep its connection."""
    async with serving(store_url, site, rate=100_000) as server:
        customer, agent, _ = await wires.pair(server)
        slow = await wires.open(
            server, sock=_narrow_socket(server), max_queue=1, close_timeout=0.1
        )
        await slow.send("hello", token=token(server, "agent", "ann"))
        metrics = server.node._services.metrics
        while not metrics.slow_clients_closed:
            await customer.say("ann", "\x00" * 8000)
            await agent.get("message")
        await eventually(lambda: metrics.connections == 2, "the socket is cut")
        assert (await customer.say("ann", "still here"))["type"] == "ack"
