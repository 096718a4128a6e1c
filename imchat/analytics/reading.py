"""Reading chats from the store in bounded parts, in the order in which they were opened."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import msgspec
from msgspec import Raw, Struct, field

from imchat.analytics.chats import Chat, Said
from imchat.ids import Desk, Uid
from imchat.store.facts import PastChat, PastPlace
from imchat.store.store import Store


class _Stored(Struct):
    at: int
    sender: Uid = field(name="from")
    body: str


_DECODER = msgspec.json.Decoder(_Stored)


@dataclass(slots=True)
class Reader:
    """Reads only; `undecodable` counts the messages that could not be read and were left out."""

    store: Store
    agent: Uid | None = None
    desk: Desk | None = None
    """Whose messages are read; the chats of others come without any."""
    undecodable: int = 0

    async def chats(self, since: int, until: int) -> AsyncIterator[Chat]:
        """Those that were opened in this time, ms. Raises Unavailable."""
        place: PastPlace | None = PastPlace(await first_ticket(self.store, since))
        cut: Chat | None = None
        while place is not None:
            part = await self.store.past(place, agent=self.agent, desk=self.desk)
            place = part.next
            for past in part.chats:
                chat = self._chat(past)
                if cut is not None and cut.id == chat.id:
                    chat = replace(chat, messages=cut.messages + chat.messages)
                cut = chat if place is not None and place.skip and past is part.chats[-1] else None
                if chat.opened_at >= until:
                    return
                if cut is None and chat.opened_at >= since:
                    yield chat

    def _chat(self, past: PastChat) -> Chat:
        said = [self._said(raw, past) for raw in past.messages]
        return Chat(
            id=past.id, customer=past.customer, agent=past.agent, desk=past.desk,
            opened_at=past.opened_at, assigned_at=past.assigned_at, closed_at=past.closed_at,
            score=past.score, reason=past.reason,
            customer_name=past.customer_name, agent_name=past.agent_name,
            messages=tuple(message for message in said if message is not None),
        )

    def _said(self, raw: Raw, past: PastChat) -> Said | None:
        try:
            stored = _DECODER.decode(msgspec.msgpack.decode(raw, type=str))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.undecodable += 1
            return None
        is_theirs = stored.sender == past.customer
        return Said("customer" if is_theirs else "agent", stored.at, stored.body)


async def first_ticket(store: Store, since: int) -> int:
    """A ticket before which no chat was opened at `since` or later.

    Tickets are given in the order of the requests, so it is found by bisection. Where a
    whole part has expired, what comes before it is older still.
    """
    low = 1
    high = (await store.past(PastPlace(low), messages=False)).last_ticket + 1
    while low < high:
        middle = (low + high) // 2
        part = await store.past(PastPlace(middle), messages=False)
        if not part.chats or part.chats[-1].opened_at < since:
            low = part.next.ticket if part.next is not None else high
        elif part.chats[0].opened_at < since:
            return middle
        else:
            high = middle
    return low
