"""Chats as values, and the same put into a store as servers put them there."""

from collections.abc import Sequence
from typing import Any

from imchat.analytics.chats import Chat, Said
from imchat.ids import ChatId, Desk, Uid
from tests.store.people import NODE, People

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
AT = 1_764_000_000_000


def chat(
    *said: str, customer: str = "bob", agent: str | None = "ann", at: int = AT, **fields: Any
) -> Chat:
    """A chat whose messages are "C text" and "A text", a minute apart from its opening on."""
    messages = tuple(
        Said("customer" if line[0] == "C" else "agent", at + n * MINUTE_MS, line[2:])
        for n, line in enumerate(said)
    )
    end = at + max(1, len(said)) * MINUTE_MS
    given: dict[str, Any] = {
        "id": ChatId(str(at - AT)), "desk": Desk("default"), "assigned_at": at, "closed_at": end,
    }  # fmt: skip
    return Chat(
        customer=Uid(customer), agent=Uid(agent) if agent else None, opened_at=at,
        messages=messages, **(given | fields),
    )


async def play(people: People, chats: Sequence[Chat]) -> None:
    """Let the people have these chats, one after the other, at the times that they tell."""
    for each in chats:
        people.now = each.opened_at
        assert each.agent is not None
        await people.connect(each.agent, "agent", desks=(each.desk,), name=each.agent_name or None)
        await people.asks(each.customer, desk=each.desk)
        for message in each.messages:
            people.now = message.at
            if message.by == "customer":
                await people.say(each.customer, each.agent, "customer", body=message.text)
            else:
                await people.say(each.agent, each.customer, "agent", body=message.text)
        assert each.closed_at is not None
        people.now = each.closed_at
        closed = await people.close(each.customer)
        if each.score is not None:
            await people.store.rate(
                closed.chat.id, uid=each.customer, score=each.score, comment="",
                connection=f"{each.customer}@{NODE}",
            )
        await people.disconnect(each.customer)
        await people.disconnect(each.agent)
        people.now += HOUR_MS
        await people.store.sweep()
        await people.join()
