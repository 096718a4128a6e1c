"""Who may come in, and what the server says to it. Protocol: Transport, Identity."""

import json
from collections.abc import Callable

import jwt
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.server.wire import Wires, claims, sign, token
from tests.support import Server, serving

OTHER_KEY = "another key of sixty-four characters, none of them the server's!"


async def test_a_hello_is_answered_by_a_welcome_that_says_who_and_where(
    server: Server, wires: Wires
) -> None:
    """A welcome has uid, role, name, node, the store's time and the open chats, and the ref."""
    wire = await wires.open(server)
    await wire.send("hello", token=token(server, "customer", "cai", name="Cai 蔡"), ref="hi")
    welcome = await wire.get("welcome")
    assert welcome.pop("node")
    assert welcome.pop("at") > 1_600_000_000_000
    assert welcome == {
        "type": "welcome", "uid": "cai", "role": "customer", "name": "Cai 蔡", "chats": [],
        "ref": "hi",
    }


async def test_without_a_name_the_uid_is_shown(server: Server, wires: Wires) -> None:
    """The name is optional in a token."""
    assert (await wires.enter(server, "agent", "ann")).welcome["name"] == "ann"


async def test_a_supervisor_is_welcomed(server: Server, wires: Wires) -> None:
    """The third role is a role."""
    assert (await wires.enter(server, "supervisor", "sue")).welcome["role"] == "supervisor"


@pytest.mark.parametrize(
    ("offered", "echoed"),
    [
        (None, None),
        (["imchat.v1"], "imchat.v1"),
        (["other", "imchat.v1"], "imchat.v1"),
        (["other"], None),
    ],
)
async def test_the_subprotocol_is_optional_and_echoed_if_offered(
    server: Server, wires: Wires, offered: list[Subprotocol] | None, echoed: str | None
) -> None:
    """A client that knows nothing of subprotocols is served like one that offers ours."""
    wire = await wires.open(server, subprotocols=offered)
    assert wire.socket.subprotocol == echoed
    await wire.send("hello", token=token(server, "customer", "cai"))
    await wire.get("welcome")


@pytest.mark.parametrize(
    "bad",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"exp": [1]},
        {"exp": float("inf")},
        {"nbf": 4_000_000_000},
        {"aud": "elsewhere"},
        {"aud": None},
        {"sub": None},
        {"sub": 5},
        {"sub": ""},
        {"sub": "a:b"},
        {"sub": "-a"},
        {"sub": "a b"},
        {"sub": "ann\n"},
        {"sub": "an\x00n"},
        {"sub": "ännchen"},
        {"sub": "a" * 65},
        {"role": None},
        {"role": "admin"},
        {"role": "💥" * 60},
        {"role": ["agent"]},
        {"name": "n" * 129},
        {"name": 7},
        {"name": "half a pair: \ud800"},
        {"desks": []},
        {"desks": ["a:b"]},
        {"desks": "default"},
        {"capacity": 0},
        {"capacity": 101},
        {"capacity": "3"},
        {"capacity": 10**30},
    ],
    ids=lambda claim: ascii(claim)[:40],
)
async def test_a_wrong_claim_is_unauthorized(
    server: Server, wires: Wires, bad: dict[str, object]
) -> None:
    """Whatever is wrong with the claims: error `unauthorized` with the ref, close 4401."""
    wire = await wires.open(server)
    wrong = {k: v for k, v in (claims("agent", "ann") | bad).items() if v is not None}
    await wire.send("hello", token=sign(server, wrong), ref="r")
    error = await wire.get("error")
    assert (error["code"], error["ref"]) == ("unauthorized", "r")
    assert await wire.closed() == 4401


def _unsigned(server: Server) -> str:
    return jwt.encode(claims("agent", "ann"), None, algorithm="none")


def _of_another_key(_: Server) -> str:
    return jwt.encode(claims("agent", "ann"), OTHER_KEY, algorithm="HS256")


def _of_another_algorithm(server: Server) -> str:
    return jwt.encode(claims("agent", "ann"), server.secret, algorithm="HS512")


def _with_other_claims(server: Server) -> str:
    header, _, signature = token(server, "customer", "cai").split(".")
    return f"{header}.{token(server, 'agent', 'ann').split('.')[1]}.{signature}"


def _without_signature(server: Server) -> str:
    return token(server, "agent", "ann").rpartition(".")[0] + "."


@pytest.mark.parametrize(
    "forge",
    [_unsigned, _of_another_key, _of_another_algorithm, _with_other_claims, _without_signature],
)
async def test_a_forged_token_is_unauthorized(
    server: Server, wires: Wires, forge: Callable[[Server], str]
) -> None:
    """Only HS256 with the server's own key counts; alg none least of all."""
    wire = await wires.open(server)
    await wire.send("hello", token=forge(server))
    assert (await wire.get("error"))["code"] == "unauthorized"
    assert await wire.closed() == 4401


