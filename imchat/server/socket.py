"""One connection of a client: handshake, frames, keepalive and close, without a task or a timer.

What the library's Sans-I/O protocol decides is done here; the gateway's connections
say what is heard with.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from imchat import protocol
from imchat.protocol import CloseCode
from imchat.server.frames import PING, Reader, text_frames
from imchat.server.hub import MAX_WAITING, Outbox
from imchat.server.metrics import Metrics
from imchat.server.together import Flusher, Timers

KEEPALIVE_S = 20.0
"""Between pings, and the patience with the pong."""
HANDSHAKE_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 3.0
WRITE_BUFFER = 32 * 1024
"""Bytes in the transport from which on what is pushed waits in the outbox."""
END_OF_HEAD = b"\r\n\r\n"


@dataclass(slots=True)
class Shared:
    """What the connections of a node share."""

    hello_timeout_s: float
    metrics: Metrics
    flusher: Flusher = field(default_factory=Flusher)
    timers: Timers = field(default_factory=Timers)


class _Protocol(ServerProtocol):
    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Ours if it is offered; a client need not speak of it."""
        ours = Subprotocol(protocol.SUBPROTOCOL)
        return ours if ours in subprotocols else None


class Socket(asyncio.Protocol):
    """Bytes below, messages above: `requested`, `opened`, `heard` and `lost` are the owner's.

    What is pushed to `outbox` is sent at the end of the turn of the event loop, in one write.
    """

    __slots__ = (
        "_full", "_greeted", "_is_asked", "_is_lost", "_paused", "_pinged", "_protocol", "_reader",
        "_rest", "_shared", "_shut", "_transport", "due", "outbox",
    )  # fmt: skip

    outbox: Outbox
    _transport: asyncio.Transport

    def __init__(self, shared: Shared) -> None:
        self.due = 0
        self._shared = shared
        self._protocol = _Protocol(max_size=protocol.MAX_FRAME)
        self._reader: Reader | None = None  # once it is open
        self._rest = b""  # the last bytes of an unfinished head, or what came behind it
        self._is_asked = False
        self._full = False  # the transport takes nothing more
        self._paused = False
        self._shut = False  # nothing can be sent any more
        self._is_lost = False
        self._greeted = False
        self._pinged = False

    # --- what the owner does ---------------------------------------------------------------

    def requested(self, request: Request) -> None:
        """Answer this with `respond`, now or later."""
        raise NotImplementedError

    def opened(self) -> None:
        """It is a WebSocket now."""
        raise NotImplementedError

    def heard(self, data: str | bytes) -> None:
        """Take a message. Raises nothing."""
        raise NotImplementedError

    def lost(self) -> None:
        """The connection is gone, open or not."""
        raise NotImplementedError

    # --- what the owner may ask for ----------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it became a WebSocket."""
        return self._reader is not None

    @property
    def is_asked(self) -> bool:
        """Whether a request came, answered or not."""
        return self._is_asked

    @property
    def peer(self) -> str | None:
        """The address of the other side; None if it is lost already."""
        name = self._transport.get_extra_info("peername")
        return name[0] if name else None

    def accept(self, request: Request) -> Response:
        """The answer that opens a WebSocket, or says why this is none."""
        return self._protocol.accept(request)

    def refuse(self, status: HTTPStatus, text: str) -> Response:
        """A plain answer instead."""
        return self._protocol.reject(status, text)

    def respond(self, response: Response) -> None:
        """Answer the request."""
        if self._shut or self._protocol.state is not State.CONNECTING:
            return
        self._protocol.send_response(response)
        self._reply()
        rest, self._rest = self._rest, b""
        self.go_on()
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._reader = Reader(self._protocol)
            self._wait(self._shared.hello_timeout_s)
            self.opened()
            if rest:
                self._read(rest)

    def pause(self) -> None:
        """Read no more for now."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Cut it."""
        self._shut = True
        if not self._is_lost:
            self._transport.abort()

    def flush(self) -> None:
        """Send what waits, then the close."""
        outbox = self.outbox
        if self._shut:
            outbox.take()
        elif not self._full:
            messages = outbox.take()
            if messages:
                self._transport.write(text_frames(messages))
                self._shared.metrics.frames_sent += len(messages)
            if outbox.closing is not None and self._protocol.state is State.OPEN:
                self._protocol.send_close(*outbox.closing)
                self._reply()

    def late(self) -> None:
        """What was waited for did not come in time; or it is time for a ping."""
        if self._reader is None or self._shut or self.outbox.closing is not None:
            self.abort()
        elif not self._greeted:
            self.outbox.close(CloseCode.HELLO_TIMEOUT, "no hello in time")
        elif self._pinged and not self._reader.ponged:
            self.outbox.close(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")
        else:
            self._pinged, self._reader.ponged = True, False
            self._transport.write(PING)
            self._wait(KEEPALIVE_S)

    # --- what the event loop tells -------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._transport.set_write_buffer_limits(WRITE_BUFFER)
        self.outbox = Outbox(
            secrets.token_hex(8),
            self._closes,
            held=self._transport.get_write_buffer_size,
            touches=self._touches,
        )
        self._wait(HANDSHAKE_TIMEOUT_S)

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            self._shake(data)
        else:
            self._read(data)

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._reply()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = self._shut = True
        self._shared.timers.clear(self)
        # Both refer to their protocol: no cycle is to keep it.
        self._protocol.parser.close()
        self._protocol.parser_exc = None
        self.lost()

    # --- how -----------------------------------------------------------------------------------

    def _shake(self, data: bytes) -> None:
        """Feed the library the head of the request, and what comes behind only once it opened."""
        if self._is_asked:
            if self._protocol.eof_sent:
                self._protocol.receive_data(data)
            else:
                self._rest += data
            return
        near = self._rest + data
        end = near.find(END_OF_HEAD)
        if end < 0:
            head, self._rest = data, near[-3:]
        else:
            cut = end + len(END_OF_HEAD) - len(self._rest)
            head, self._rest = data[:cut], data[cut:]
            self._is_asked = True
        self._protocol.receive_data(head)
        self._reply()
        for event in self._protocol.events_received():
            assert isinstance(event, Request)
            self.requested(event)

    def _read(self, data: bytes) -> None:
        assert self._reader is not None
        messages = self._reader.read(data)
        if messages and not self._greeted:
            self._greeted = True
            if self.outbox.closing is None:
                self._wait(KEEPALIVE_S)
        for message in messages:
            self.heard(message)
        if self._protocol.writes:
            self.flush()
            self._reply()

    def _reply(self) -> None:
        """Send what the library answers: pongs, closes, the end."""
        for data in self._protocol.data_to_send():
            if self._shut or self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            else:
                self._send_eof()
        if not self._shut and self._transport.get_write_buffer_size() > MAX_WAITING:
            self.outbox.overflow()  # of pongs that it does not read
            self.pause()

    def _send_eof(self) -> None:
        self._shut = True
        self._transport.write_eof()
        self._wait(CLOSE_TIMEOUT_S)

    def _touches(self) -> None:
        self._shared.flusher.touch(self)

    def _closes(self) -> None:
        # It learns why only if it reads on; if not, the socket is cut.
        self._shared.metrics.slow_clients_closed += self.outbox.overflowed
        if not self._is_lost:
            self._wait(CLOSE_TIMEOUT_S)

    def _wait(self, seconds: float) -> None:
        self._shared.timers.set(self, asyncio.get_running_loop().time() + seconds)
