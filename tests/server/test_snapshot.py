"""What a supervisor watches. Protocol: Supervisor, `watch`."""

import hashlib
import itertools

from tests.server.wire import Frame, Wire, Wires
from tests.support import Server, serving

DESK_FIELDS = {"tier", "tiers", "waiting", "oldest_wait_s", "head"}
AGENT_FIELDS = {"uid", "name", "state", "load", "capacity", "desks", "customers", "chats"}


async def _watch(server: Server, wires: Wires) -> tuple[Wire, Frame]:
    supervisor = await wires.enter(server, "supervisor", "sue")
    return supervisor, await supervisor.ask("watch")


async def _until(supervisor: Wire, waiting: int, *, desk: str = "default") -> Frame:
    """The first snapshot that shows so many waiting."""
    while True:
        snapshot = await supervisor.get("snapshot")
        if snapshot["desks"].get(desk, {}).get("waiting") == waiting:
            return snapshot


async def test_a_watch_is_answered_with_everything_as_it_is(
    server: Server, wires: Wires
) -> None:
    """The snapshot has exactly the fields of the protocol."""
    customer, _, chat = await wires.pair(server)
    _, snapshot = await _watch(server, wires)
    assert set(snapshot) == {"type", "at", "desks", "agents", "totals", "ref"}
    assert snapshot["type"] == "snapshot"
    assert snapshot["at"] >= customer.welcome["at"]
    assert snapshot["desks"] == {
        "default": {
            "tier": 1, "tiers": {"1": ["ann"]}, "waiting": 0, "oldest_wait_s": None, "head": [],
        }
    }
    assert snapshot["agents"] == [
        {
            "uid": "ann", "name": "ann", "state": "online", "load": 1, "capacity": 3,
            "desks": ["default"], "customers": ["cai"], "chats": [chat["chat"]],
        }
    ]
    assert snapshot["totals"]["waiting"] == 0
    assert snapshot["totals"]["active"] == 1


async def test_an_empty_site_is_shown_as_empty(server: Server, wires: Wires) -> None:
    """Nothing is no error."""
    _, snapshot = await _watch(server, wires)
    assert (snapshot["desks"], snapshot["agents"]) == ({}, [])


async def test_tiers_hold_the_online_agents_in_order_of_arrival(
    server: Server, wires: Wires
) -> None:
    """By chats held, each tier in the order in which its agents came to it; tier is the lowest."""
    for uid in ("zoe", "ann", "mia"):
        await wires.enter(server, "agent", uid, capacity=2)
    away = await wires.enter(server, "agent", "away")
    await away.ask("status", state="away")
    tiers: dict[str, list[str]] = {"0": ["zoe", "ann", "mia"], "1": [], "2": []}
    for n in range(4):
        customer = await wires.enter(server, "customer", f"c{n}")
        await customer.ask("request")
        lowest = min(tier for tier in tiers if tiers[tier])
        index = int(hashlib.sha1(f"c{n}".encode()).hexdigest()[:8], 16) % len(tiers[lowest])
        tiers[str(int(lowest) + 1)].append(tiers[lowest].pop(index))
    _, snapshot = await _watch(server, wires)
    desk = snapshot["desks"]["default"]
    assert desk["tier"] == 1
    assert desk["tiers"] == {tier: uids for tier, uids in tiers.items() if uids}
    states = {a["uid"]: a["state"] for a in snapshot["agents"]}
    assert states == {"ann": "online", "away": "away", "mia": "online", "zoe": "online"}


async def test_without_a_free_slot_there_is_no_tier(
    store_url: str, site: str, wires: Wires
) -> None:
    """`tier` is null when nobody can take one more; the full agents are still shown."""
    async with serving(store_url, site, capacity=1) as server:
        await wires.pair(server)
        _, snapshot = await _watch(server, wires)
        desk = snapshot["desks"]["default"]
        assert (desk["tier"], desk["tiers"]) == (None, {"1": ["ann"]})


