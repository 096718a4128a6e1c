"""Whatever a connection sends, it is answered sanely and a well-behaved pair chats on."""

import itertools
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from tests.server.wire import Frame, Wire, Wires
from tests.support import Server, serving

CODES = {
    "bad_frame", "unauthorized", "forbidden", "not_found", "conflict", "queue_full", "too_large",
    "rate_limited", "unavailable",
}
CLOSE_CODES = {1007, 1008, 1009}
GOOD: list[dict[str, Any]] = [
    {"type": "hello", "token": "a.b.c"},
    {"type": "request", "desk": "default", "topic": "help"},
    {"type": "status", "state": "online"},
    {"type": "message", "id": "1", "to": "ann", "body": "hello", "from": "fuzz"},
    {"type": "history", "with": "ann", "after": 0, "before": 9, "limit": 5, "agent": "ann"},
    {"type": "typing", "to": "ann"},
    {"type": "read", "to": "ann", "seq": 1},
    {"type": "close", "chat": "1"},
    {"type": "watch"},
    {"type": "unwatch"},
    {"type": "transfer", "chat": "1", "to": "ann"},
]  # fmt: skip

_numbers = itertools.count()
_texts = st.text(st.characters(codec="utf-8"), max_size=70)
_scalars = (
    st.none() | st.booleans() | st.floats() | _texts
    | st.integers() | st.sampled_from([-1, 0, 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**400])
    | st.sampled_from(["ann", "fuzz", "cai", "1", "a:b", "", "é" * 64, "x" * 9000])
)  # fmt: skip
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(_texts, inner), max_leaves=8
)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """A good frame with some fields replaced, left out or added, not always whole."""
    frame = dict(draw(st.sampled_from(GOOD)))
    for name in draw(st.lists(st.sampled_from([*frame, "ref", "id", "x"]), max_size=3)):
        frame[name] = draw(_values)
    for name in draw(st.lists(st.sampled_from(list(frame)), max_size=1)):
        del frame[name]
    text = json.dumps(frame, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    return text


_frames = st.one_of(_mutated(), _mutated(), _values.map(json.dumps), _texts, st.binary(max_size=40))


class Scene(NamedTuple):
    """A pair that behaves, on a server that somebody else sends anything to."""

    server: Server
    wires: Wires
    customer: Wire
    agent: Wire


@pytest.fixture
async def scene(store_url: str, site: str, wires: Wires) -> AsyncIterator[Scene]:
    """The pair has its chat before the fuzz begins, one of which no supervisor could know."""
    async with Redis.from_url(store_url) as redis:
        await redis.set(f"imchat:{{{site}}}:tickets", secrets.randbelow(10**12) + 10**12)
    async with serving(store_url, site, rate=100_000) as server:
        customer, agent, _ = await wires.pair(server)
        yield Scene(server, wires, customer, agent)


@given(role=st.sampled_from(["customer", "agent", "supervisor"]), frames=st.lists(_frames))
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_nothing_that_is_sent_breaks_the_server(
    scene: Scene, role: str, frames: list[str | bytes]
) -> None:
    """Every answer is a frame of the protocol, and the pair's next messages arrive."""
    fuzz = await scene.wires.enter(scene.server, role, f"fuzz-{role}")
    try:
        for frame in frames:
            if isinstance(frame, str):
                await fuzz.text(frame)
            else:
                await fuzz.binary(frame)
        await fuzz.send("history", **{"with": "nobody"}, limit=0, ref="the last")
        while (answer := await fuzz.frame()).get("ref") != "the last":
            _check(answer)
        assert answer["code"] == "bad_frame"
    except ConnectionClosed:
        assert fuzz.socket.close_code in CLOSE_CODES
    await fuzz.socket.close()
    await _chats_on(scene.customer, scene.agent)


def _check(answer: Frame) -> None:
    assert isinstance(answer["type"], str)
    if answer["type"] == "error":
        assert answer["code"] in CODES - {"unavailable", "rate_limited"}, answer


async def _chats_on(customer: Wire, agent: Wire) -> None:
    for sender, receiver in ((customer, agent), (agent, customer)):
        await sender.send("message", id=f"good-{next(_numbers)}", to=receiver.uid, body="!")
        ack = await sender.until("ack")
        await receiver.until("message", seq=ack["seq"], chat=ack["chat"])
