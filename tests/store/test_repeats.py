"""A call whose reply was lost is made again; a call that comes too late is left alone."""

import msgspec
import pytest

from imchat.errors import Unavailable
from imchat.store.library import source
from tests.store.people import People


async def call_again(people: People, function: str, **arguments: object) -> dict[str, object]:
    """Have the store execute a call as a node packed it."""
    packed = msgspec.msgpack.encode(
        {"settings": people.store.library._settings, "now": people.now, **arguments}
    )
    answer = await people.redis.fcall(
        f"{source()[0]}_{function}", 1, people.store.library._key, packed
    )
    found: dict[str, object] = msgspec.msgpack.decode(answer)
    return found


async def ask(people: People, call: str) -> dict[str, object]:
    """Anna's request as one call, however often it is executed."""
    return await call_again(
        people, "request", customer="anna", name="Anna", desk="default", connection="anna@node-1",
        call=call,
    )


async def test_a_request_that_is_made_again_opens_no_second_chat(people: People) -> None:
    """Also when the agent closed the chat before the reply came through."""
    await people.agent("a")
    await people.connect("anna", "customer")
    first = await ask(people, "call-1")
    assert await ask(people, "call-1") == first
    await people.close("a")
    again = await ask(people, "call-1")
    assert again["fact"] == "assigned"
    assert isinstance(again["chat"], dict)
    assert again["chat"]["state"] == "closed"
    assert await people.customers("a") == []
    assert (await ask(people, "call-2"))["chat"] != again["chat"]
    assert await people.customers("a") == ["anna"]


async def test_a_request_that_is_made_again_after_its_place_was_left(people: People) -> None:
    """It is told how it ended and does not queue anew."""
    await people.connect("anna", "customer")
    assert (await ask(people, "call-1"))["fact"] == "queued"
    await people.close("anna")
    again = await ask(people, "call-1")
    assert again["fact"] == "queued"
    assert await people.queue() == []


async def test_a_request_that_is_made_again_after_another_of_the_same_customer(
    people: People,
) -> None:
    """On a second connection, say; its chat was closed as well by then."""
    await people.connect("anna", "customer")
    first = await ask(people, "call-1")
    await people.close("anna")
    await ask(people, "call-2")
    await people.close("anna")
    again = await ask(people, "call-1")
    assert isinstance(first["chat"], dict)
    assert isinstance(again["chat"], dict)
    assert again["chat"]["id"] == first["chat"]["id"]
    assert await people.queue() == []


async def test_a_call_that_comes_after_its_end_changes_nothing(people: People) -> None:
    """Whoever made it has given it up, and may have made it again."""
    await people.agent("a")
    await people.connect("anna", "customer")
    late = await call_again(
        people, "status", uid="a", agent="a", state="away", connection="a@node-1",
        until=people.now - 1,
    )
    assert (late["fact"], late["code"]) == ("refused", "late")
    assert await people.buckets() == {0: ["a"]}
    await call_again(
        people, "status", uid="a", agent="a", state="away", connection="a@node-1", until=people.now
    )
    assert await people.buckets() == {}


async def test_what_a_given_up_connection_still_asks_is_refused(people: People) -> None:
    """Its node was dead for a while; meanwhile the agent came back and said otherwise."""
    await people.agent("a")
    chat = await people.assigned("anna")
    await people.join("node-2")
    await people.connect("a", "agent", node="node-2")
    await people.connect("anna", "customer", node="node-2")
    await people.pass_time(11, alive=("node-2",))
    with pytest.raises(Unavailable):
        await people.status("a", "away")
    with pytest.raises(Unavailable):
        await people.close("anna", chat=chat.id)
    with pytest.raises(Unavailable):
        await people.request("anna")
    assert await people.buckets() == {1: ["a"]}


async def test_the_time_in_which_nobody_swept_counts_for_nobody(people: People) -> None:
    """The store was away: no node is dead because of it, and no grace ran out."""
    people.store.library._settings["pause_ms"] = 5_000
    await people.agent("a")
    await people.assigned("anna")
    await people.disconnect("anna")
    await people.store.sweep()
    people.now += 60_000
    await people.store.sweep()
    assert (await people.store.lease("node-1")).held
    assert await people.customers("a") == ["anna"]
    for _ in range(8):
        people.now += 4_000
        await people.store.lease("node-1")
        await people.store.sweep()
    assert await people.customers("a") == []


async def test_what_began_late_in_a_pause_lasts_no_longer_for_it(people: People) -> None:
    """Between the store's return and the first sweep nodes renew and connections end as ever."""
    people.store.library._settings["pause_ms"] = 5_000
    await people.agent("a")
    await people.assigned("anna")
    await people.store.sweep()
    people.now += 60_000
    await people.store.lease("node-1")
    await people.join("node-2")
    await people.disconnect("anna")
    await people.store.sweep()
    for _ in range(8):
        people.now += 4_000
        await people.store.lease("node-2")
        await people.store.sweep()
    assert await people.customers("a") == []
    assert not (await people.store.lease("node-1")).held
