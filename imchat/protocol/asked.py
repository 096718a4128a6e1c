"""What a client sends; a frame is named by what it asks."""

from typing import Annotated, Literal

from msgspec import Meta, field

from imchat.ids import DEFAULT_DESK
from imchat.protocol.words import Frame, Seq, WireChatId, WireDesk, WireUid


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    token: str
    since: Annotated[int, Meta(ge=0)] | None = None
    """Which chats ended after this time, ms, the welcome is to tell."""


class Request(Frame, tag="request", frozen=True, kw_only=True):
    desk: WireDesk = DEFAULT_DESK
    topic: str | None = None


class Rate(Frame, tag="rate", frozen=True, kw_only=True):
    chat: WireChatId
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: str = ""


class SetStatus(Frame, tag="status", frozen=True, kw_only=True):
    """`uid` is another's, which a supervisor may set."""

    state: Literal["online", "away"]
    uid: WireUid | None = None


class Transfer(Frame, tag="transfer", frozen=True, kw_only=True):
    """To an agent or to a desk, one of the two."""

    chat: WireChatId
    to: WireUid | None = None
    desk: WireDesk | None = None


class Send(Frame, tag="message", frozen=True, kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    to: WireUid
    body: Annotated[str, Meta(min_length=1)]
    sender: WireUid | None = field(default=None, name="from")


class ReadHistory(Frame, tag="history", frozen=True, kw_only=True):
    """`after` and `before` are seqs and exclusive; neither asks for the newest.

    Of the asker's own conversation with `peer`, or of that `between` two others.
    """

    peer: WireUid | None = field(default=None, name="with")
    between: tuple[WireUid, WireUid] | None = None
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


class ReadCustomer(Frame, tag="customer", frozen=True, kw_only=True):
    """Asks for what is known of a customer besides its messages."""

    uid: WireUid


class ReadColleagues(Frame, tag="colleagues", frozen=True, kw_only=True):
    """Asks who is there to take a chat over."""


class AddNote(Frame, tag="note", frozen=True, kw_only=True):
    """Adds to what is known of a customer; it never sees it."""

    uid: WireUid
    body: Annotated[str, Meta(min_length=1)]


class Watch(Frame, tag="watch", frozen=True, kw_only=True):
    """With `log`, also for what happens from now on, and the last so many events before."""

    log: Annotated[int, Meta(ge=0, le=500)] | None = None


class Unwatch(Frame, tag="unwatch", frozen=True, kw_only=True):
    pass


class ReadTrends(Frame, tag="trends", frozen=True, kw_only=True):
    """Asks for the last hour in steps, and for today."""


class ReadReport(Frame, tag="report", frozen=True, kw_only=True):
    """Asks for measures of today or of the last 7 days: of all, by agent, or of one `agent`."""

    days: Literal[1, 7] = 1
    agent: WireUid | None = None


ClientFrame = (
    Hello | Request | Rate | SetStatus | Transfer | Send | ReadHistory | SendTyping | MarkRead
    | Close | ReadCustomer | ReadColleagues | AddNote | Watch | Unwatch | ReadTrends | ReadReport
)
