"""A client of nothing but bytes: frames of any kind, right or wrong, and what comes back."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from tests.server.wire import SOON_S, Served

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x01\xfe\x37\x80"
REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """The bytes of a frame; `reserved` are its three bits."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = bytes((first, mask_bit | len(payload)))
    elif len(payload) < 2**16:
        head = struct.pack("!BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, len(payload))
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[n % 4] for n, byte in enumerate(payload))


class ByteWire:
    """One connection after its handshake. Every wait has a deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Send these bytes."""
        self._writer.write(data)

    async def drained(self) -> None:
        """Let them go out by themselves."""
        await self._writer.drain()
        await asyncio.sleep(0)  # which drain() does not do while there is room

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame, which is whole and unmasked."""
        async with asyncio.timeout(SOON_S):
            first, length = await self._reader.readexactly(2)
            assert first & 0xF0 == 0x80
            if length == 126:
                [length] = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                [length] = struct.unpack("!Q", await self._reader.readexactly(8))
            assert length < 2**32
            return first & 0x0F, await self._reader.readexactly(length)

    async def message(self) -> dict[str, Any]:
        """The next frame, which is a text frame with a JSON object."""
        opcode, payload = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        found = json.loads(payload)
        assert isinstance(found, dict)
        return found

    async def closed(self) -> int:
        """Read on to the close and the end behind it; gives the code."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                assert await self.ended()
                return int.from_bytes(payload[:2], "big")

    def pause(self) -> None:
        """Read nothing from now on."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def write_eof(self) -> None:
        """Send nothing more, and read on."""
        self._writer.write_eof()

    async def ended(self) -> bool:
        """Whether the server has nothing more to say."""
        async with asyncio.timeout(SOON_S):
            return await self._reader.read() == b""

    async def over(self) -> None:
        """Read to the end, however it ends."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(SOON_S):
                await self._reader.read()

    async def opens(self) -> None:
        """Read that the handshake is done."""
        async with asyncio.timeout(SOON_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head


@contextlib.asynccontextmanager
async def dialled(server: Served) -> AsyncIterator[ByteWire]:
    """A connection that has said nothing yet."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield ByteWire(reader, writer)
    finally:
        writer.transport.abort()


@contextlib.asynccontextmanager
async def opened(server: Served, *, behind: bytes = b"", cut: int = 0) -> AsyncIterator[ByteWire]:
    """A connection after its handshake.

    `behind` is sent in the segment of the request; `cut` has that many bytes of the
    request come in a segment of their own with it.
    """
    async with dialled(server) as wire:
        if cut:
            wire.write(REQUEST[:-cut])
            await wire.drained()
        wire.write(REQUEST[-cut:] + behind)
        await wire.opens()
        yield wire
