"""What was said, message by message, with what is known of its chat. Read in bounded parts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct, field

from imchat.analytics.reading import first_ticket
from imchat.ids import ChatId, Desk, Uid
from imchat.store.facts import PastChat, PastPlace
from imchat.store.store import Store


class Line(Struct, frozen=True, kw_only=True):
    """A message, as it is exported. Times are ms."""

    chat: ChatId
    desk: Desk
    customer: Uid
    customer_name: str
    opened_at: int
    closed_at: int | None
    reason: str | None
    score: int | None
    seq: int
    at: int
    sender: Uid = field(name="from")
    to: Uid
    by: str
    id: str
    body: str


class _Stored(Struct):
    seq: int
    at: int
    sender: Uid = field(name="from")
    to: Uid
    id: str
    body: str


_DECODER = msgspec.json.Decoder(_Stored)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which chats: those opened in a time (ms), behind a chat, of a customer, an agent, a desk."""

    since: int = 0
    until: int | None = None
    after: int = 0
    """A chat's number; chats are numbered in the order in which they were opened."""
    only: int | None = None
    customer: Uid | None = None
    agent: Uid | None = None
    desk: Desk | None = None

    def takes(self, chat: PastChat) -> bool:
        """Whether a chat is one of them."""
        return (
            chat.opened_at >= self.since
            and self.customer in (None, chat.customer)
            and self.agent in (None, chat.agent)
            and self.desk in (None, chat.desk)
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Messages of one chat in order, all of them when it is `whole`, else the next follow."""

    chat: PastChat
    lines: list[Line]
    whole: bool
    share: float
    """How much of all chats was looked at by now, up to 1."""


class Transcripts:
    """Reads only; `undecodable` counts the messages that could not be read and were left out."""

    def __init__(self, store: Store, wanted: Wanted) -> None:
        self._store = store
        self._wanted = wanted
        self.undecodable = 0

    async def pieces(self) -> AsyncIterator[Piece]:
        """Chats in the order in which they were opened. Raises Unavailable."""
        wanted = self._wanted
        first = max(wanted.after + 1, await first_ticket(self._store, wanted.since))
        place: PastPlace | None = PastPlace(wanted.only or first)
        while place is not None:
            part = await self._store.past(
                place, agent=wanted.agent, desk=wanted.desk, customer=wanted.customer
            )
            begin, place = place.ticket, part.next
            for chat in part.chats:
                number = int(chat.id)
                if (wanted.only or number) != number or chat.opened_at >= (
                    wanted.until or chat.opened_at + 1
                ):
                    return
                if wanted.takes(chat):
                    whole = place is None or place.ticket != number
                    share = (number - first + 1) / max(1, part.last_ticket - first + 1)
                    yield Piece(chat, self._lines(chat), whole, min(1.0, share))
            if wanted.only is not None and (place is None or place.ticket != begin):
                return

    def _lines(self, chat: PastChat) -> list[Line]:
        return [line for raw in chat.messages if (line := self._line(raw, chat)) is not None]

    def _line(self, raw: Raw, chat: PastChat) -> Line | None:
        try:
            stored = _DECODER.decode(msgspec.msgpack.decode(raw, type=str))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.undecodable += 1
            return None
        return Line(
            chat=chat.id, desk=chat.desk, customer=chat.customer,
            customer_name=chat.customer_name, opened_at=chat.opened_at, closed_at=chat.closed_at,
            reason=chat.reason, score=chat.score, seq=stored.seq, at=stored.at,
            sender=stored.sender, to=stored.to,
            by="customer" if stored.sender == chat.customer else "agent", id=stored.id,
            body=stored.body,
        )  # fmt: skip
