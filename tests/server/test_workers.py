"""`imchat serve --workers N` as processes: they share a port and a store, and come and go."""

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imchat import protocol
from imchat.client import Client, Connected
from imchat.errors import SetupError
from imchat.server import workers as workers_module
from imchat.settings import ServerSettings
from tests.cli.commands import (
    Serving,
    alive,
    imchat,
    serving,
    store_processes,
    worker_processes,
)
from tests.client.support import ANN, BOB, heard, hearing, shown
from tests.server.wire import Wires, http_get
from tests.support import eventually

CROWD = 60
"""So many connections reach one of two workers alone in one of 2^59 runs."""


def pid_in(node: str) -> int:
    """The process of a node."""
    return int(node.split("-")[-2])


@pytest.fixture
def shared(store_url: str, site: str, tmp_path: Path) -> Iterator[Serving]:
    """Two workers on the test's site, whose indexes are looked at after the test."""
    options = ("--redis", store_url, "--site", site, "--workers", "2")
    with serving(tmp_path / "data", *options) as server:
        yield server


@contextlib.asynccontextmanager
async def entered(
    server: Serving, role: str, uid: str, *, not_on: str = ""
) -> AsyncIterator[tuple[Client, str]]:
    """A client, and its node, which is another than `not_on`."""
    async with contextlib.AsyncExitStack() as stack:

        async def landed() -> tuple[Client, str] | None:
            client = await stack.enter_async_context(server.client(role, uid))
            node = (await client.ready()).node
            if node != not_on:
                return client, node
            await stack.aclose()
            return None

        found = await eventually(landed, f"a connection to another node than {not_on}")
        assert found is not None
        yield found


@contextlib.asynccontextmanager
async def talking_across(server: Serving) -> AsyncIterator[tuple[Client, Client, str, str]]:
    """Ann serves Bob from another worker; gives both and their nodes."""
    async with (
        entered(server, "agent", ANN) as (ann, anns),
        entered(server, "customer", BOB, not_on=anns) as (bob, bobs),
    ):
        assert isinstance(await bob.request(), protocol.Assigned)
        await heard(ann, protocol.Assigned)
        yield ann, bob, anns, bobs


async def test_workers_share_the_port_and_the_store(tmp_path: Path) -> None:
    """Clients reach each of them, and a customer talks to an agent of another."""
    with serving(tmp_path / "data", "--workers", "3") as server:
        assert len(server.workers) == 3
        assert len(store_processes(server.data_dir)) == 1
        async with talking_across(server) as (ann, bob, anns, bobs):
            assert pid_in(anns) != pid_in(bobs)
            assert {pid_in(anns), pid_in(bobs)} < set(server.workers)
            await bob.send(ANN, "hello")
            await eventually(lambda: shown(ann, BOB) == [(BOB, "hello")], "it crossed over")
            await ann.send(BOB, "hello yourself")
            await eventually(lambda: len(shown(bob, ANN)) == 2, "and the answer came back")


async def test_a_killed_worker_is_replaced_and_its_clients_lose_nothing(shared: Serving) -> None:
    """Its agent comes back to a node that lives; what both wrote meanwhile is there once."""
    async with (
        talking_across(shared) as (ann, bob, anns, _),
        hearing(ann, bob) as (of_ann, _),
    ):
        before = shared.workers
        sent = []
        for n in range(40):
            if n == 15:
                os.kill(pid_in(anns), signal.SIGKILL)
            sent += [bob.send(ANN, f"bob {n}"), ann.send(BOB, f"ann {n}")]
            if n % 5 == 0:
                await sent[-2]
        for ack in sent:
            await ack
        await eventually(lambda: len(shown(ann, BOB)) == 80, "she has all of it")
        await eventually(lambda: len(shown(bob, ANN)) == 80, "and so has he")
        assert shown(ann, BOB) == shown(bob, ANN)
        assert len(set(shown(ann, BOB))) == 80
        (again,) = [event.welcome for event in of_ann if isinstance(event, Connected)]
        assert again.node != anns
        await eventually(
            lambda: len(shared.workers) == 2 and pid_in(anns) not in shared.workers, "a new one"
        )
        assert len(set(shared.workers) & set(before)) == 1
    status, logged = shared.stop()
    assert status == 0
    assert logged.count(f"worker {pid_in(anns)} is gone (exit -9); starting another") == 1


