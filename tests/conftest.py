"""A real Valkey for every test, a site of its own, and a look at its indexes afterwards."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from imchat.store.embedded import EmbeddedStore
from imchat.store.store import Rules, Store
from tests.support import Restartable, Server, serving

NEVER_S = 1e9
"""A test that moves the clock does not mean that nobody swept meanwhile."""


@pytest.fixture(scope="session")
async def store_url() -> AsyncIterator[str]:
    """The embedded Valkey of this test session."""
    with tempfile.TemporaryDirectory(prefix="imchat-test-") as directory:
        embedded = EmbeddedStore(Path(directory))
        await embedded.start()
        async with Redis.from_url(embedded.url) as redis:
            # What outlives a crash is asked of stores of their own; this one need not wait.
            await redis.config_set("appendfsync", "no")
        yield embedded.url
        await embedded.stop()


@pytest.fixture
async def site(store_url: str) -> AsyncIterator[str]:
    """A site of the test's own; every index of it must agree with every other at the end."""
    name = f"test-{secrets.token_hex(6)}"
    yield name
    async with Store(store_url, site=name) as store:
        await store.library.load()
        faults = await store.audit()
    async with Redis.from_url(store_url) as redis:
        keys = [key async for key in redis.scan_iter(f"imchat:{{{name}}}:*", count=1000)]
        if keys:
            await redis.delete(*keys)
    assert faults == []


@pytest.fixture
async def store(store_url: str, site: str) -> AsyncIterator[Store]:
    """The store of the test's site."""
    async with Store(store_url, site=site, rules=Rules(pause_s=NEVER_S)) as store:
        await store.library.load()
        yield store


@pytest.fixture
async def server(store_url: str, site: str) -> AsyncIterator[Server]:
    """A server with its default settings on the test's site."""
    async with serving(store_url, site) as server:
        yield server


@pytest.fixture
async def restartable(store_url: str, site: str, tmp_path: Path) -> AsyncIterator[Restartable]:
    """A server on the test's site that can be stopped and started."""
    server = Restartable(store_url, site, tmp_path)
    yield server
    await server.stop()
