"""Whatever bytes a connection sends, nothing breaks and a well-behaved pair chats on."""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server import bytewire
from tests.server.bytewire import CLOSE, CONT, PING, PONG, TEXT, ByteWire, frame
from tests.server.wire import Wire, Wires, token
from tests.support import Server, serving

UID = "fuzz"
MESSAGES: list[dict[str, object]] = [
    {"type": "request"},
    {"type": "message", "id": "1", "to": "ann", "body": "hello"},
    {"type": "message", "id": "2", "to": "ann", "body": "x" * 300},
    {"type": "history", "with": "ann", "limit": 5},
    {"type": "typing", "to": "ann"},
    {"type": "close", "chat": "1"},
]

_numbers = itertools.count()
_payloads = st.sampled_from([json.dumps(message).encode() for message in MESSAGES])
_good = st.one_of(
    _payloads.map(lambda text: frame(TEXT, text)),
    st.tuples(_payloads, st.integers(0, 99), st.binary(max_size=125)).map(
        lambda drawn: frame(TEXT, drawn[0][: drawn[1]], fin=False)
        + frame(PING, drawn[2])
        + frame(CONT, drawn[0][drawn[1] :])
    ),
    st.binary(max_size=125).map(lambda payload: frame(PONG, payload)),
)
_any = st.builds(
    frame,
    st.integers(0, 15) | st.sampled_from([TEXT, CONT, CLOSE, PING]),
    st.binary(max_size=140) | _payloads,
    fin=st.booleans(),
    reserved=st.sampled_from([0, 0, 0, 1, 4]),
    masked=st.sampled_from([True, True, True, False]),
)
_sessions = st.lists(st.one_of(_good, _good, _any, st.binary(max_size=20)), max_size=12)


def _edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """With some bytes replaced, left out or added: where, how many, by what."""
    for place, length, instead in edits:
        at = place % (len(data) + 1)
        data = data[:at] + instead + data[at + length :]
    return data


async def _pour(wire: ByteWire, data: bytes, step: int) -> None:
    """Send this in pieces, and read to the end."""
    with contextlib.suppress(ConnectionError):  # it may have had enough
        for n in range(0, len(data), step):
            wire.write(data[n : n + step])
            await wire.drained()
        wire.write_eof()
    await wire.over()


_edits = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(0, 8), st.binary(max_size=8)), max_size=4
)
_fuzzed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Scene(NamedTuple):
    """A pair that behaves, on a server that somebody else sends anything to."""

    server: Server
    customer: Wire
    agent: Wire
    log: pytest.LogCaptureFixture

    async def goes_on(self) -> None:
        """The pair's next messages arrive, and nothing was logged that should not be."""
        for sender, receiver in ((self.customer, self.agent), (self.agent, self.customer)):
            await sender.send("message", id=f"good-{next(_numbers)}", to=receiver.uid, body="!")
            ack = await sender.until("ack")
            await receiver.until("message", seq=ack["seq"], chat=ack["chat"])
        assert [record for record in self.log.records if record.exc_info] == []


@pytest.fixture
async def scene(
    store_url: str, site: str, wires: Wires, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Scene]:
    """The pair has its chat before the fuzz begins."""
    async with serving(store_url, site, rate=100_000) as server:
        customer, agent, _ = await wires.pair(server)
        yield Scene(server, customer, agent, caplog)


@given(session=_sessions, edits=_edits, step=st.integers(1, 400))
@_fuzzed
async def test_no_bytes_break_an_open_connection(
    scene: Scene, session: list[bytes], edits: list[tuple[int, int, bytes]], step: int
) -> None:
    """Frames that are good, bad and damaged, in segments of any size."""
    hello = json.dumps({"type": "hello", "token": token(scene.server, "customer", UID)}).encode()
    data = frame(TEXT, hello) + _edited(b"".join(session), edits)
    async with bytewire.opened(scene.server) as wire:
        await _pour(wire, data, step)
    await scene.goes_on()


@given(
    edits=_edits,
    behind=st.binary(max_size=40) | _good,
    garbage=st.none() | st.binary(max_size=300),
    step=st.integers(1, 200),
)
@_fuzzed
async def test_no_bytes_break_a_handshake(
    scene: Scene,
    edits: list[tuple[int, int, bytes]],
    behind: bytes,
    garbage: bytes | None,
    step: int,
) -> None:
    """A request that is damaged, or none at all, with anything behind it."""
    data = (_edited(bytewire.REQUEST, edits) if garbage is None else garbage) + behind
    async with bytewire.dialled(scene.server) as wire:
        await _pour(wire, data, step)
    await scene.goes_on()