async def test_a_worker_that_is_killed_again_and_again_is_replaced_each_time(
    shared: Serving,
) -> None:
    """Also one that did not live long; the other serves on."""
    spared, victim = shared.workers
    known = {spared, victim}
    for _ in range(3):
        os.kill(victim, signal.SIGKILL)
        (victim,) = await eventually(
            # The store is told of the dead one first, which takes as long as the store.
            lambda: set(shared.workers) - known, "a process that was not there before", timeout=30
        )
        known.add(victim)
    async with entered(shared, "agent", ANN) as (_, node):
        assert pid_in(node) in shared.workers


async def test_a_worker_that_is_told_to_stop_drains_and_is_replaced(shared: Serving) -> None:
    """So each can be renewed by a SIGTERM of its own: its clients are closed with 1001."""
    async with (
        talking_across(shared) as (ann, bob, anns, _),
        hearing(ann) as (of_ann,),
    ):
        os.kill(pid_in(anns), signal.SIGTERM)
        await eventually(
            lambda: any(isinstance(event, Connected) for event in of_ann), "she is back"
        )
        await bob.send(ANN, "still there?")
        await eventually(lambda: shown(ann, BOB) == [(BOB, "still there?")], "she is")
        await eventually(
            lambda: len(shared.workers) == 2 and pid_in(anns) not in shared.workers, "a new one"
        )
    assert f"worker {pid_in(anns)} is gone (exit 0)" in shared.stop()[1]


async def test_the_connections_of_a_killed_worker_are_lost_at_once(
    store_url: str, site: str, tmp_path: Path, wires: Wires
) -> None:
    """Its customer's grace does not begin only when the lease has run out, 10 s later."""
    options = ("--redis", store_url, "--site", site, "--workers", "2", "--grace", "0.1")
    with serving(tmp_path / "data", *options) as server:
        async with entered(server, "agent", ANN) as (ann, anns):
            bob = await wires.enter(server, "customer", BOB)
            while bob.welcome["node"] == anns:
                await bob.socket.close()
                bob = await wires.enter(server, "customer", BOB)
            await bob.ask("request")
            await eventually(lambda: ann.chats, "she has his chat")
            os.kill(pid_in(bob.welcome["node"]), signal.SIGKILL)
            await eventually(lambda: not ann.chats, "his chat is closed", timeout=6)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all_of_them_cleanly(
    number: int, tmp_path: Path, wires: Wires
) -> None:
    """Every client is closed with 1001, it exits 0, no process is left; a Ctrl-C goes to all."""
    with serving(tmp_path / "data", "--workers", "2") as server:
        workers = server.workers
        silent = [await wires.open(server) for _ in range(CROWD)]
        os.killpg(server.process.pid, number)
        for wire in silent:
            assert await wire.closed() == protocol.CloseCode.GOING_AWAY
        status, logged = server.stop()
        assert status == 0
        assert "Traceback" not in logged
        assert "is gone" not in logged
        assert store_processes(server.data_dir) == []
        assert not any(alive(pid) for pid in workers)


async def test_no_worker_outlives_a_parent_that_is_killed(tmp_path: Path, wires: Wires) -> None:
    """Also not one that came later, or after a store that did; the next start has all there was."""
    data_dir = tmp_path / "data"
    with serving(data_dir, "--workers", "2") as server:
        victim = server.workers[0]
        os.kill(victim, signal.SIGKILL)
        await eventually(
            lambda: len(server.workers) == 2 and victim not in server.workers, "a new worker"
        )
        (store,) = store_processes(data_dir)
        os.kill(store, signal.SIGKILL)
        await eventually(lambda: store_processes(data_dir) not in ([], [store]), "a new store")
        async with talking_across(server) as (ann, bob, *_):
            await bob.send(ANN, "before")
            await eventually(lambda: shown(ann, BOB), "she has it")
            silent = await wires.open(server)
            workers = server.workers
            server.process.kill()
            server.process.wait()
            assert await silent.closed() == protocol.CloseCode.GOING_AWAY
        await eventually(lambda: not any(alive(pid) for pid in workers), "they end by themselves")
        port = server.port
    with serving(data_dir, "--workers", "2", "--port", str(port)) as server:
        async with server.client("customer", BOB) as bob:
            await bob.ready()
            page = await bob.history(ANN)
            assert [message.body for message in page.messages] == ["before"]
        assert server.stop()[0] == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_signal_while_it_starts_ends_it_as_well(workers: str, tmp_path: Path) -> None:
    """It does not wait until all is up, and leaves nothing."""
    with serving(tmp_path / "data", "--workers", workers, until="") as server:
        await eventually(lambda: store_processes(server.data_dir), "it is starting")
        status, logged = server.stop()
        assert (status, "Traceback" in logged) == (0, False)
        assert store_processes(server.data_dir) == []
        assert worker_processes(server.process.pid) == []


