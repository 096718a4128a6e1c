"""The store hangs or dies, a node is declared dead, a session fails, a crowd comes at once."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from imchat.server.together import beside
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Store
from tests.server.wire import Frame, Wires, token
from tests.support import Server, serving


class Private:
    """A store that no other test uses, to be stopped, killed and started again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def start(self) -> None:
        """Start it on the data that it left."""
        self._embedded = EmbeddedStore(self._directory)
        await self._embedded.start()
        self.url = self._embedded.url
        async with Redis.from_url(self.url) as redis:
            self._pid: int = (await redis.info("server"))["process_id"]

    def hang(self) -> None:
        """From now on it takes connections and answers nothing."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        os.kill(self._pid, signal.SIGCONT)

    async def die(self) -> None:
        """As with the power cut."""
        os.kill(self._pid, signal.SIGKILL)
        await self._embedded.stop()

    async def stop(self) -> None:
        """End it for good, when all its indexes agree."""
        async with Store(self.url) as store:
            assert await store.audit() == []
        await self._embedded.stop()


@pytest.fixture
async def private() -> AsyncIterator[Private]:
    """A running store of the test's own."""
    with tempfile.TemporaryDirectory(prefix="imchat-test-") as directory:
        private = Private(Path(directory))
        await private.start()
        yield private
        await private.stop()


async def test_a_store_that_hangs_for_a_moment_is_waited_for(
    private: Private, wires: Wires
) -> None:
    """What was asked meanwhile is answered in order when it is back."""
    async with serving(private.url, "main") as server:
        customer, agent, _ = await wires.pair(server)
        private.hang()
        for n in range(10):
            await customer.send("message", id=f"{n}", to="ann", body=f"body {n}")
        await agent.send("status", state="away", ref="away")
        private.go_on()
        assert [(await customer.get("ack"))["seq"] for _ in range(10)] == list(range(1, 11))
        assert (await agent.until("status"))["ref"] == "away"


async def test_a_store_that_hangs_is_unavailable_and_a_repeat_is_safe(
    private: Private, wires: Wires
) -> None:
    """The error has the ref, the sockets stay open, the same id sent again is stored once."""
    async with serving(private.url, "main") as server:
        customer, agent, _ = await wires.pair(server)
        private.hang()
        await customer.send("message", id="m", to="ann", body="once")
        await agent.send("status", state="away", ref="s")
        error = await customer.get("error")
        assert (error["code"], error["ref"]) == ("unavailable", "m")
        error = await agent.get("error")
        assert (error["code"], error["ref"]) == ("unavailable", "s")
        private.go_on()
        assert (await customer.say("ann", "once", id="m"))["seq"] == 1
        assert (await agent.until("message"))["id"] == "m"
        assert (await customer.say("ann", "twice", id="n"))["seq"] == 2


async def test_a_store_that_dies_and_comes_back_has_lost_nothing(
    private: Private, wires: Wires
) -> None:
    """Meanwhile all is `unavailable` and the sockets stay open; then everything goes on."""
    async with serving(private.url, "main") as server:
        customer, agent, chat = await wires.pair(server)
        supervisor = await wires.enter(server, "supervisor", "sue")
        await supervisor.ask("watch")
        assert (await customer.say("ann", "before"))["seq"] == 1
        await agent.get("message")
        await private.die()
        refused = await customer.say("ann", "during", id="during")
        assert (refused["code"], refused["ref"]) == ("unavailable", "during")
        for wire, type, fields in (
            (customer, "request", {}),
            (customer, "close", {"chat": chat["chat"]}),
            (agent, "status", {"state": "away"}),
            (agent, "history", {"with": "cai"}),
            (agent, "typing", {"to": "cai"}),
            (supervisor, "watch", {}),
        ):
            await wire.refused(type, "unavailable", **fields)
        newcomer = await wires.open(server)
        await newcomer.send("hello", token=token(server, "customer", "new"), ref="h")
        error = await newcomer.get("error")
        assert (error["code"], error["ref"]) == ("unavailable", "h")
        assert await newcomer.closed() == 1013
        await private.start()
        assert (await customer.say("ann", "during", id="during"))["seq"] == 2
        assert (await agent.get("message"))["body"] == "during"
        await supervisor.until("snapshot")
        newcomer = await wires.enter(server, "customer", "new")
        assert (await newcomer.ask("request"))["type"] == "assigned"


async def test_a_connection_lost_while_the_store_was_away_is_not_forgotten(
    private: Private, wires: Wires
) -> None:
    """Its grace begins when the store is back, so that its chat does not stay open for ever."""
    async with serving(private.url, "main", grace_s=0.1) as server:
        customer, agent, chat = await wires.pair(server)
        await private.die()
        customer.socket.transport.abort()
        for _ in range(4):  # long enough that the loss could not be told to the store either
            await agent.refused("status", "unavailable", state="online")
        await private.start()
        closed = await agent.get("closed")
        assert (closed["chat"]["chat"], closed["reason"]) == (chat["chat"], "disconnected")


