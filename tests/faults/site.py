"""A site under test: a store, nodes, and the proxies between them and their clients."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis

from imchat import tokens
from imchat.store.store import Rules, Store
from tests.cli.commands import store_processes
from tests.faults.processes import PACKAGE, Client, Node, Process, Valkey, end_all
from tests.proxy import Proxy, proxy_to
from tests.support import eventually

NODES = "imchat:{main}:nodes"
SOON_S = 30.0
TOKEN_TTL_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a site is built."""

    nodes: int = 2
    grace_s: float = 30
    embedded: bool = False
    """One server with its own store, which it restarts."""
    workers: int = 1
    """Of that server."""
    punctual: bool = True
    """Whether the store is there all the time, so that what is due is done in time."""


class Site:
    """Clients come by way of `front` or of `side`, which both lead to all nodes.

    Each node reaches the store by way of the proxy of its name in `to_store`.
    """

    def __init__(self, plan: Plan, directory: Path, stack: contextlib.AsyncExitStack) -> None:
        self.plan = plan
        self.directory = directory
        self.nodes: list[Node] = []
        self._valkey: Valkey | None = None
        self.front = Proxy()
        self.side = Proxy()
        self.to_store: dict[str, Proxy] = {}
        self.processes: list[Process] = []
        """All that ever ran, for their logs."""
        self._data_dir = directory / "data"
        """Of a server with its own store, also of one that goes on with what another left."""
        self._stack = stack
        self._secret = secrets.token_urlsafe(48)

    def token(self, role: str, uid: str) -> str:
        """A token that all nodes take, whatever their clocks say."""
        return tokens.mint(self._secret, tokens.identity(uid, role), ttl_s=TOKEN_TTL_S)

    async def start(self) -> None:
        """Start the store, the nodes, and the proxies."""
        self.front = await self._stack.enter_async_context(proxy_to())
        self.side = await self._stack.enter_async_context(proxy_to())
        if not self.plan.embedded:
            self._valkey = Valkey(self.directory)
            self.processes.append(self._valkey)
            await self._valkey.start()
        for _ in range(1 if self.plan.embedded else self.plan.nodes):
            await self.add_node()

    async def add_node(
        self, *, source: Path = PACKAGE, env: Mapping[str, str] | None = None
    ) -> Node:
        """Start a node more, to which clients are sent from now on."""
        name = f"node-{len(self.processes)}"
        options = ["--grace", f"{self.plan.grace_s}", "--workers", f"{self.plan.workers}"]
        if self._valkey is not None:
            proxy = await self._stack.enter_async_context(proxy_to(self.valkey.url))
            self.to_store[name] = proxy
            options += ["--redis", proxy.url]
        data_dir = self._data_dir if self.plan.embedded else self.directory / name
        data_dir.mkdir(mode=0o700, exist_ok=True)
        (data_dir / tokens.SECRET_FILE).write_text(self._secret + "\n")
        node = Node(name, self.directory, data_dir, *options, source=source, env=env)
        self.processes.append(node)
        await node.start()
        self.nodes.append(node)
        for proxy in (self.front, self.side):
            proxy.targets.append(node.url)
        return node

    def client(self, role: str, uid: str) -> Client:
        """A client in a process of its own, not yet started."""
        client = Client(self.directory, self.front.url, role, uid, self.token(role, uid))
        self.processes.append(client)
        return client

    @property
    def clients(self) -> list[Client]:
        """Those in processes of their own."""
        return [process for process in self.processes if isinstance(process, Client)]

    def forget(self, node: Node) -> None:
        """Send no more clients to a node."""
        self.nodes.remove(node)
        for proxy in (self.front, self.side):
            proxy.targets.remove(node.url)

    @property
    def store_url(self) -> str:
        """Of the store itself, past all proxies."""
        if self._valkey is not None:
            return self.valkey.url
        return f"unix://{self._data_dir / 'store' / 'valkey.sock'}"

    def store(self) -> Store:
        """The store as the nodes have it."""
        return Store(self.store_url, rules=Rules(grace_s=self.plan.grace_s))

    def redis(self) -> Redis:
        """A plain client of the store, past all proxies."""
        return Redis.from_url(self.store_url, decode_responses=True)

    async def has_nodes(self, count: int) -> None:
        """Wait until the store knows of so many nodes; the dead are known until they are swept."""
        async with self.redis() as redis:

            async def so_many() -> bool:
                return bool(await redis.zcard(NODES) == count)

            await eventually(so_many, f"there are {count} nodes", timeout=SOON_S)

    async def is_healthy(self, healthy: bool) -> None:
        """Wait until every node says so of itself (or not)."""
        wanted = 200 if healthy else 503
        for node in self.nodes:
            what = f"{node.name} is {'healthy' if healthy else 'not healthy'}"
            await eventually(partial(_says, node, wanted), what, timeout=SOON_S)

    @property
    def connections(self) -> int:
        """How many clients have ever connected."""
        return self.front.accepted + self.side.accepted

    @property
    def valkey(self) -> Valkey:
        """The store that all nodes share."""
        assert self._valkey is not None, "the node has its own"
        return self._valkey

    @property
    def embedded_pids(self) -> list[int]:
        """Of the store that the node started; none while there is none."""
        return store_processes(self._data_dir)

    @property
    def append_only_file(self) -> Path:
        """The one that the store, whosever it is, appends to now."""
        valkey = self._valkey
        directory = self._data_dir / "store" if valkey is None else valkey.directory
        return max((directory / "appendonlydir").glob("*.incr.aof"))

    def logs(self) -> str:
        """The end of every log."""
        return "\n".join(f"--- {process.name}\n{process.tail()}" for process in self.processes)

    async def end(self) -> None:
        """Kill all that runs."""
        await end_all(self.processes)
        for pid in self.embedded_pids:
            os.kill(pid, signal.SIGKILL)


async def _says(node: Node, status: int) -> bool:
    """Whether it answers so when it is asked for its health."""
    where = urlsplit(node.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return b" %d " % status in await reader.readline()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def running_site(plan: Plan) -> AsyncIterator[Site]:
    """A site in a directory of its own, until the end of the block, whatever happens."""
    directory = Path(tempfile.mkdtemp(prefix="imchat-faults-"))
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        site = Site(plan, directory, stack)
        try:
            await site.start()
            yield site
        finally:
            await site.end()
