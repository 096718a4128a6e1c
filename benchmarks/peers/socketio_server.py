"""A chat on python-socketio: a room for each uid, and the Redis manager between servers.

Runs in the peers' environment, with the URL of a Valkey; it prints the port.
"""

import socket
import sys
from typing import Any

import socketio
import uvicorn

sio = socketio.AsyncServer(
    async_mode="asgi",
    client_manager=socketio.AsyncRedisManager(sys.argv[1]),
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
