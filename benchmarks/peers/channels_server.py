"""A chat on Django Channels: a group for each uid, in the channel layer of channels_redis.

Runs in the peers' environment, with the URL of a Valkey; it prints the port. It is spoken
to as the bare relay is.
"""

import base64
import json
import socket
import sys
from typing import Any

import django
import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

CAPACITY = 10_000
"""Messages under way; by default the layer drops what comes beyond 100."""


class Chat(AsyncWebsocketConsumer):  # type: ignore[misc, unused-ignore]
    """One connection."""

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        frame = json.loads(text_data)
        if frame["type"] == "hello":
            claims = frame["token"].split(".")[1]
            uid = json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]
            await self.channel_layer.group_add(uid, self.channel_name)
            await self.send('{"type":"welcome"}')
        else:
            event = {"type": "chat.message", "text": text_data}
            await self.channel_layer.group_send(frame["to"], event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(event["text"])


if __name__ == "__main__":
    layer = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [sys.argv[1]], "capacity": CAPACITY},
    }
    settings.configure(CHANNEL_LAYERS={"default": layer})
    django.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        Chat.as_asgi(), loop="uvloop", lifespan="off", log_level="critical", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listening])
