"""What happens on a site, as it happens. Protocol: Supervisor, `watch` with `log`."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from tests.server.wire import Frame, Wire, Wires
from tests.support import Server, eventually

Events = list[dict[str, Any]]


async def _listen(wire: Wire, n: int) -> None:
    snapshot = await wire.ask("watch", log=n)
    assert snapshot["type"] == "snapshot"


async def _log(wire: Wire) -> Events:
    """The next events, whose ids are seen to order them, without these."""
    frame = await wire.until("log")
    assert set(frame) == {"type", "events"}
    assert frame["events"]
    found: Events = frame["events"]
    places = [tuple(map(int, event.pop("id").split("-"))) for event in found]
    assert places == sorted(set(places))
    return found


async def _until(wire: Wire, what: str, **fields: Any) -> Events:
    """All events up to one of this kind with these fields."""
    wanted = {"what": what, **fields}
    heard: Events = []
    while not any(wanted.items() <= event.items() for event in heard):
        heard += await _log(wire)
    return heard


async def _visit(server: Server, wires: Wires, uid: str) -> Frame:
    """A customer that asks and leaves."""
    customer = await wires.enter(server, "customer", uid)
    chat: Frame = (await customer.ask("request"))["chat"]
    await customer.ask("close", chat=chat["chat"])
    return chat


async def test_the_last_events_come_first_then_what_happens(
    server: Server, wires: Wires
) -> None:
    """After the snapshot, so many of the past, oldest first, with what applies to each."""
    customer, _, chat = await wires.pair(server)
    supervisor = await wires.enter(server, "supervisor", "sue")
    await _listen(supervisor, 2)
    requested, assigned = await _log(supervisor)
    at = assigned["at"]
    assert requested == {
        "at": at, "what": "requested", "chat": chat["chat"], "customer": "cai",
        "desk": "default",
    }
    assert assigned == {
        "at": at, "what": "assigned", "chat": chat["chat"], "customer": "cai", "agent": "ann",
        "desk": "default", "tier": 0, "reason": "request",
    }
    await customer.ask("close", chat=chat["chat"])
    heard = await _until(supervisor, "closed")
    assert [event["what"] for event in heard] == ["released", "closed"]
    assert (heard[1]["by"], heard[1]["reason"]) == ("cai", "customer")


async def test_who_did_it_is_said(server: Server, wires: Wires) -> None:
    """What a supervisor does, and how a customer rated."""
    customer, _, chat = await wires.pair(server)
    await wires.enter(server, "agent", "bob")
    supervisor = await wires.enter(server, "supervisor", "sue")
    await _listen(supervisor, 0)
    await supervisor.send("transfer", chat=chat["chat"], to="bob")
    await supervisor.send("status", uid="ann", state="away")
    await supervisor.send("close", chat=chat["chat"])
    heard = await _until(supervisor, "closed")
    assert [event["what"] for event in heard] == [
        "released", "transferred", "assigned", "status", "released", "closed",
    ]
    moved, status, closed = heard[1], heard[3], heard[5]
    assert (moved["agent"], moved["to"], moved["by"], moved["reason"]) == (
        "ann", "bob", "sue", "supervisor",
    )
    assert (status["agent"], status["state"], status["by"]) == ("ann", "away", "sue")
    assert (closed["agent"], closed["by"], closed["reason"]) == ("bob", "sue", "supervisor")
    await customer.ask("rate", chat=chat["chat"], score=2, comment="a secret")
    [rated] = await _until(supervisor, "rated")
    assert (rated["score"], "a secret" in str(rated)) == (2, False)


async def test_without_log_there_is_none(server: Server, wires: Wires) -> None:
    """Nor after one has stopped to ask for it; asked for again it begins anew."""
    supervisor = await wires.enter(server, "supervisor", "sue")
    await supervisor.ask("watch")
    await _visit(server, wires, "c1")
    while (await supervisor.get("snapshot"))["totals"]["closed"] < 1:
        pass
    await _listen(supervisor, 0)
    await _visit(server, wires, "c2")
    assert (await _until(supervisor, "closed"))[0]["customer"] == "c2"
    await supervisor.ask("watch")
    await _visit(server, wires, "c3")
    while (await supervisor.get("snapshot"))["totals"]["closed"] < 3:
        pass
    await _listen(supervisor, 500)
    assert [e["customer"] for e in await _log(supervisor) if e["what"] == "closed"] == [
        "c1", "c2", "c3",
    ]


async def test_whenever_one_begins_nothing_is_missed_and_nothing_comes_twice(
    server: Server, wires: Wires
) -> None:
    """While much happens, and others listen: what each hears is an end of what the first heard."""
    first = await wires.enter(server, "supervisor", "s-first")
    await _listen(first, 0)
    others = [await wires.enter(server, "supervisor", f"s{n}") for n in range(8)]
    await wires.enter(server, "agent", "ann", capacity=2)

    done = 0

    async def visits(side: int) -> None:
        nonlocal done
        for n in range(25):
            await _visit(server, wires, f"c{side}-{n}")
            done += 1

    async def begins(number: int, wire: Wire) -> None:
        await eventually(lambda: done >= number * 5, "so many were here")
        await _listen(wire, number % 3 * 5)

    await asyncio.gather(visits(1), visits(2), *(begins(n, w) for n, w in enumerate(others)))
    await first.send("status", uid="ann", state="away")
    everything = await _until(first, "status")
    assert sum(event["what"] == "closed" for event in everything) == 50
    for wire in others:
        heard = await _until(wire, "status")
        assert heard == everything[-len(heard) :]


async def test_what_a_later_release_writes_is_passed_on(
    server: Server, wires: Wires, store_url: str, site: str
) -> None:
    """A kind that nobody knows, fields that nobody knows, and what is not of the right kind."""
    supervisor = await wires.enter(server, "supervisor", "sue")
    await _listen(supervisor, 0)
    async with Redis.from_url(store_url) as redis:
        stream = f"imchat:{{{site}}}:events"
        await redis.xadd(stream, {"what": "sang", "at": 7, "agent": "ann", "tune": "a song"})
        await redis.xadd(stream, {"what": "odd", "at": "now", "tier": "high"})
    heard = await _until(supervisor, "odd")
    assert heard[0] == {"at": 7, "what": "sang", "agent": "ann"}
    assert set(heard[1]) == {"at", "what"}
    await _visit(server, wires, "cai")
    await _until(supervisor, "closed")


async def test_how_much_may_be_asked_for(server: Server, wires: Wires) -> None:
    """At most 500 of the past."""
    supervisor = await wires.enter(server, "supervisor", "sue")
    for log in (-1, 501, "all"):
        await supervisor.refused("watch", "bad_frame", log=log)
