"""A bare relay on `websockets.asyncio.server`: what any chat server in the ordinary way costs.

It passes a message on to whom it is for and does nothing else: no storage, no ack, no
check of who may. `python -m benchmarks.relay` prints the port that it listens on.
"""

import asyncio
import signal

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from imchat import tokens

_sockets: dict[str, ServerConnection] = {}


class Frame(msgspec.Struct):
    """What a relay must know of a frame."""

    type: str
    to: str = ""
    token: str = ""


_decode = msgspec.json.Decoder(Frame).decode


async def relay(socket: ServerConnection) -> None:
    """One connection."""
    async for data in socket:
        frame = _decode(data)
        if frame.type == "hello":
            _sockets[tokens.uid_in(frame.token)] = socket
            await socket.send('{"type":"welcome"}')
        else:
            await _sockets[frame.to].send(data)


async def main() -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serve(relay, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(main())
