"""A server whose store takes a while to load: it listens at once, and lets nobody in too early."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imchat import protocol
from imchat.client import Disconnected
from imchat.server import loading as loading_module
from imchat.server.node import listening
from imchat.server.socket import CLOSE_TIMEOUT_S
from imchat.settings import ServerSettings
from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Store
from tests.cli.commands import LISTENS, READY, Serving, imchat, serving, store_processes
from tests.client.support import ANN, BOB, hearing, shown
from tests.server.wire import Wires, http_get, token
from tests.slow_store import SOON_S, slow_to_load
from tests.support import Server, eventually

LONG_S = 60.0
"""A load that a test does not wait for."""
WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


@contextlib.contextmanager
def loading(data_dir: Path, workers: str = "1", seconds: float = SOON_S) -> Iterator[Serving]:
    """A server that listens, while its store has about so long to load."""
    slow_to_load(data_dir, seconds)
    with serving(data_dir, "--workers", workers, until=LISTENS) as server:
        yield server


async def health(port: int) -> tuple[int, str]:
    """The status of a server's answer, and what it says of itself."""
    status, _, body = await http_get(port, "/healthz")
    return status, json.loads(body)["status"]


def last_words(server: Serving) -> tuple[int, str]:
    """How a server ends by itself: its exit status, and what it says, in one line."""
    _, logged = server.process.communicate(timeout=30)
    assert "Traceback" not in logged
    said = [line for line in logged.splitlines() if line.startswith("imchat: ")]
    assert said == logged.splitlines()[-1:]
    return server.process.returncode, said[0]


@WORKERS
async def test_it_listens_before_its_store_has_loaded(workers: str, tmp_path: Path) -> None:
    """Meanwhile /healthz is 503 and says why; it says when it is ready."""
    with loading(tmp_path / "data", workers) as server:
        assert await health(server.port) == (503, "loading")
        assert (await http_get(server.port, "/metrics"))[0] == 200
        server.hear(READY)
        assert await health(server.port) == (200, "ok")
        assert server.stop()[0] == 0


@WORKERS
async def test_who_comes_while_it_loads_is_let_in_when_it_has(
    workers: str, tmp_path: Path
) -> None:
    """On the connection on which they came, with what they asked behind their hello."""
    with loading(tmp_path / "data", workers) as server:
        async with (
            server.client("agent", ANN) as ann,
            server.client("customer", BOB) as bob,
            hearing(ann, bob) as heard,
        ):
            sent = asyncio.create_task(bob.request(topic="hello"))
            assert await health(server.port) == (503, "loading")
            await ann.ready()
            await bob.ready()
            await sent
            await eventually(lambda: shown(ann, BOB) == [(BOB, "hello")], "she has his chat")
            assert not [e for events in heard for e in events if isinstance(e, Disconnected)]


async def test_a_crowd_that_comes_while_it_loads_is_let_in_when_it_has(
    tmp_path: Path, wires: Wires
) -> None:
    """Also those who asked for more behind their hello; who has left meanwhile never was there."""
    with loading(tmp_path / "data") as server:
        crowd = [await wires.open(server) for _ in range(100)]
        for n, wire in enumerate(crowd):
            await wire.send("hello", token=token(server, "customer", f"c{n}"))
            await wire.send("request", ref="r")
        gone = await wires.open(server)
        await gone.send("hello", token=token(server, "customer", "gone"))
        assert await health(server.port) == (503, "loading")
        gone.socket.transport.abort()
        for wire in crowd:
            await wire.get("welcome")
            assert (await wire.until("waiting"))["ref"] == "r"
        text = (await http_get(server.port, "/metrics"))[2]
        for name in ("imchat_connections", "imchat_connections_opened_total"):
            assert any(line.startswith(name + "{") and line.endswith(" 100.0")
                       for line in text.splitlines()), text  # fmt: skip
        async with Store(f"unix://{server.data_dir}/store/valkey.sock") as store:
            assert await store.audit() == []


async def test_a_bad_hello_is_refused_although_it_loads(tmp_path: Path, wires: Wires) -> None:
    """Nobody needs the store to know a bad token."""
    with loading(tmp_path / "data", seconds=LONG_S) as server:
        wire = await wires.open(server)
        await wire.refused("hello", "unauthorized", token="nonsense")
        assert await wire.closed() == protocol.CloseCode.UNAUTHORIZED
        assert await health(server.port) == (503, "loading")


@pytest.fixture
async def unready(tmp_path: Path) -> AsyncIterator[Server]:
    """A server in this process, whose store loads."""
    slow_to_load(tmp_path / "data")
    async with listening(ServerSettings(port=0, data_dir=tmp_path / "data")) as node:
        yield Server(node, tmp_path / "data")