async def test_the_head_is_the_first_fifty_who_wait(server: Server, wires: Wires) -> None:
    """In the order of the queue, with chat and since when; `waiting` counts all."""
    asked = []
    for n in range(52):
        customer = await wires.enter(server, "customer", f"c{n}")
        asked.append((await customer.ask("request"))["chat"])
    _, snapshot = await _watch(server, wires)
    desk = snapshot["desks"]["default"]
    assert desk["waiting"] == 52
    assert desk["oldest_wait_s"] == (snapshot["at"] - asked[0]["opened_at"]) // 1000
    assert desk["head"] == [
        {"customer": chat["customer"], "chat": chat["chat"], "since": chat["opened_at"]}
        for chat in asked[:50]
    ]


async def test_every_change_is_pushed(server: Server, wires: Wires) -> None:
    """Who waits, who comes, who is served, who goes: each is seen without asking."""
    supervisor, _ = await _watch(server, wires)
    customer = await wires.enter(server, "customer", "cai")
    await customer.ask("request")
    snapshot = await _until(supervisor, 1)
    assert "ref" not in snapshot
    assert [h["customer"] for h in snapshot["desks"]["default"]["head"]] == ["cai"]
    agent = await wires.enter(server, "agent", "ann", desks=["default", "vip"])
    chat = (await customer.get("assigned"))["chat"]
    snapshot = await _until(supervisor, 0)
    assert snapshot["desks"]["vip"]["tiers"] == {"1": ["ann"]}
    assert snapshot["agents"][0]["customers"] == ["cai"]
    await agent.get("assigned")
    await agent.ask("close", chat=chat["chat"])
    while (await supervisor.get("snapshot"))["agents"][0]["load"] != 0:
        pass
    agent.socket.transport.abort()
    while (await supervisor.get("snapshot"))["agents"][0]["state"] != "grace":
        pass


async def test_at_most_ten_snapshots_a_second_and_none_without_a_change(
    server: Server, wires: Wires
) -> None:
    """However much happens, pushes are 0.1 s apart, and each differs from the one before."""
    supervisor, first = await _watch(server, wires)
    shown = [{**first, "ref": ""}]
    agent = await wires.enter(server, "agent", "ann")
    for n in range(50):
        await agent.ask("status", state="away" if n % 2 else "online")
        customer = await wires.enter(server, "customer", f"c{n}")
        await customer.ask("request", desk="busy")
    while shown[-1]["desks"].get("busy", {}).get("waiting") != 50:
        shown.append({**await supervisor.get("snapshot"), "ref": ""})
    for before, after in itertools.pairwise(shown[1:]):
        assert after["at"] - before["at"] >= 100
    for before, after in itertools.pairwise(shown):
        assert {**before, "at": 0} != {**after, "at": 0}


async def test_unwatch_ends_it(server: Server, wires: Wires) -> None:
    """After it nothing comes, whatever happens; watching again begins anew."""
    supervisor, _ = await _watch(server, wires)
    other = await wires.enter(server, "supervisor", "sid")
    await other.ask("watch")
    await supervisor.send("unwatch")
    customer = await wires.enter(server, "customer", "cai")
    await customer.ask("request")
    await _until(other, 1)
    await supervisor.send("watch", ref="again")
    again = await supervisor.get("snapshot")
    assert (again["ref"], again["desks"]["default"]["waiting"]) == ("again", 1)


async def test_several_supervisors_see_the_same(server: Server, wires: Wires) -> None:
    """Each that watches gets the fresh snapshot; one that does not gets none."""
    first, _ = await _watch(server, wires)
    second = await wires.enter(server, "supervisor", "sid")
    await second.ask("watch")
    customer = await wires.enter(server, "customer", "cai")
    await customer.ask("request")
    assert (await _until(first, 1))["at"] == (await _until(second, 1))["at"]
