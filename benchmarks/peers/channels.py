"""Django Channels with channels_redis on uvicorn: acked by nobody, stored nowhere."""

import contextlib
from collections.abc import AsyncIterator

from benchmarks.peers.environment import port_in, python, valkey
from benchmarks.servers import SECRET, Running, process


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """One server and its Valkey. Raises NotHere."""
    command = python()
    with valkey() as (store, store_pid):
        async with process(
            "-m", "benchmarks.peers.channels_server", store, python=command
        ) as (server, said):
            url = f"ws://127.0.0.1:{port_in(said)}/ws"
            yield Running([url], [server.pid], store_pid, SECRET, relay=True)