async def test_a_client_is_not_read_on_while_its_frames_wait(
    private: Private, wires: Wires
) -> None:
    """What it sends stays with it, and is answered in order when the store is back."""
    async with serving(private.url, "main", rate=100_000) as server:
        customer, _, _ = await wires.pair(server)
        private.hang()
        sent = 0

        async def flood() -> None:
            nonlocal sent
            for n in range(400):  # 24 MB, more than the kernel takes
                await customer.send("history", **{"with": "ann"}, ref=f"{n}", x="x" * 60_000)
                sent += 1

        async with beside(flood()):
            assert (await customer.get("error"))["ref"] == "0"
            assert sent < 400
            private.go_on()
            for n in range(1, 400):
                assert (await customer.frame())["ref"] == f"{n}"


async def test_a_node_that_was_declared_dead_begins_anew(
    server: Server, wires: Wires, store_url: str, site: str
) -> None:
    """Its clients are closed with 1001, come back to a node of another name, and go on."""
    customer, agent, chat = await wires.pair(server)
    async with Redis.from_url(store_url) as redis:
        await redis.zadd(f"imchat:{{{site}}}:nodes", {customer.welcome["node"]: 0})
    assert await customer.closed() == 1001
    assert await agent.closed() == 1001
    customer = await wires.enter(server, "customer", "cai")
    back = await wires.enter(server, "agent", "ann")
    assert customer.welcome["node"] != agent.welcome["node"]
    for wire in (customer, back):
        assert [c["chat"] for c in wire.welcome["chats"]] == [chat["chat"]]
    assert (await customer.say("ann", "again"))["type"] == "ack"
    assert (await back.get("message"))["body"] == "again"


async def test_a_session_that_fails_is_closed_and_logged_and_harms_nobody(
    server: Server, wires: Wires, store_url: str, site: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Close 1011 for who meets what should not be; the others chat on."""
    customer, agent, chat = await wires.pair(server)
    victim = await wires.enter(server, "customer", "victim")
    spoilt = (await victim.ask("request"))["chat"]["chat"]
    key = f"imchat:{{{site}}}:chat:{spoilt}"
    async with Redis.from_url(store_url) as redis:
        await redis.hset(key, "by", "x")
        await redis.hset(key, "reason", "no such reason")
        await victim.send("request")
        assert await victim.closed() == 1011
        await redis.hset(key, "reason", "")
        await redis.hset(key, "by", "")
    [record] = [r for r in caplog.records if r.name == "imchat.server.gateway"]
    assert record.exc_info is not None
    assert (await customer.say("ann", "still here"))["chat"] == chat["chat"]
    assert (await agent.until("message"))["body"] == "still here"
    assert (await wires.enter(server, "customer", "victim")).welcome["chats"]


async def test_a_crowd_that_comes_at_once_is_let_in(server: Server, wires: Wires) -> None:
    """More hellos at the same time than the store has connections."""
    crowd = await asyncio.gather(*(wires.open(server) for _ in range(250)))
    for n, wire in enumerate(crowd):
        await wire.send("hello", token=token(server, "customer", f"c{n}"))
    for wire in crowd:
        await wire.get("welcome")


async def test_a_close_while_messages_are_under_way_loses_none_that_was_acked(
    server: Server, wires: Wires
) -> None:
    """Each is acked or `not_found`; the history has those that were acked and no other."""
    customer, agent, chat = await wires.pair(server)
    for n in range(40):
        await customer.send("message", id=f"{n}", to="ann", body="x")
        if n == 20:
            await agent.send("close", chat=chat["chat"])
    answers: dict[str, Frame] = {}
    while len(answers) < 40:
        answer = await customer.frame()
        if answer["type"] in ("ack", "error"):
            answers[answer.get("id") or answer["ref"]] = answer
    acked = [id for id, answer in answers.items() if answer["type"] == "ack"]
    refused = {a["code"] for a in answers.values() if a["type"] == "error"}
    assert refused <= {"not_found"}
    history = await customer.ask("history", **{"with": "ann"}, limit=500)
    assert [m["id"] for m in history["messages"]] == acked


async def test_a_connection_lost_with_messages_under_way_can_send_them_again(
    server: Server, wires: Wires
) -> None:
    """Nothing is stored twice, nothing is out of order, whatever was read of the first try."""
    customer, agent, _ = await wires.pair(server)
    ids = [f"{n}" for n in range(25)]
    for id in ids:
        await customer.send("message", id=id, to="ann", body=f"body {id}")
    customer.socket.transport.abort()
    again = await wires.enter(server, "customer", "cai")
    for id in ids:
        await again.send("message", id=id, to="ann", body=f"body {id}")
    seqs: list[int] = []
    while len(seqs) < len(ids):
        answer = await again.frame()
        if answer["type"] == "ack":
            seqs.append(answer["seq"])
    assert seqs == list(range(1, 26))
    assert [(await agent.get("message"))["id"] for _ in ids] == ids
