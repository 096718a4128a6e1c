"""WebSocket frames: messages out of bytes, and text frames as bytes (RFC 6455, 5)."""

from collections.abc import Iterable

from websockets.frames import CloseCode, Frame, Opcode
from websockets.server import ServerProtocol

from imchat.protocol import MAX_FRAME

try:
    from websockets.speedups import apply_mask
except ImportError:  # without its C extension
    from websockets.utils import apply_mask

PING = b"\x89\x00"

_TEXT = 0x81
"""The first byte of a text frame that is a whole message."""
_MASKED = 0x80
_OPCODES = frozenset(Opcode)
_SHORT = [bytes((_TEXT, length)) for length in range(126)]


def text_frames(messages: Iterable[bytes]) -> bytes:
    """These messages as unmasked text frames, one behind the other."""
    parts: list[bytes] = []
    for message in messages:
        parts += (_header(len(message)), message)
    return b"".join(parts)


def _header(length: int) -> bytes:
    if length < 126:
        return _SHORT[length]
    if length < 2**16:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


class Reader:
    """The messages in the bytes of an open connection.

    Text frames that are whole, which is nearly all that comes, are read here. Anything
    else is left to the library: control frames, fragments, whatever is against the
    rules. It is always fed up to the end of a frame, so that both see the next one begin.
    `ponged` is set by a pong. What is to be answered is in the protocol's data_to_send().
    """

    __slots__ = ("_begun", "_fragments", "_is_text", "_owed", "_protocol", "ponged")

    def __init__(self, protocol: ServerProtocol) -> None:
        self.ponged = False
        self._protocol = protocol
        self._begun = b""  # the first bytes of a frame whose length they do not tell yet
        self._owed = 0  # bytes of a frame that the library has the first ones of
        self._fragments: bytearray | None = None
        self._is_text = True

    def read(self, data: bytes) -> list[str | bytes]:
        """The messages that are now whole: str of text frames, bytes of binary ones."""
        messages: list[str | bytes] = []
        at = 0
        if self._owed:
            at = min(self._owed, len(data))
            self._owed -= at
            self._feed(data[:at], messages)
        elif self._begun:
            data, self._begun = self._begun + data, b""
        while at < len(data) and not self._protocol.eof_sent:
            body, end = _extent(data, at)
            if not end:
                if _is_against_the_rules(data, at):
                    self._feed(data[at:], messages)
                else:
                    self._begun = data[at:]
                break
            if end > len(data) or not self._is_plain(data, at, end - body):
                self._owed = max(0, end - len(data))
                self._feed(data[at:end], messages)
            else:
                self._add(apply_mask(data[body:end], data[body - 4 : body]), messages)
            at = end
        return messages

    def _is_plain(self, data: bytes, at: int, length: int) -> bool:
        return (
            data[at] == _TEXT
            and data[at + 1] >= _MASKED
            and length <= MAX_FRAME
            and self._fragments is None
        )

    def _feed(self, data: bytes, messages: list[str | bytes]) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode is Opcode.PONG:
                self.ponged = True
            elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._join(event, messages)

    def _join(self, frame: Frame, messages: list[str | bytes]) -> None:
        if self._fragments is None:
            self._fragments = bytearray()
            self._is_text = frame.opcode is Opcode.TEXT
        self._fragments += frame.data
        if frame.fin:
            message, self._fragments = bytes(self._fragments), None
            if self._is_text:
                self._add(message, messages)
            else:
                messages.append(message)

    def _add(self, text: bytes, messages: list[str | bytes]) -> None:
        try:
            messages.append(text.decode())
        except UnicodeDecodeError as error:
            if not self._protocol.eof_sent:
                reason = f"{error.reason} at position {error.start}"
                self._protocol.fail(CloseCode.INVALID_DATA, reason)


def _is_against_the_rules(data: bytes, at: int) -> bool:
    """Whether a frame of which its length is still to come can be refused already."""
    return len(data) > at + 1 and (
        data[at + 1] < _MASKED or data[at] & 0x0F not in _OPCODES
    )


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` begins and ends; zeros if it does not say yet."""
    said = at + 2
    if len(data) < said:
        return 0, 0
    length = data[at + 1] & 0x7F
    if length >= 126:
        said += 2 if length == 126 else 8
        if len(data) < said:
            return 0, 0
        length = int.from_bytes(data[at + 2 : said], "big")
    body = said + 4  # behind the mask
    return body, body + length
