"""A pair that speaks Socket.IO over WebSocket: `python -m benchmarks.peers.socketio_load`.

Frames of Engine.IO 4: `0` opens, `2` asks whether one lives and `3` says so. In a message,
`4`, those of Socket.IO: `0` connects, `2` is an event with the number under which it will
be acked, and `3` acks it.
"""

import asyncio

from benchmarks.load import BODY, Pair, id_in, lost, main
from benchmarks.wire import Wire, dial
from imchat.tokens import uid_in


class SocketIoPair(Pair):
    """A customer that knows its agent's room."""

    _customer: Wire

    async def begin(self, tokens: tuple[str, str]) -> None:
        """Connect both."""
        [url] = self.task.urls
        self._to = uid_in(tokens[1]).encode()
        for token in reversed(tokens):
            self._connected = asyncio.Event()
            hello = b'40{"uid":"%s"}' % uid_in(token).encode()
            self._customer = await dial(url, hello, self._heard, lost, address="127.0.0.1")
            await self._connected.wait()

    def write(self, id: int) -> None:
        self._customer.write(
            b'42%d["message",{"id":"%d","to":"%s","body":"%s"}]' % (id, id, self._to, BODY)
        )

    def _heard(self, wire: Wire, data: bytes) -> None:
        if data.startswith(b"42"):
            self.delivered(id_in(data))
        elif data.startswith(b"43"):
            self.acked(data[2 : data.index(b"[")])
        elif data.startswith(b"40"):
            self._connected.set()
        elif data == b"2":
            wire.write(b"3")


if __name__ == "__main__":
    main(SocketIoPair)
