"""The WebSocket protocol byte by byte, against a node on a raw socket (RFC 6455).

On asyncio in this process, and on uvloop in a process of its own, as it is served.
"""

import asyncio
import itertools
import json
import struct
from collections.abc import AsyncIterator, Iterator

import pytest

from imchat.server import socket
from tests.cli import commands
from tests.server import bytewire
from tests.server.bytewire import BINARY, CLOSE, CONT, PING, PONG, TEXT, ByteWire, frame
from tests.server.wire import Served, Wires, token
from tests.support import Server, eventually, serving

ASK = b'{"type":"history","with":"nobody","limit":0,"ref":"r"}'
"""What is answered by an error with this ref, without the store."""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[commands.Serving]:
    """A server as it is run."""
    with commands.serving(tmp_path_factory.mktemp("rfc"), "--rate", "100000") as server:
        yield server


@pytest.fixture(params=["asyncio", "uvloop"])
async def served(
    request: pytest.FixtureRequest, store_url: str, site: str
) -> AsyncIterator[Served]:
    """A node on either event loop."""
    if request.param == "uvloop":
        yield request.getfixturevalue("process")
        return
    async with serving(store_url, site, rate=100_000) as server:
        yield server


@pytest.fixture
async def wire(served: Served, wires: Wires) -> AsyncIterator[ByteWire]:
    """A connection that was welcomed."""
    async with bytewire.opened(served) as wire:
        await _greet(wire, served)
        yield wire


_numbers = itertools.count()


async def _greet(wire: ByteWire, server: Served) -> None:
    hello = {"type": "hello", "token": token(server, "customer", f"rfc-{next(_numbers)}")}
    wire.write(frame(TEXT, json.dumps(hello).encode()))
    assert (await wire.message())["type"] == "welcome"


async def answered(wire: ByteWire) -> None:
    """It was asked, and answers; nothing else comes before."""
    message = await wire.message()
    assert (message["code"], message["ref"]) == ("bad_frame", "r"), message


# --- messages -------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 2, 3, len(ASK)])
async def test_a_message_may_come_in_fragments(wire: ByteWire, parts: int) -> None:
    """In any number of them, also with empty ones between."""
    size = -(-len(ASK) // parts)
    pieces = [ASK[n : n + size] for n in range(0, len(ASK), size)]
    wire.write(frame(TEXT, b"", fin=False))
    for piece in pieces:
        wire.write(frame(CONT, piece, fin=False) + frame(CONT, b"", fin=False))
    wire.write(frame(CONT, b""))
    await answered(wire)


async def test_control_frames_may_come_between_fragments(wire: ByteWire) -> None:
    """And are answered before the message is whole."""
    wire.write(frame(TEXT, ASK[:9], fin=False) + frame(PING, b"between") + frame(PONG, b"so"))
    assert await wire.frame() == (PONG, b"between")
    wire.write(frame(CONT, ASK[9:20], fin=False) + frame(PING, b""))
    assert await wire.frame() == (PONG, b"")
    wire.write(frame(CONT, ASK[20:]))
    await answered(wire)
    wire.write(frame(TEXT, ASK))
    await answered(wire)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
async def test_bytes_may_come_as_they_like(wire: ByteWire, step: int) -> None:
    """One at a time, or in pieces that have nothing to do with the frames."""
    sent = (
        frame(TEXT, ASK) + frame(PING, b"p") + frame(TEXT, ASK[:30], fin=False)
        + frame(CONT, ASK[30:]) + frame(TEXT, ASK + b" " * 200) + frame(TEXT, ASK)
    )  # fmt: skip
    for n in range(0, len(sent), step):
        wire.write(sent[n : n + step])
        await wire.drained()
    heard = [await wire.frame() for _ in range(5)]
    heard.remove((PONG, b"p"))
    assert [(opcode, json.loads(text)["ref"]) for opcode, text in heard] == [(TEXT, "r")] * 4


async def test_many_frames_may_come_in_one_segment(wire: ByteWire) -> None:
    """Each is answered, in order."""
    asked = [ASK.replace(b'"r"', b'"r%d"' % n) for n in range(15)]
    wire.write(b"".join(frame(TEXT, text) for text in asked))
    assert [(await wire.message())["ref"] for _ in asked] == [f"r{n}" for n in range(15)]


async def test_frames_may_follow_the_request_in_its_segment(served: Served) -> None:
    """What comes behind the head is a frame, and answered after the handshake."""
    async with bytewire.opened(served, behind=frame(PING, b"early") + frame(TEXT, b"[]")) as wire:
        assert await wire.frame() == (PONG, b"early")
        assert (await wire.message())["code"] == "unauthorized"
        assert await wire.closed() == 4401


async def test_a_close_may_follow_the_request_in_its_segment(served: Served) -> None:
    """Not before the answer to it."""
    async with bytewire.opened(served, behind=frame(CLOSE, b"\x03\xe8")) as wire:
        assert await wire.closed() == 1000


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 20])
async def test_the_request_may_come_in_pieces(served: Served, cut: int) -> None:
    """Also cut within the empty line that ends it, with a frame behind."""
    async with bytewire.opened(served, behind=frame(TEXT, b"[]"), cut=cut) as wire:
        assert (await wire.message())["code"] == "unauthorized"


