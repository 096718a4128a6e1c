"""`imchat doctor` as a process, beside servers that run."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis

from imchat.client import Client
from imchat.ids import Uid
from imchat.store.library import source
from tests.cli.commands import Serving, imchat, serving, store_processes
from tests.support import token_of


def client(server: Serving, role: str, uid: str) -> Client:
    """A client of the server."""
    return Client(server.url, token_of(server.data_dir, role, uid))


@contextlib.contextmanager
def store_of(server: Serving) -> Iterator["Redis"]:
    """The server's own store, to be broken by hand."""
    with Redis.from_url(f"unix://{server.data_dir / 'store' / 'valkey.sock'}") as redis:
        yield redis


@contextlib.asynccontextmanager
async def chatting(data_dir: Path, *options: str) -> AsyncIterator[Serving]:
    """A server on which bob has written two messages to ann, who serves him."""
    with serving(data_dir, *options) as server:
        async with client(server, "agent", "ann") as ann, client(server, "customer", "bob") as bob:
            await ann.ready()
            await bob.request()
            for body in ("one", "two"):
                await bob.send(Uid("ann"), body)
            yield server


async def test_a_sound_site_is_one_line_and_exits_0(tmp_path: Path) -> None:
    """It says what was looked at, and the server goes on as if nothing were."""
    async with chatting(tmp_path / "data") as server:
        said = await asyncio.to_thread(imchat, "doctor", "--data-dir", str(server.data_dir))
        assert (said.returncode, said.stderr) == (0, "")
        [line] = said.stdout.splitlines()
        assert line == (
            "site main has no faults. Looked at, as of one moment: nodes: 1, connections: 2,"
            " agents: 1, active chats: 1, waiting chats: 0; then one by one: closed chats: 0,"
            " conversations: 1, messages: 2."
        )
        assert len(store_processes(server.data_dir)) == 1


async def test_faults_are_a_line_each_and_exit_1(tmp_path: Path) -> None:
    """On standard output, and nothing else there."""
    async with chatting(tmp_path / "data") as server:
        with store_of(server) as redis:
            redis.hset("imchat:{main}:agent:ann", "capacity", 0)
            redis.hdel("imchat:{main}:history:ann:bob", "1")
        said = await asyncio.to_thread(imchat, "doctor", "--data-dir", str(server.data_dir))
        assert (said.returncode, said.stderr) == (1, "")
        assert set(said.stdout.splitlines()) == {
            "agent ann holds 1 of 0",
            "agent ann: bucket default:1 is wrong",
            "desk default does not know agent ann as it is",
            "conversation ann:bob: message 1 was acked and is gone",
        }


async def test_another_store_and_another_site_can_be_named(tmp_path: Path) -> None:
    """By its URL; a site that is not there is not called sound."""
    async with chatting(tmp_path / "data", "--site", "shop") as server:
        url = f"unix://{server.data_dir / 'store' / 'valkey.sock'}"
        named = ["doctor", "--redis", url, "--data-dir", str(tmp_path / "elsewhere")]
        said = await asyncio.to_thread(imchat, *named, "--site", "shop")
        assert said.returncode == 0
        assert said.stdout.startswith("site shop has no faults. ")
        said = await asyncio.to_thread(imchat, *named)
        assert (said.returncode, said.stdout) == (1, "")
        assert said.stderr == "imchat: this store has no site 'main'\n"


async def test_a_socket_with_a_long_path_is_reached(tmp_path: Path) -> None:
    """As the server itself reaches it."""
    async with chatting(tmp_path / ("d" * 120)) as server:
        said = await asyncio.to_thread(imchat, "doctor", "--data-dir", str(server.data_dir))
        assert said.returncode == 0, said.stderr


async def test_servers_of_another_release_do_not_matter(tmp_path: Path) -> None:
    """It brings its own functions and leaves theirs as they are."""
    name, code = source()
    async with chatting(tmp_path / "data") as server:
        with store_of(server) as redis:
            redis.function_load(code.replace(name, "imchat_another"))
            redis.function_delete(name)
            said = await asyncio.to_thread(imchat, "doctor", "--data-dir", str(server.data_dir))
            assert said.returncode == 0, said.stderr
            assert redis.function_list("imchat_another")


async def test_a_store_that_is_full_is_looked_at(tmp_path: Path) -> None:
    """It takes nothing more, and nothing more is asked of it."""
    async with chatting(tmp_path / "data") as server:
        with store_of(server) as redis:
            redis.config_set("maxmemory", 1)
            said = await asyncio.to_thread(imchat, "doctor", "--data-dir", str(server.data_dir))
            redis.config_set("maxmemory", 0)
        assert said.returncode == 0, said.stderr


async def test_the_store_that_a_killed_server_left_is_looked_at(tmp_path: Path) -> None:
    """It is neither ended nor taken over."""
    async with chatting(tmp_path / "data") as server:
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    (left,) = store_processes(server.data_dir)
    said = imchat("doctor", "--data-dir", str(server.data_dir))
    assert said.returncode == 0, said.stderr
    assert store_processes(server.data_dir) == [left]
    with serving(server.data_dir):  # which ends what was left
        pass


@pytest.mark.parametrize("was_there", [True, False], ids=["it was there", "it was not"])
def test_without_a_server_nothing_is_started(tmp_path: Path, was_there: bool) -> None:
    """One line, and the directory is as it was."""
    data_dir = tmp_path / "data"
    if was_there:
        with serving(data_dir):
            pass
    before = sorted(tmp_path.rglob("*"))
    said = imchat("doctor", "--data-dir", str(data_dir))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("imchat: no server with a store of its own runs there (")
    assert len(said.stderr.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


async def old_store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A Redis 7, as far as it is asked."""
    while header := await reader.readline():
        words = []
        for _ in range(int(header[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        if words[0] == b"INFO":
            writer.write(b"$19\r\nredis_version:7.2.5\r\n")
        elif words[0] == b"HELLO":
            writer.write(b"%1\r\n+proto\r\n:3\r\n")
        else:
            writer.write(b"+OK\r\n")
    writer.close()


async def test_a_store_that_is_too_old_is_said(tmp_path: Path) -> None:
    """One line says what is needed."""
    async with await asyncio.start_server(old_store, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await asyncio.to_thread(imchat, "doctor", "--redis", f"redis://127.0.0.1:{port}/0")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "imchat: the store is too old: imchat needs a Valkey 9 or a Redis 8\n"
