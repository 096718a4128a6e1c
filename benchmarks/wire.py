"""A client that costs little: websockets' Sans-I/O protocol in an asyncio one.

The load shares the machine with what it measures, so it must not be the larger part.
"""

import asyncio
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from imchat import protocol

Heard = Callable[["Wire", bytes], None]


class Wire(asyncio.Protocol):
    """One WebSocket. `heard` is called with each text frame, `lost` once at the end."""

    def __init__(self, url: str, heard: Heard, lost: Callable[["Wire"], None]) -> None:
        self._protocol = ClientProtocol(parse_uri(url))
        self._heard = heard
        self._lost = lost
        self._first: bytes | None = None

    def say(self, frame: protocol.Frame) -> None:
        """Send a frame; before the handshake is done, the first one after it."""
        self.write(protocol.encode(frame))

    def write(self, text: bytes) -> None:
        """The same with a text frame that is encoded already."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text)
            self._flush()
        else:
            self._first = text

    @property
    def how_it_ended(self) -> str:
        """What the server said before it was lost, for a person."""
        protocol = self._protocol
        if protocol.handshake_exc is not None or protocol.state is State.CONNECTING:
            return f"in the handshake: {protocol.handshake_exc or 'cut'}"
        return f"{protocol.close_rcvd or 'cut'}"

    def cut(self) -> None:
        """Lose the connection at once."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Response) and self._first is not None:
                self._protocol.send_text(self._first)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._heard(self, bytes(event.data))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


async def dial(
    url: str,
    first: protocol.Frame | bytes,
    heard: Heard,
    lost: Callable[[Wire], None],
    *,
    address: str,
) -> Wire:
    """Connect from a local address and say the first frame. Raises OSError."""
    target = urlsplit(url)
    assert target.hostname is not None
    assert target.port is not None
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(
        lambda: Wire(url, heard, lost), target.hostname, target.port, local_addr=(address, 0)
    )
    wire.write(first if isinstance(first, bytes) else protocol.encode(first))
    return wire


def kind_of(data: bytes) -> str:
    """The type of a frame."""
    return msgspec.json.decode(data, type=_Typed).type


class _Typed(msgspec.Struct):
    type: str
