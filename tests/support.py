"""What many tests need: waiting for a condition, a running node, tokens."""

import asyncio
import contextlib
import inspect
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, overload

from imchat import tokens
from imchat.client import Client
from imchat.server.node import Node, running
from imchat.settings import ServerSettings

TOKEN_TTL_S = 600
POLL_S = 0.01

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]], what: str, *, timeout: float = ...
) -> T: ...
@overload
async def eventually(condition: Callable[[], T], what: str, *, timeout: float = ...) -> T: ...
async def eventually(condition: Callable[[], Any], what: str, *, timeout: float = 10.0) -> Any:
    """Wait until `condition()` is true and give it. Fails with `what` after `timeout` seconds."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, f"never so: {what}"
        await asyncio.sleep(POLL_S)


def token_of(data_dir: Path, role: str, uid: str, **claims: Any) -> str:
    """A valid token for a uid, by the secret of the server that keeps its data there."""
    who = tokens.identity(uid, role, **claims)
    return tokens.mint(tokens.read_secret(data_dir), who, ttl_s=TOKEN_TTL_S)


class Server:
    """A node in this process, on the test's own site of the embedded Valkey."""

    def __init__(self, node: Node, data_dir: Path) -> None:
        self.node = node
        self.url = node.url
        self.data_dir = data_dir
        self.secret = tokens.read_secret(data_dir)

    def token(self, role: str, uid: str, **claims: Any) -> str:
        """A valid token for a uid."""
        return token_of(self.data_dir, role, uid, **claims)

    def client(self, role: str, uid: str, **claims: Any) -> Client:
        """A client of a uid, not yet entered."""
        return Client(self.url, self.token(role, uid, **claims))


class Restartable:
    """A server that a test stops and starts again, on the same port with the same secret."""

    def __init__(self, store_url: str, site: str, data_dir: Path) -> None:
        self._store_url, self._site, self._data_dir = store_url, site, data_dir
        self._port = 0
        self._up = contextlib.AsyncExitStack()

    async def start(self) -> Server:
        """Start it."""
        server = await self._up.enter_async_context(
            serving(self._store_url, self._site, data_dir=self._data_dir, port=self._port)
        )
        self._port = server.node.port
        return server

    async def stop(self) -> None:
        """Stop it; its clients are closed with 1001."""
        await self._up.aclose()


@contextlib.asynccontextmanager
async def serving(store_url: str, site: str, **settings: Any) -> AsyncIterator[Server]:
    """A server on a site of a running store, on a port of its own."""
    with tempfile.TemporaryDirectory(prefix="imchat-test-") as directory:
        data_dir = Path(directory)
        mine: dict[str, Any] = {"redis": store_url, "site": site, "port": 0, "data_dir": data_dir}
        wanted = ServerSettings(**mine | settings)
        async with running(wanted) as node:
            yield Server(node, wanted.data_dir)