@pytest.mark.parametrize(
    "first",
    [
        "",
        "{",
        "[]",
        '"hello"',
        '{"type":"hello"}',
        '{"type":"hello","token":5}',
        '{"type":"hello","token":""}',
        '{"type":"hello","token":"a.b.c"}',
        '{"type":"hello","token":"äöü.ß"}',
        '{"type":"request"}',
        '{"type":"watch"}',
        '{"type":"message","id":"1","to":"ann","body":"hi"}',
        "9" * 60_000,
    ],
    ids=lambda text: text[:40] or "empty",
)
async def test_another_first_frame_is_unauthorized(
    server: Server, wires: Wires, first: str
) -> None:
    """Who does not begin with a good hello is told so and closed with 4401."""
    wire = await wires.open(server)
    await wire.text(first)
    assert (await wire.get("error"))["code"] == "unauthorized"
    assert await wire.closed() == 4401


async def test_a_binary_hello_is_unauthorized(server: Server, wires: Wires) -> None:
    """A frame is text, the first one too."""
    wire = await wires.open(server)
    hello = {"type": "hello", "token": token(server, "agent", "ann")}
    await wire.binary(json.dumps(hello).encode())
    assert (await wire.get("error"))["code"] == "unauthorized"
    assert await wire.closed() == 4401


async def test_who_says_no_hello_in_time_is_closed(
    store_url: str, site: str, wires: Wires
) -> None:
    """No hello in time: close 4408, without an error frame."""
    async with serving(store_url, site, hello_timeout_s=0.05) as server:
        wire = await wires.open(server)
        assert await wire.closed() == 4408
        late = await wires.enter(server, "customer", "cai")
        assert (await late.refused("status", "forbidden", state="away"))["ref"]


def test_the_time_for_a_hello_is_ten_seconds(server: Server) -> None:
    """What the protocol says is the default."""
    assert server.node._settings.hello_timeout_s == 10


async def test_a_second_hello_is_a_bad_frame(server: Server, wires: Wires) -> None:
    """Hello is the first frame and no other; the connection stays open."""
    wire = await wires.enter(server, "customer", "cai")
    await wire.refused("hello", "bad_frame", token=token(server, "customer", "cai"))
    await wire.refused("hello", "bad_frame", token=token(server, "agent", "cai"))
    await wire.refused("watch", "forbidden")


async def test_one_uid_has_one_role(server: Server, wires: Wires) -> None:
    """A uid that comes in another role: error `conflict`, close 4409; the first is unharmed."""
    first = await wires.enter(server, "customer", "cai")
    second = await wires.open(server)
    await second.send("hello", token=token(server, "agent", "cai"), ref="r")
    error = await second.get("error")
    assert (error["code"], error["ref"]) == ("conflict", "r")
    assert await second.closed() == 4409
    assert (await first.ask("request"))["type"] == "waiting"


async def test_a_refused_connection_hears_nothing_that_is_the_uids(
    server: Server, wires: Wires
) -> None:
    """What is pushed to a uid never reaches somebody who was refused as it."""
    customer, agent, _ = await wires.pair(server)
    intruders = [await wires.open(server) for _ in range(10)]
    for n, intruder in enumerate(intruders):
        await agent.send("message", id=f"{n}", to="cai", body=f"secret {n}")
        await intruder.send("hello", token=token(server, "supervisor", "cai"))
    for intruder in intruders:
        assert (await intruder.get("error"))["code"] == "conflict"
        with pytest.raises(ConnectionClosed):
            await intruder.frame()
        assert intruder.socket.close_code == 4409
    assert (await customer.get("message"))["body"] == "secret 0"


async def test_all_connections_of_a_uid_get_what_is_pushed(server: Server, wires: Wires) -> None:
    """A uid may be connected several times at once."""
    customer, agent, chat = await wires.pair(server)
    second = await wires.enter(server, "customer", "cai")
    third = await wires.enter(server, "customer", "cai")
    assert [c["chat"] for c in second.welcome["chats"]] == [chat["chat"]]
    await agent.say("cai", "to all of you")
    for wire in (customer, second, third):
        assert (await wire.get("message"))["body"] == "to all of you"


async def test_a_welcome_lists_the_open_chats(server: Server, wires: Wires) -> None:
    """A client that comes back knows where it stands: active, waiting, or nothing."""
    customer, _, chat = await wires.pair(server)
    assert (await wires.enter(server, "customer", "cai")).welcome["chats"] == [chat]
    again = await wires.enter(server, "agent", "ann")
    assert again.welcome["chats"] == [chat]
    assert again.welcome["status"] == {"state": "online", "load": 1, "capacity": 3}
    await customer.ask("close", chat=chat["chat"])
    assert (await wires.enter(server, "customer", "cai")).welcome["chats"] == []
    assert (await wires.enter(server, "agent", "ann")).welcome["chats"] == []


async def test_a_welcome_lists_a_chat_that_waits(server: Server, wires: Wires) -> None:
    """A customer's waiting chat is an open one, with its place."""
    customer = await wires.enter(server, "customer", "cai")
    waiting = (await customer.ask("request"))["chat"]
    assert (waiting["state"], waiting["position"]) == ("waiting", 1)
    assert (await wires.enter(server, "customer", "cai")).welcome["chats"] == [waiting]


async def test_unknown_fields_are_ignored(server: Server, wires: Wires) -> None:
    """What the protocol does not name may be added by a client."""
    wire = await wires.open(server)
    await wire.send("hello", token=token(server, "agent", "ann", iss="me", x=[1]), colour="red")
    await wire.get("welcome")
    assert (await wire.ask("status", state="away", mood={"a": [None]}))["state"] == "away"
