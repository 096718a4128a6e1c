"""The wire: every frame of `docs/protocol.md` as a tagged Struct, and nothing else knows it.

Frames a client sends are named by what they ask (`Send`, `SetStatus`), frames a
server sends by what they tell (`Message`, `Status`). Times are milliseconds since
the Unix epoch, read off the store's clock.
"""

from enum import IntEnum
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from imchat.errors import BadFrame, TooLarge
from imchat.ids import DEFAULT_DESK, UID_PATTERN, ChatId, Desk, Uid

SUBPROTOCOL = "imchat.v1"
PATH = "/ws"
MAX_BODY = 8_192
"""Bytes of UTF-8 in a message's body, and in a topic, which becomes one."""
MAX_FRAME = 65_536
"""Bytes of a frame that a client sends."""
MAX_CAPACITY = 100
"""Chats that one agent may hold at most; a search for the current tier ends here."""
HELLO_TIMEOUT_S = 10.0
BAD_FRAMES_A_MINUTE = 20
RATE_LIMITED_PATIENCE_S = 10.0


class CloseCode(IntEnum):
    """Why the server closes a connection."""

    GOING_AWAY = 1001
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_LATER = 1013
    UNAUTHORIZED = 4401
    HELLO_TIMEOUT = 4408
    ROLE_CONFLICT = 4409