async def test_a_binary_message_is_a_bad_frame(wire: ByteWire) -> None:
    """Whole or in fragments; the connection stays open."""
    wire.write(frame(BINARY, ASK) + frame(BINARY, ASK[:5], fin=False) + frame(CONT, ASK[5:]))
    for _ in range(2):
        await answered(wire)
    wire.write(frame(TEXT, ASK))
    await answered(wire)


# --- limits ----------------------------------------------------------------------------------


async def test_a_message_of_the_largest_size_is_read(wire: ByteWire) -> None:
    """In one frame, and in fragments."""
    text = ASK + b" " * (65_536 - len(ASK))
    wire.write(frame(TEXT, text) + frame(TEXT, text[:40_000], fin=False))
    wire.write(frame(CONT, text[40_000:]))
    for _ in range(2):
        await answered(wire)


@pytest.mark.parametrize(
    "sent",
    [
        frame(TEXT, b" " * 65_537),
        frame(TEXT, b"")[:1] + b"\xff" + struct.pack("!Q", 65_537),
        frame(TEXT, b"")[:1] + b"\xff" + struct.pack("!Q", 2**63),
        frame(TEXT, b" " * 40_000, fin=False) + frame(CONT, b" " * 25_537),
    ],
    ids=["whole", "only said", "beyond all", "in fragments"],
)
async def test_a_message_over_the_limit_closes_with_1009(wire: ByteWire, sent: bytes) -> None:
    """As soon as its length is said."""
    wire.write(sent)
    assert await wire.closed() == 1009


# --- what is against the rules ------------------------------------------------------------------

BROKEN = {
    "control frame too long": frame(PING, b"x" * 126),
    "close frame too long": frame(CLOSE, b"\x03\xe8" + b"x" * 124),
    "fragmented ping": frame(PING, b"x", fin=False),
    "fragmented close": frame(CLOSE, b"\x03\xe8", fin=False),
    "rsv1": frame(TEXT, ASK, reserved=4),
    "rsv2": frame(TEXT, ASK, reserved=2),
    "rsv3": frame(TEXT, ASK, reserved=1),
    "rsv1 of a ping": frame(PING, b"", reserved=4),
    **{f"opcode {n}": frame(n, b"x") for n in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "unmasked text": frame(TEXT, ASK, masked=False),
    "unmasked long text": frame(TEXT, ASK * 9, masked=False),
    "unmasked ping": frame(PING, b"", masked=False),
    "continuation of nothing": frame(CONT, b"x"),
    "continuation after the end": frame(TEXT, b"[", fin=False) + frame(CONT, b"]") * 2,
    "message in a message": frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
    "binary in a message": frame(TEXT, b"x", fin=False) + frame(BINARY, b"y", fin=False),
    "close in a message": frame(TEXT, b"x", fin=False) + frame(CLOSE, b"\x03\xe8"),
    "close of one byte": frame(CLOSE, b"\x03"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_against_the_rules_closes_with_1002(wire: ByteWire, sent: bytes) -> None:
    """What came before it is answered, what comes behind it is not read."""
    wire.write(frame(TEXT, ASK) + sent + frame(TEXT, ASK))
    await answered(wire)
    while (message := await wire.frame())[0] == TEXT:  # of one that was whole before
        assert json.loads(message[1])["code"] == "bad_frame"
    assert message[0] == CLOSE
    assert message[1][:2] == struct.pack("!H", 1002)
    assert await wire.ended()


@pytest.mark.parametrize(
    "sent",
    [
        frame(TEXT, b"\xff"),
        frame(TEXT, b'{"a":"\xc3'),
        frame(TEXT, b"\xed\xa0\x80"),
        frame(TEXT, b"\xc0\x80"),
        frame(TEXT, b"\xf4\x90\x80\x80"),
        frame(TEXT, b"\xff" * 300),
        frame(TEXT, b"\xe8\x94", fin=False) + frame(CONT, b"x"),
        frame(TEXT, b"\xe8\x94", fin=False) + frame(CONT, b""),
        frame(TEXT, b"good", fin=False) + frame(CONT, b"\xff", fin=False) + frame(CONT, b"x"),
        frame(CLOSE, b"\x03\xe8\xff"),
    ],
    ids=repr,
)
async def test_text_that_is_not_utf8_closes_with_1007(wire: ByteWire, sent: bytes) -> None:
    """In a message, over fragments, in a reason."""
    wire.write(sent + frame(TEXT, ASK))
    assert await wire.closed() == 1007


async def test_a_character_may_be_split_over_fragments(wire: ByteWire) -> None:
    """Only the whole has to be text."""
    text = ASK[:-1] + ',"x":"蔡"}'.encode()
    cut = text.index(b"\xe8") + 1
    wire.write(frame(TEXT, text[:cut], fin=False) + frame(CONT, text[cut:]))
    await answered(wire)


# --- ping and close ------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"x", b"\x00\xff" * 62, b"x" * 125])
async def test_a_ping_is_answered_with_its_payload(wire: ByteWire, payload: bytes) -> None:
    """Whatever it is."""
    wire.write(frame(PING, payload))
    assert await wire.frame() == (PONG, payload)


async def test_pongs_that_nobody_asked_for_are_passed_over(wire: ByteWire) -> None:
    """Also many."""
    wire.write(frame(PONG, b"x") * 50 + frame(TEXT, ASK))
    await answered(wire)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4999]
)
async def test_a_close_is_answered_with_its_code(wire: ByteWire, code: int) -> None:
    """Then the connection ends."""
    payload = struct.pack("!H", code) + "why, 蔡?".encode()
    wire.write(frame(CLOSE, payload))
    assert await wire.frame() == (CLOSE, payload)
    assert await wire.ended()


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
)
async def test_a_code_that_must_not_be_sent_closes_with_1002(wire: ByteWire, code: int) -> None:
    """Those that are reserved, and those that are none."""
    wire.write(frame(CLOSE, struct.pack("!H", code)))
    assert await wire.closed() == 1002


