"""What frames are made of: limits, close codes, the kinds of their fields."""

from enum import IntEnum
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct

from imchat.ids import UID_PATTERN, ChatId, Desk, Uid

SUBPROTOCOL = "imchat.v1"
PATH = "/ws"
MAX_BODY = 8_192
"""Bytes of UTF-8 in a message's body, and in a topic, which becomes one."""
MAX_REMARK = 2_048
"""Bytes of UTF-8 in the comment of a rating, and in a note."""
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
