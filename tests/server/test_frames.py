"""Messages out of bytes: what is read here is read as the library reads it. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from imchat.protocol import MAX_FRAME
from imchat.server.frames import Reader, text_frames
from tests.server.bytewire import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame

Message = str | bytes


def opened() -> ServerProtocol:
    """A connection after its handshake."""
    return ServerProtocol(state=State.OPEN, max_size=MAX_FRAME)


def read_here(segments: list[bytes]) -> tuple[list[Message], list[bytes], int | None]:
    """Messages, what is answered, and the code of its close."""
    protocol = opened()
    reader = Reader(protocol)
    messages = [message for segment in segments for message in reader.read(segment)]
    return messages, *_said(protocol)


def read_by_the_library(data: bytes) -> tuple[list[Message], list[bytes], int | None]:
    """The same, by nothing but the library; a byte at a time, so that each frame is seen alone."""
    protocol = opened()
    messages: list[Message] = []
    begun: list[Frame] = []
    for n in range(len(data)):
        protocol.receive_data(data[n : n + 1])
        for event in protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                continue
            begun.append(event)
            if not event.fin:
                continue
            whole = b"".join(bytes(part.data) for part in begun)
            is_text = begun[0].opcode is Opcode.TEXT
            begun = []
            try:
                messages.append(whole.decode() if is_text else whole)
            except UnicodeDecodeError as error:
                reason = f"{error.reason} at position {error.start}"
                protocol.fail(CloseCode.INVALID_DATA, reason)
    return messages, *_said(protocol)


def _said(protocol: ServerProtocol) -> tuple[list[bytes], int | None]:
    code = protocol.close_sent.code if protocol.close_sent is not None else None
    return protocol.data_to_send(), code


_frames = st.builds(
    frame,
    st.sampled_from([TEXT, TEXT, TEXT, CONT, CONT, BINARY, CLOSE, PING, PONG, 3, 11]),
    st.one_of(
        st.text(max_size=80).map(str.encode),
        st.binary(max_size=130),
        st.sampled_from([b"x" * 125, b"x" * 126, b"\xe8\x94\xa1" * 70, b"\x03\xe8"]),
    ),
    fin=st.sampled_from([True, True, False]),
    reserved=st.sampled_from([0] * 9 + [4]),
    masked=st.sampled_from([True] * 9 + [False]),
)


@given(st.lists(st.one_of(_frames, _frames, _frames, st.binary(max_size=9))), st.data())
def test_any_bytes_in_any_segments_are_read_as_the_library_reads_them(
    pieces: list[bytes], draw: st.DataObject
) -> None:
    """The same messages, the same answers, the same close."""
    data = b"".join(pieces)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    segments = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert read_here(segments) == read_by_the_library(data)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_a_message_of_any_size_is_read(size: int) -> None:
    """Its length is written in three ways."""
    assert read_here([frame(TEXT, b"x" * size) * 2])[0] == ["x" * size] * 2


def test_a_message_that_is_too_long_is_not_read_although_it_is_whole() -> None:
    """Also behind one that is not, in the same segment."""
    messages, _, code = read_here([frame(TEXT, b"{}") + frame(TEXT, b"x" * (MAX_FRAME + 1))])
    assert (messages, code) == (["{}"], 1009)


def test_nothing_is_read_behind_a_close() -> None:
    """In its segment or in a later one."""
    close, text = frame(CLOSE, b"\x03\xe8"), frame(TEXT, b"x")
    assert read_here([text + close + text, text, text[:1]])[0] == ["x"]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 70_000])
def test_what_is_sent_is_one_unmasked_frame_a_message(size: int) -> None:
    """As the library writes them."""
    messages = [b"first", b"x" * size, b"last"]
    written = [Frame(Opcode.TEXT, message).serialize(mask=False) for message in messages]
    assert text_frames(messages) == b"".join(written)


def test_a_pong_is_seen() -> None:
    """And only a pong."""
    reader = Reader(opened())
    reader.read(frame(PING, b"") + frame(TEXT, b"x"))
    assert not reader.ponged
    reader.read(frame(PONG, b"any"))
    assert reader.ponged