async def test_a_close_needs_no_code(wire: ByteWire) -> None:
    """And is answered with none."""
    wire.write(frame(CLOSE, b""))
    assert await wire.frame() == (CLOSE, b"")
    assert await wire.ended()


async def test_what_was_asked_before_a_close_is_answered(wire: ByteWire) -> None:
    """In the same segment; what comes behind the close is not read."""
    wire.write(frame(TEXT, ASK) + frame(CLOSE, b"\x03\xe8") + frame(TEXT, ASK) + frame(PING, b""))
    await answered(wire)
    assert await wire.frame() == (CLOSE, b"\x03\xe8")
    assert await wire.ended()


async def test_what_was_sent_before_a_close_counts(server: Server, wires: Wires) -> None:
    """Although it has to wait for the store, and the client is gone by then."""
    hello = {"type": "hello", "token": token(server, "customer", "gone")}
    async with bytewire.opened(server) as wire:
        sent = (json.dumps(hello).encode(), b'{"type":"request"}')
        wire.write(b"".join(frame(TEXT, text) for text in sent) + frame(CLOSE, b"\x03\xe8"))
        assert await wire.frame() == (CLOSE, b"\x03\xe8")

    async def waits() -> bool:
        back = await wires.enter(server, "customer", "gone")
        await back.socket.close()
        return [chat["state"] for chat in back.welcome["chats"]] == ["waiting"]

    await eventually(waits, "its request was taken")


async def _talk_on(wire: ByteWire, data: bytes) -> None:
    while True:
        wire.write(data)
        await wire.drained()


async def test_a_client_that_does_not_end_after_its_close_is_cut(wire: ByteWire) -> None:
    """Within the close timeout, whatever it sends meanwhile."""
    wire.write(frame(CLOSE, b"\x03\xe8"))
    assert await wire.closed() == 1000
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_talk_on(wire, frame(TEXT, ASK)), 10)


# --- those that do not answer ------------------------------------------------------------------


async def test_a_connection_that_is_alive_is_pinged_and_stays(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again, as long as each ping is answered."""
    monkeypatch.setattr(socket, "KEEPALIVE_S", 0.1)
    async with bytewire.opened(server) as wire:
        await _greet(wire, server)
        for _ in range(3):
            assert await wire.frame() == (PING, b"")
            wire.write(frame(PONG, b""))
        wire.write(frame(TEXT, ASK))
        await answered(wire)


async def test_a_connection_that_does_not_answer_a_ping_is_closed_with_1011(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the patience with the pong, which nothing else is."""
    monkeypatch.setattr(socket, "KEEPALIVE_S", 0.1)
    async with bytewire.opened(server) as wire:
        await _greet(wire, server)
        assert await wire.frame() == (PING, b"")
        wire.write(frame(TEXT, ASK) + frame(PING, b"mine"))
        assert {(await wire.frame())[0] for _ in range(2)} == {TEXT, PONG}
        assert await wire.frame() == (CLOSE, struct.pack("!H", 1011) + b"keepalive ping timeout")
        wire.write(frame(CLOSE, b"\x03\xf3"))
        assert await wire.ended()


async def test_pongs_that_are_not_read_are_bounded(served: Served) -> None:
    """Who sends pings without end and reads nothing is cut, and soon."""
    async with bytewire.opened(served) as wire:
        await _greet(wire, served)
        wire.pause()
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_talk_on(wire, frame(PING, b"x" * 125) * 500), 20)