@pytest.mark.parametrize("theirs", ["1", "2"])
def test_a_port_that_is_taken_is_said_in_one_line(theirs: str, tmp_path: Path) -> None:
    """Also one that another server's workers share, beside whom the system would let us in."""
    with serving(tmp_path / "data", "--workers", theirs) as server:
        other = tmp_path / "other"
        said = imchat(
            "serve", "--workers", "2", "--port", str(server.port), "--data-dir", str(other)
        )
        assert said.returncode == 1
        assert f"cannot listen on 127.0.0.1:{server.port}" in said.stderr
        assert len(said.stderr.splitlines()) == 1
        assert store_processes(other) == []


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("redis://127.0.0.1:1/0", "the store does not answer"),
        ("nonsense", "'nonsense'"),
    ],
)
def test_a_store_that_cannot_be_used_is_said_in_one_line(
    option: str, words: str, tmp_path: Path
) -> None:
    """Once, not by each worker, and no worker is tried again and again."""
    said = imchat("serve", "--workers", "3", "--redis", option, "--data-dir", str(tmp_path))
    assert said.returncode == 1
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_set_up_that_went_bad_meanwhile_ends_the_command(tmp_path: Path) -> None:
    """A worker that has to be replaced and cannot be is no reason to try for ever."""
    with serving(tmp_path / "data", "--workers", "2") as server:
        secret = server.data_dir / "secret"
        secret.unlink()
        secret.mkdir()
        os.kill(server.workers[0], signal.SIGKILL)
        _, logged = server.process.communicate(timeout=30)
        assert server.process.returncode == 1
        assert logged.splitlines()[-1].startswith("imchat: no secret of a server can be read")
        assert worker_processes(server.process.pid) == store_processes(server.data_dir) == []


async def test_metrics_say_whose_they_are(shared: Serving, wires: Wires) -> None:
    """Whichever worker answers, each sample is of the node it names; together they are true."""
    for _ in range(20):
        await wires.open(shared)
    open_at: dict[str, float] = {}

    async def are_known() -> bool:
        _, _, text = await http_get(shared.port, "/metrics")
        found = re.search(r'^imchat_connections\{node="([^"]+)"\} (\S+)$', text, re.MULTILINE)
        assert found is not None, text
        open_at[found[1]] = float(found[2])
        return len(open_at) == 2 and sum(open_at.values()) == 20

    await eventually(are_known, "each has answered, and together they have all")
    assert {pid_in(node) for node in open_at} == set(shared.workers)


def test_a_line_of_the_log_says_which_process_it_is_from(tmp_path: Path) -> None:
    """All write to one standard error, in the format that was chosen."""
    with serving(tmp_path / "data", "--workers", "2", "--log-format", "json") as server:
        workers = server.workers
        lines = [json.loads(line) for line in server.stop()[1].splitlines()]
    assert {line["pid"] for line in lines if "listening" in line["message"]} == set(workers)
    with serving(tmp_path / "data", "--workers", "2") as server:
        workers = server.workers
        lines = server.stop()[1].splitlines()
    assert {int(line.split()[2]) for line in lines} == set(workers)


@pytest.fixture
def two(store_url: str, site: str, tmp_path: Path) -> ServerSettings:
    """Two workers on the test's site."""
    return ServerSettings(redis=store_url, site=site, port=0, data_dir=tmp_path, workers=2)


async def test_a_worker_that_hangs_does_not_hold_up_the_end(
    two: ServerSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is killed when it has had its time."""
    monkeypatch.setattr(workers_module, "END_S", 0.5)
    async with workers_module.serving(two):
        hanging, other = worker_processes(os.getpid())
        os.kill(hanging, signal.SIGSTOP)
    assert not alive(hanging)
    assert not alive(other)
    assert f"worker {hanging} did not end" in caplog.text


async def test_workers_that_never_come_up_end_the_command(
    two: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that dies before any has served is not tried again: SetupError."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SetupError, match="before it could serve"):
        async with workers_module.serving(two):
            pass
