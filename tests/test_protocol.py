"""Frames to and from JSON. Pure."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imchat import protocol
from imchat.errors import BadFrame, TooLarge
from imchat.ids import ChatId, Desk, Uid


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"hello","token":"t"}', protocol.Hello(token="t")),
        ('{"type":"request"}', protocol.Request()),
        (
            '{"type":"request","desk":"d","topic":"t","ref":"r"}',
            protocol.Request(desk=Desk("d"), topic="t", ref="r"),
        ),
        ('{"type":"status","state":"away"}', protocol.SetStatus(state="away")),
        (
            '{"type":"message","id":"i","to":"a","body":"b","from":"c"}',
            protocol.Send(id="i", to=Uid("a"), body="b", sender=Uid("c")),
        ),
        (
            '{"type":"history","with":"a","after":1,"limit":2}',
            protocol.ReadHistory(peer=Uid("a"), after=1, limit=2),
        ),
        ('{"type":"typing","to":"a"}', protocol.SendTyping(to=Uid("a"))),
        ('{"type":"read","to":"a","seq":0}', protocol.MarkRead(to=Uid("a"), seq=0)),
        ('{"type":"close","chat":"7"}', protocol.Close(chat=ChatId("7"))),
        ('{"type":"watch"}', protocol.Watch()),
        ('{"unknown":1,"type":"unwatch"}', protocol.Unwatch()),
    ],
)
def test_a_clients_frame_is_read(text: str, frame: protocol.ClientFrame) -> None:
    """Text and bytes alike, and what a client encodes reads back as it was."""
    assert protocol.decode(text) == frame
    assert protocol.decode(text.encode()) == frame
    assert protocol.decode(protocol.encode(frame)) == frame


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_or_bytes_is_a_frame_or_a_bad_frame(data: str | bytes) -> None:
    """No other exception comes out, for neither side."""
    with contextlib.suppress(BadFrame):
        protocol.decode(data)
    with contextlib.suppress(BadFrame):
        protocol.decode_from_server(data)
    ref = protocol.ref_of(data)
    assert ref is None or len(ref) <= 64


@given(st.text(max_size=3000), st.sampled_from(["", "x" * 8190, "é" * 4090, "😀" * 2040]))
def test_a_body_is_measured_in_bytes(text: str, before: str) -> None:
    """8,192 bytes of UTF-8 are enough and one more is too many."""
    body = before + text + "!"
    frame = json.dumps({"type": "message", "id": "i", "to": "a", "body": body})
    if len(body.encode()) <= 8192:
        assert protocol.decode(frame) == protocol.Send(id="i", to=Uid("a"), body=body)
    else:
        with pytest.raises(TooLarge) as caught:
            protocol.decode(frame)
        assert caught.value.ref == "i"


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ('{"type":"x","ref":"r"}', "r"),
        ('{"type":"message","id":"i","ref":"r"}', "i"),
        ('{"type":"message","ref":"r"}', None),
        ('{"type":5,"ref":"r"}', "r"),
        ('{"ref":5}', None),
        ('{"ref":"' + "x" * 64 + '"}', "x" * 64),
        ('{"ref":"' + "x" * 65 + '"}', None),
        ("[", None),
        ('{"ref":"r","junk":' + "[" * 30_000, None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_refused_frame_is_answered_under_its_own_name(text: str, ref: str | None) -> None:
    """The ref of a frame (a message's id) is found although the frame is bad."""
    assert protocol.ref_of(text) == ref


def test_a_client_passes_over_frames_of_a_later_version() -> None:
    """An unknown type is no error for a client; a known one that is broken is."""
    assert protocol.decode_from_server('{"type":"party","at":5}') is None
    for text in ('{"type":"ack"}', "{}", '{"type":5}', "?"):
        with pytest.raises(BadFrame):
            protocol.decode_from_server(text)


def test_a_reply_repeats_the_ref() -> None:
    """And a frame without one has no such field."""
    frame = protocol.Error(code="c", message="m")
    assert "ref" not in json.loads(protocol.encode(frame))
    assert json.loads(protocol.encode(protocol.with_ref(frame, "r")))["ref"] == "r"
