"""Frames from and to JSON."""

import msgspec
from msgspec import Struct

from imchat.errors import BadFrame, TooLarge
from imchat.protocol.asked import AddNote, ClientFrame, Rate, ReadHistory, Request, Send, Transfer
from imchat.protocol.told import ServerFrame
from imchat.protocol.words import MAX_BODY, MAX_REMARK, F


class _Envelope(Struct):
    """What is read of a frame that is refused, to answer it under its own name."""

    ref: object = None
    id: object = None
    type: object = None


_client_frames: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_frames: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_envelopes = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder says of bytes that are no frame; the last one of brackets nested too deep."""

encode = _encoder.encode
"""A frame as UTF-8 JSON."""


def with_ref(frame: F, ref: str | None) -> F:
    """The same frame under a request's `ref`."""
    return msgspec.structs.replace(frame, ref=ref)


def decode(data: str | bytes) -> ClientFrame:
    """The frame that a client sent.

    Raises BadFrame (with the frame's `ref`, if it could be read) and TooLarge.
    """
    try:
        frame = _client_frames.decode(data)
    except _UNREADABLE as error:
        raise BadFrame(f"not a frame: {error}", ref=ref_of(data)) from None
    _check(frame)
    return frame


def decode_from_server(data: str | bytes) -> ServerFrame | None:
    """The frame that a server sent; None for a type that this version does not know.

    Raises BadFrame when it is no frame at all.
    """
    try:
        return _server_frames.decode(data)
    except _UNREADABLE as error:
        known = {frame.__struct_config__.tag for frame in ServerFrame.__args__}
        try:
            kind = _envelopes.decode(data).type
        except _UNREADABLE:
            kind = None
        if isinstance(kind, str) and kind not in known:
            return None
        raise BadFrame(f"not a frame: {error}") from None


def _check(frame: ClientFrame) -> None:
    """Raises what the kinds of its fields do not say."""
    if isinstance(frame, Send):  # nearly all are
        _measure("a body", frame.body, MAX_BODY, ref=frame.id)
        return
    match frame:
        case Request(topic=str(topic)):
            _measure("a topic", topic, MAX_BODY, ref=frame.ref)
        case Rate(comment=comment):
            _measure("a comment", comment, MAX_REMARK, ref=frame.ref)
        case AddNote(body=body):
            _measure("a note", body, MAX_REMARK, ref=frame.ref)
        case Transfer(to=to, desk=desk) if (to is None) == (desk is None):
            raise BadFrame("a transfer is `to` an agent or to a `desk`", ref=frame.ref)
        case ReadHistory(peer=peer, between=between) if (peer is None) == (between is None):
            raise BadFrame("a history is `with` somebody or `between` two", ref=frame.ref)


def _measure(what: str, text: str, limit: int, *, ref: str | None) -> None:
    # A character is at most four bytes, so most texts need no encoding to be measured.
    if len(text) * 4 > limit and len(text.encode()) > limit:
        raise TooLarge(f"{what} is at most {limit:,} bytes", ref=ref)


def ref_of(data: str | bytes) -> str | None:
    """The `ref` (a message's `id`) of a frame that is refused unread; None if it has none."""
    try:
        envelope = _envelopes.decode(data)
    except _UNREADABLE:
        return None
    ref = envelope.id if envelope.type == "message" else envelope.ref
    return ref if isinstance(ref, str) and len(ref) <= 64 else None
