"""The embedded Valkey as a real process."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from imchat import processes
from imchat.errors import SetupError
from imchat.store.embedded import EmbeddedStore
from tests.cli.commands import store_processes
from tests.slow_store import slow_to_load
from tests.support import eventually

CHILD = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from imchat.store.embedded import EmbeddedStore

async def main():
    embedded = EmbeddedStore(Path(sys.argv[1]))
    await embedded.start()
    async with Redis.from_url(embedded.url) as redis:
        await redis.set("kept", "yes")
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def is_kept(embedded: EmbeddedStore) -> bool:
    async with Redis.from_url(embedded.url) as redis:
        return bool(await redis.get("kept") == b"yes")


def start_and_kill_a_supervisor(data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, data_dir], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.kill()


async def keep(embedded: EmbeddedStore) -> None:
    async with Redis.from_url(embedded.url) as redis:
        await redis.set("kept", "yes")


async def test_what_was_stored_survives_a_restart(tmp_path: Path) -> None:
    """It is stopped with its server and has everything at the next start."""
    first = EmbeddedStore(tmp_path / "data")
    await first.start()
    await keep(first)
    await first.stop()
    assert store_processes(tmp_path / "data") == []
    second = EmbeddedStore(tmp_path / "data")
    await second.start()
    assert await is_kept(second)
    await second.stop()


@pytest.mark.parametrize("name", ["with space", 'with "quotes" and \\', "d" * 120])
async def test_any_directory_will_do(tmp_path: Path, name: str) -> None:
    """Also one whose path no socket may have; it is private, and nothing is left elsewhere."""
    embedded = EmbeddedStore(tmp_path / name)
    await embedded.start()
    await keep(embedded)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700
    assert (tmp_path / name / "store" / "appendonlydir").is_dir()
    reached = embedded._socket.reachable()
    await embedded.stop()
    assert not os.path.lexists(reached)  # noqa: ASYNC240 (one look)


async def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    """The second is told whose it is, and the first goes on."""
    first, second = EmbeddedStore(tmp_path), EmbeddedStore(tmp_path)
    await first.start()
    with pytest.raises(SetupError, match=f"pid {os.getpid()}"):
        await second.start()
    await keep(first)
    await first.stop()


async def test_an_orphan_is_ended_and_loses_nothing(tmp_path: Path) -> None:
    """A supervisor killed with -9 leaves a Valkey; the next start ends it and has its data."""
    start_and_kill_a_supervisor(tmp_path)
    (orphan,) = store_processes(tmp_path)
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    assert orphan not in store_processes(tmp_path)
    assert await is_kept(embedded)
    await embedded.stop()


async def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    """After a kill -9 of Valkey its supervisor brings it back with its data."""
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    supervising = asyncio.create_task(embedded.supervise())
    await keep(embedded)
    (old,) = store_processes(tmp_path)
    os.kill(old, signal.SIGKILL)

    def is_new() -> bool:
        return bool(store_processes(tmp_path)) and old not in store_processes(tmp_path)

    await eventually(is_new, "a new process")

    async def answers() -> bool:
        try:
            return await is_kept(embedded)
        except RedisError:
            return False  # it is loading, or not there yet

    await eventually(answers, "it answers with its data")
    await embedded.stop()
    await supervising


def test_one_that_dies_at_once_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several at a time, so that some are gone before they can be told how they are set up."""
    monkeypatch.setattr("imchat.store.embedded.find_binary", lambda: Path("/bin/true"))

    async def starts(number: int) -> None:
        embedded = EmbeddedStore(tmp_path / str(number))
        with pytest.raises(SetupError, match="ended before it had its data"):
            await embedded.start()
        await embedded.stop()

    async def all_start() -> None:
        await asyncio.gather(*map(starts, range(40)))

    processes.run(all_start())


async def test_a_truncated_file_is_still_read(tmp_path: Path) -> None:
    """A crash of the machine may cut the last entry; all before it is kept."""
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    await keep(embedded)
    async with Redis.from_url(embedded.url) as redis:
        await redis.set("cut", "x" * 100)
    await embedded.stop()
    (file,) = (tmp_path / "store" / "appendonlydir").glob("*.incr.aof")
    os.truncate(file, file.stat().st_size - 20)
    again = EmbeddedStore(tmp_path)
    await again.start()
    assert await is_kept(again)
    await again.stop()


async def test_who_waits_for_a_load_can_always_be_cancelled(tmp_path: Path) -> None:
    """Whenever it is told to; a server that stops would wait until all is loaded."""
    slow_to_load(tmp_path, 60.0)
    store = EmbeddedStore(tmp_path)
    await store.begin()
    try:
        await eventually((tmp_path / "store" / "valkey.sock").exists, "it listens")
        for turns in range(100):
            waiting = [asyncio.create_task(store.loaded()) for _ in range(8)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for each in waiting:
                each.cancel()
            _, running = await asyncio.wait(waiting, timeout=5)
            for each in running:
                each.cancel()
            assert not running, f"lost after {turns} turns of the loop"
    finally:
        await store.stop()
