"""What a customer says of a chat afterwards."""

import pytest

from imchat.errors import Conflict
from imchat.ids import ChatId, Uid
from imchat.store import facts
from tests.store.people import NODE, People


async def rate(people: People, chat: str, score: int, comment: str = "") -> facts.Rated:
    """Anna rates a chat."""
    return await people.store.rate(
        ChatId(chat), uid=Uid("anna"), score=score, comment=comment, connection=f"anna@{NODE}"
    )


async def test_a_rating_is_kept_as_long_as_its_chat(people: People) -> None:
    """Score and comment stand on it; it expires when it would have."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.close("anna")
    ttl = await people.redis.ttl(people.key(f"chat:{chat}"))
    rated = await rate(people, chat, 2, "Slow")
    assert (rated.chat.score, rated.chat.comment) == (2, "Slow")
    assert 0 <= ttl - await people.redis.ttl(people.key(f"chat:{chat}")) <= 5


async def test_the_log_has_the_score_and_not_the_comment(people: People) -> None:
    """Once, however often it is said."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.close("a")
    first = await rate(people, chat, 2, "Slow")
    assert await rate(people, chat, 2, "Slow") == first
    for score, comment in ((3, "Slow"), (2, "")):
        with pytest.raises(Conflict):
            await rate(people, chat, score, comment)
    [event] = await people.events("rated")
    assert {k: v for k, v in event.items() if k != "at"} == {
        "what": "rated", "chat": chat, "customer": "anna", "agent": "a", "desk": "default",
        "score": "2",
    }


async def test_a_chat_that_went_back_to_its_queue_was_served_all_the_same(
    people: People,
) -> None:
    """It had an agent, who was lost, and was left before it had another."""
    await people.agent("a")
    chat = (await people.assigned("anna")).id
    await people.disconnect("a")
    await people.pass_time(29)
    await people.pass_time(2)
    assert (await people.close("anna")).chat.agent is None
    assert (await rate(people, chat, 1)).chat.score == 1
