"""A chat on python-socketio: a room for each uid, and the Redis manager between servers.

Runs in the peers' environment, with the URL of a Valkey; it prints the port.
"""

import socket
import sys
from typing import Any

import socketio
import uvicorn

CONNECTIONS = 1_000
"""To the store; beyond redis-py's own limit of 100 the manager would begin anew each time."""

sio = socketio.AsyncServer(
    async_mode="asgi",
    client_manager=socketio.AsyncRedisManager(
        sys.argv[1], redis_options={"max_connections": CONNECTIONS}
    ),
    transports=["websocket"],
)


@sio.event  # type: ignore[untyped-decorator, unused-ignore]
async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, str]) -> None:
    await sio.enter_room(sid, auth["uid"])


@sio.event  # type: ignore[untyped-decorator, unused-ignore]
async def message(_sid: str, data: dict[str, str]) -> None:
    await sio.emit("message", data, to=data["to"])


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        socketio.ASGIApp(sio), loop="uvloop", log_level="critical", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listening])