Role = Literal["customer", "agent", "supervisor"]
ChatStatus = Literal["waiting", "active", "closed"]
CloseReason = Literal["customer", "agent", "supervisor", "disconnected", "left_queue"]
WireUid = Annotated[Uid, Meta(pattern=UID_PATTERN)]
WireDesk = Annotated[Desk, Meta(pattern=UID_PATTERN)]
WireChatId = Annotated[ChatId, Meta(min_length=1, max_length=64)]
Ref = Annotated[str, Meta(max_length=64)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
"""Up to where a double counts, which is what a number is to JavaScript and to Lua."""


class Frame(Struct, tag_field="type", omit_defaults=True, frozen=True, kw_only=True):
    """One JSON object in one text frame; a direct reply repeats the request's `ref`."""

    ref: Ref | None = None


F = TypeVar("F", bound=Frame)


# --- what a client sends ---------------------------------------------------


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    token: str
    since: Annotated[int, Meta(ge=0)] | None = None
    """Which chats ended after this time, ms, the welcome is to tell."""


class Request(Frame, tag="request", frozen=True, kw_only=True):
    desk: WireDesk = DEFAULT_DESK
    topic: str | None = None


class SetStatus(Frame, tag="status", frozen=True, kw_only=True):
    state: Literal["online", "away"]


class Send(Frame, tag="message", frozen=True, kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    to: WireUid
    body: Annotated[str, Meta(min_length=1)]
    sender: WireUid | None = field(default=None, name="from")


class ReadHistory(Frame, tag="history", frozen=True, kw_only=True):
    """`after` and `before` are seqs and exclusive; neither asks for the newest."""

    peer: WireUid = field(name="with")
    after: Seq | None = None
    before: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    agent: WireUid | None = None


class SendTyping(Frame, tag="typing", frozen=True, kw_only=True):
    to: WireUid


class MarkRead(Frame, tag="read", frozen=True, kw_only=True):
    to: WireUid
    seq: Seq


class Close(Frame, tag="close", frozen=True, kw_only=True):
    chat: WireChatId


class Watch(Frame, tag="watch", frozen=True, kw_only=True):
    pass


class Unwatch(Frame, tag="unwatch", frozen=True, kw_only=True):
    pass


ClientFrame = (
    Hello | Request | SetStatus | Send | ReadHistory | SendTyping | MarkRead | Close
    | Watch | Unwatch
)

# --- what a server sends ---------------------------------------------------


class Chat(Struct, frozen=True, kw_only=True):
    """CHAT of the protocol. `position` counts from 1 and is null unless waiting.

    The messages of the chat with its agent begin behind `after_seq`.
    """

    chat: ChatId
    desk: Desk
    customer: Uid
    agent: Uid | None
    state: ChatStatus
    opened_at: int
    assigned_at: int | None
    last_seq: int
    position: int | None
    customer_name: str
    agent_name: str | None
    topic: str | None
    read_by_customer: int
    read_by_agent: int
    after_seq: int | None = None


class AgentStatus(Struct, frozen=True, kw_only=True):
    """How an agent stands."""

    state: Literal["online", "away"]
    load: int
    capacity: int


class Ended(Struct, frozen=True, kw_only=True, rename={"peer": "with"}):
    """A chat that ended between this uid and `peer`, whose messages there begin behind `after`."""

    chat: Chat
    peer: Uid
    after: int


class Welcome(Frame, tag="welcome", frozen=True, kw_only=True):
    uid: Uid
    role: Role
    name: str
    node: str
    at: int
    chats: list[Chat]
    ended: list[Ended] = []
    """Those chats that ended since the time that hello gave."""
    status: AgentStatus | None = None
    """An agent's; null for others."""


class Assigned(Frame, tag="assigned", frozen=True, kw_only=True):
    chat: Chat


class Waiting(Frame, tag="waiting", frozen=True, kw_only=True):
    """`eta_s` is null until the desk has served enough of its queue to tell."""

    chat: Chat
    position: int
    eta_s: int | None


class Status(Frame, tag="status", frozen=True, kw_only=True):
    uid: Uid
    state: Literal["online", "away", "offline"]
    load: int
    capacity: int


class Ack(Frame, tag="ack", frozen=True, kw_only=True):
    id: str
    chat: ChatId
    seq: int
    at: int


class StoredMessage(Struct, frozen=True, kw_only=True):
    """MESSAGE of the protocol, as it stands in a history."""

    chat: ChatId
    seq: int
    id: str
    sender: Uid = field(name="from")
    to: Uid
    body: str
    at: int


class Message(StoredMessage, tag_field="type", tag="message", frozen=True, kw_only=True):
    """A message pushed to who did not send it on this connection."""


class History(Frame, tag="history", frozen=True, kw_only=True):
    """Oldest first; `more` says that there is more in the direction asked for.

    `last_seq` is the conversation's at that moment: what is missing up to there, and
    not for want of room, has expired.
    """

    peer: Uid = field(name="with")
    messages: list[StoredMessage]
    more: bool
    last_seq: int


class Typing(Frame, tag="typing", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid = field(name="from")
    to: Uid


class Read(Frame, tag="read", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid = field(name="from")
    to: Uid
    seq: int


class Closed(Frame, tag="closed", frozen=True, kw_only=True):
    chat: Chat
    by: str
    reason: CloseReason


class QueueHead(Struct, frozen=True):
    customer: Uid
    chat: ChatId
    since: int


class DeskSnapshot(Struct, frozen=True, kw_only=True):
    """`tiers` holds every online agent by load, in the order of arrival in that tier."""

    tier: int | None
    tiers: dict[str, list[Uid]]
    waiting: int
    oldest_wait_s: int | None
    head: list[QueueHead]


class AgentSnapshot(Struct, frozen=True, kw_only=True):
    uid: Uid
    name: str
    state: Literal["online", "away", "grace"]
    load: int
    capacity: int
    desks: list[Desk]
    customers: list[Uid]


class Totals(Struct, frozen=True, kw_only=True):
    """Now: `waiting`, `active`, agents by state, `slots`. Since the site began: the rest."""

    waiting: int
    active: int
    online: int
    away: int
    grace: int
    slots: int
    requested: int
    assigned: int
    closed: int
    abandoned: int
    messages: int


class Snapshot(Frame, tag="snapshot", frozen=True, kw_only=True):
    at: int
    desks: dict[str, DeskSnapshot]
    agents: list[AgentSnapshot]
    totals: Totals


class Error(Frame, tag="error", frozen=True, kw_only=True):
    code: str
    message: str
    retry_after_ms: int | None = None


ServerFrame = (
    Welcome | Assigned | Waiting | Status | Ack | Message | History | Typing | Read | Closed
    | Snapshot | Error
)

# --- decode and encode -----------------------------------------------------


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
    if isinstance(frame, Send):
        if _too_large(frame.body):
            raise TooLarge(f"a body is at most {MAX_BODY:,} bytes", ref=frame.id)
    elif isinstance(frame, Request) and frame.topic is not None and _too_large(frame.topic):
        raise TooLarge(f"a topic is at most {MAX_BODY:,} bytes", ref=frame.ref)
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


def _too_large(text: str) -> bool:
    # A character is at most four bytes, so most texts need no encoding to be measured.
    return len(text) * 4 > MAX_BODY and len(text.encode()) > MAX_BODY


def ref_of(data: str | bytes) -> str | None:
    """The `ref` (a message's `id`) of a frame that is refused unread; None if it has none."""
    try:
        envelope = _envelopes.decode(data)
    except _UNREADABLE:
        return None
    ref = envelope.id if envelope.type == "message" else envelope.ref
    return ref if isinstance(ref, str) and len(ref) <= 64 else None