async def test_a_hello_waits_no_longer_than_its_client(
    unready: Server, wires: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told `unavailable` and to come again, with its ref; our client does, and comes in."""
    monkeypatch.setattr(loading_module, "PATIENCE_S", (0.1, 0.2))
    wire = await wires.open(unready)
    await wire.refused("hello", "unavailable", token=token(unready, "customer", "cai"))
    assert await wire.closed() == protocol.CloseCode.TRY_LATER
    async with unready.client("customer", BOB) as bob, hearing(bob) as (events,):
        await bob.ready()
        turned_away = [event for event in events if isinstance(event, Disconnected)]
        assert {event.reason for event in turned_away} == {
            "the store is still loading; come again soon"
        }


@WORKERS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_while_it_loads_ends_it_cleanly(
    workers: str, number: int, tmp_path: Path, wires: Wires
) -> None:
    """Who waits is closed with 1001, at once; it exits 0 and leaves nothing."""
    with loading(tmp_path / "data", workers, LONG_S) as server:
        wire = await wires.open(server)
        await wire.send("hello", token=token(server, "customer", BOB))
        silent = await wires.open(server)
        assert await health(server.port) == (503, "loading")
        server.process.send_signal(number)
        async with asyncio.timeout(CLOSE_TIMEOUT_S):  # what hangs is waited for so long
            assert await wire.closed() == await silent.closed() == protocol.CloseCode.GOING_AWAY
        _, logged = server.process.communicate(timeout=30)
        assert (server.process.returncode, "Traceback" in logged) == (0, False)
        assert store_processes(server.data_dir) == []


@WORKERS
async def test_a_store_that_dies_while_it_loads_ends_the_command(
    workers: str, tmp_path: Path, wires: Wires
) -> None:
    """In one line, with status 1; clients are told to come back."""
    with loading(tmp_path / "data", workers, LONG_S) as server:
        wire = await wires.open(server)
        await wire.send("hello", token=token(server, "customer", BOB))
        assert await health(server.port) == (503, "loading")
        (store,) = store_processes(server.data_dir)
        os.kill(store, signal.SIGKILL)
        status, said = last_words(server)
        assert (status, "ended before it had its data (exit -9)" in said) == (1, True)
        assert await wire.closed() == protocol.CloseCode.GOING_AWAY


async def test_a_worker_that_dies_while_it_loads_is_replaced(tmp_path: Path) -> None:
    """The load goes on, and the command with it."""
    with loading(tmp_path / "data", "2", LONG_S) as server:
        victim, other = server.workers
        os.kill(victim, signal.SIGKILL)
        await eventually(
            lambda: len(server.workers) == 2 and victim not in server.workers, "a new one"
        )
        assert other in server.workers
        assert await health(server.port) == (503, "loading")
        status, logged = server.stop()
        assert (status, f"worker {victim} is gone (exit -9)" in logged) == (0, True)


@WORKERS
def test_a_corrupt_file_ends_the_command(workers: str, tmp_path: Path) -> None:
    """In one line that has Valkey's own words and names its log; the file is as it was."""
    file = slow_to_load(tmp_path / "data", 0.1)
    good = file.read_bytes()
    file.write_bytes(good[:-100] + b"#" * 50 + good[-50:])
    with serving(tmp_path / "data", "--workers", workers, until="") as server:
        status, said = last_words(server)
        assert status == 1
        assert "Bad file format reading the append only file" in said
        assert said.endswith(str(server.data_dir / "store" / "valkey.log"))
        assert store_processes(server.data_dir) == []
    assert file.stat().st_size == len(good)


def test_a_second_server_is_refused_while_the_first_loads(tmp_path: Path) -> None:
    """It does not wait until it could know by the store."""
    with loading(tmp_path / "data", seconds=LONG_S) as server:
        said = imchat("serve", "--port", "0", "--data-dir", str(server.data_dir))
        assert said.returncode == 1
        assert f"another server (pid {server.process.pid}) uses" in said.stderr


@pytest.fixture
async def theirs(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    """A store that somebody else runs, and that loads."""
    slow_to_load(tmp_path / "theirs")
    store = EmbeddedStore(tmp_path / "theirs")
    await store.begin()
    yield store
    await store.stop()


@WORKERS
async def test_a_store_of_others_that_loads_is_waited_for(
    workers: str, theirs: EmbeddedStore, tmp_path: Path
) -> None:
    """`--redis` may start at the same time as the server."""
    await eventually((theirs.data_dir / "store" / "valkey.sock").exists, "it listens")
    options = ("--redis", theirs.url, "--workers", workers)
    with serving(tmp_path / "data", *options, until=LISTENS) as server:
        assert await health(server.port) == (503, "loading")
        async with server.client("customer", BOB) as bob:
            await bob.ready()
        server.hear(READY)
        assert server.stop()[0] == 0


@WORKERS
async def test_a_store_of_others_that_dies_while_it_loads_ends_the_command(
    workers: str, theirs: EmbeddedStore, tmp_path: Path
) -> None:
    """As one does that never answered."""
    await eventually((theirs.data_dir / "store" / "valkey.sock").exists, "it listens")
    options = ("--redis", theirs.url, "--workers", workers)
    with serving(tmp_path / "data", *options, until=LISTENS) as server:
        assert await health(server.port) == (503, "loading")
        (pid,) = store_processes(theirs.data_dir)
        os.kill(pid, signal.SIGKILL)
        status, said = last_words(server)
        assert (status, "the store does not answer" in said) == (1, True)


async def test_what_a_killed_server_left_loading_is_ended(tmp_path: Path) -> None:
    """The next start does not wait until it has loaded, only to end it and load again."""
    with loading(tmp_path / "data", seconds=LONG_S) as server:
        assert await health(server.port) == (503, "loading")
        (left,) = store_processes(server.data_dir)
        server.process.kill()
        server.process.wait()
    with serving(tmp_path / "data", until=LISTENS) as server:
        assert left not in store_processes(server.data_dir)
        assert await health(server.port) == (503, "loading")
