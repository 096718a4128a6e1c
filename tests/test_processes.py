"""How a service is started and stopped, and how one process of ours starts another."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from imchat import processes
from imchat.settings import ServerSettings


class Service:
    """Something that is started and stopped, and that may not come up."""

    def __init__(self, *, comes_up: bool = True) -> None:
        self.events: list[str] = []
        self._comes_up = comes_up

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        self.events.append("starting")
        try:
            if not self._comes_up:
                await asyncio.Event().wait()
            yield "ready"
            for _ in range(10):
                await asyncio.sleep(0)  # a cancellation would come here
            self.events.append("drained")
        finally:
            self.events.append("stopped")


async def test_a_service_that_serves_is_left_to_stop_by_itself() -> None:
    """What it gives is told once, and its end is not cut short."""
    service, stop = Service(), asyncio.Event()

    def ready(what: str) -> None:
        service.events.append(what)
        stop.set()

    await processes.serve_until(stop, service.serving(), ready)
    assert service.events == ["starting", "ready", "drained", "stopped"]


async def test_a_service_that_does_not_come_up_is_cancelled() -> None:
    """A stop is heeded while it starts as well."""
    service, stop = Service(comes_up=False), asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stop.set)
    await processes.serve_until(stop, service.serving(), service.events.append)
    assert service.events == ["starting", "stopped"]


async def test_who_waits_for_a_service_is_cancelled_with_it() -> None:
    """It has stopped when the cancellation comes out."""
    service, ready = Service(), asyncio.Event()
    serving = asyncio.create_task(
        processes.serve_until(asyncio.Event(), service.serving(), lambda _: ready.set())
    )
    await ready.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert service.events == ["starting", "stopped"]


async def test_what_a_service_fails_with_comes_out_as_itself() -> None:
    """Also when it is ready."""

    def fail(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await processes.serve_until(asyncio.Event(), Service().serving(), fail)


@pytest.mark.parametrize("name", [b"data", "数据".encode(), b"not \xff text"])
def test_an_errand_arrives_as_it_was_given(name: bytes) -> None:
    """A path is bytes, which need be no text."""
    settings = ServerSettings(data_dir=Path(os.fsdecode(b"/srv/" + name)), redis="redis://x")
    line = processes._line(settings)
    assert line.endswith(b"\n")
    arrived = msgspec.json.decode(line, type=ServerSettings, dec_hook=processes._path)
    assert arrived == settings


def test_children_that_die_at_once_are_heard_of_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many at a time, so that some are gone before they can be told their errand."""
    monkeypatch.setattr(sys, "executable", "/bin/true")

    async def dies() -> tuple[bytes, int]:
        child = await processes.start("anything", {"an": "errand"})
        return await child.hear(), await child.wait()

    async def all_die() -> list[tuple[bytes, int]]:
        return await asyncio.gather(*(dies() for _ in range(50)))

    assert processes.run(all_die()) == [(b"", 0)] * 50
