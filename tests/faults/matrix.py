"""The faults: each a function of a bench that does it and waits until it is over."""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from tests.faults.bench import Bench, Fault, Inject
from tests.faults.processes import PACKAGE
from tests.faults.site import SOON_S, Plan
from tests.proxy import Gate, Proxy
from tests.support import eventually

FAULTS: dict[str, Fault] = {}

LEASE_S = 10.0
SLACK_S = 4.0
KEEPALIVES_S = 45.0
"""The server's, which is the longer one, and its patience."""
OUTAGE_S = 3.0
HELD_S = 0.2
CUTS = 10
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"


def fault(name: str, *, plan: Plan | None = None) -> Callable[[Inject], Inject]:
    """Put a fault into the matrix under this name."""

    def add(inject: Inject) -> Inject:
        what = " ".join((inject.__doc__ or "").split())
        FAULTS[name] = Fault(name=name, what=what, inject=inject, plan=plan or Plan())
        return inject

    return add


# --- nodes ------------------------------------------------------------------------


@fault("node-kill")
async def node_kill(bench: Bench) -> None:
    """A node is killed; its clients go on at the other, and its lease runs out."""
    victim = bench.site.nodes[0]
    await victim.kill()
    bench.site.forget(victim)
    await bench.load.all_online()
    await bench.site.has_nodes(1)


@fault("node-pause")
async def node_pause(bench: Bench) -> None:
    """A node hangs for longer than its lease, finds itself declared dead, and starts anew."""
    victim = bench.site.nodes[0]
    victim.signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE_S + 2)
    await bench.site.has_nodes(1)
    victim.signal(signal.SIGCONT)
    await bench.site.has_nodes(2)
    bench.check("was declared dead" in victim.tail(), "the node did not notice that it was dead")


@fault("node-kill-all", plan=Plan(grace_s=3, punctual=False))
async def node_kill_all(bench: Bench) -> None:
    """No node is left for longer than the grace; all find their chats at those that come then."""
    for node in list(bench.site.nodes):
        await node.kill()
        bench.site.forget(node)
    await asyncio.sleep(bench.site.plan.grace_s + SLACK_S)
    for _ in range(bench.site.plan.nodes):
        await bench.site.add_node()
    await bench.load.all_online()
    await bench.site.has_nodes(bench.site.plan.nodes)
    await _nobody_was_given_up(bench)


async def _nobody_was_given_up(bench: Bench) -> None:
    happened = await bench.happened()
    for what in ("offline", "requeued", "disconnected"):
        bench.check(happened[what] == 0, f"{happened[what]} times something was {what}")


@fault("server-kill", plan=Plan(embedded=True, punctual=False))
async def server_kill(bench: Bench) -> None:
    """A server is killed, its Valkey runs on, and the next server takes over what it left."""
    killed = bench.site.nodes[0]
    [orphan] = bench.site.embedded_pids
    await killed.kill()
    bench.site.forget(killed)
    bench.check(bench.site.embedded_pids == [orphan], "the store ended with its server")
    await bench.site.add_node()
    bench.check(bench.site.embedded_pids != [orphan], "the store is the same")
    await bench.load.all_online()
    await bench.site.has_nodes(1)


@fault("worker-kill", plan=Plan(embedded=True, workers=2))
async def worker_kill(bench: Bench) -> None:
    """One of two workers is killed; its clients go on at the other, and a new one joins."""
    server = bench.site.nodes[0]
    victim, other = server.workers
    os.kill(victim, signal.SIGKILL)
    await eventually(
        lambda: len(server.workers) == 2 and victim not in server.workers,
        "another takes its place",
        timeout=SOON_S,
    )
    bench.check(other in server.workers, "the other one died as well")
    await bench.load.all_online()
    await bench.site.has_nodes(2)


# --- clients and nodes --------------------------------------------------------------


@fault("grace", plan=Plan(grace_s=3))
async def grace(bench: Bench) -> None:
    """Half of all are away for longer than the grace: chats are re-queued or closed, once."""
    side = bench.site.side
    with bench.nobody_else_minds():
        side.refuses = True
        side.cut()
        await asyncio.sleep(bench.site.plan.grace_s + SLACK_S)
        side.refuses = False
        await bench.load.all_online()
    happened = await bench.happened()
    for what in ("offline", "requeued", "disconnected"):
        bench.check(happened[what] > 0, f"nothing was {what}")


@fault("client-cut")
async def client_cut(bench: Bench) -> None:
    """Half of all lose their connections again and again, whatever is under way."""
    with bench.nobody_else_minds():
        for _ in range(CUTS // 2):
            bench.site.side.cut()
            await bench.load.all_online()
            await bench.steady(1 / CUTS)


@fault("client-stall")
async def client_stall(bench: Bench) -> None:
    """Nothing comes through to half of all for longer than the keepalive."""
    with bench.nobody_else_minds():
        bench.site.side.stall()
        await asyncio.sleep(KEEPALIVES_S)
        bench.site.side.flow()
        await bench.load.all_online()


@fault("client-half-open")
async def client_half_open(bench: Bench) -> None:
    """Half of all lose the server and are told nothing; then the server loses them likewise."""
    side = bench.site.side
    with bench.nobody_else_minds():
        before = side.accepted
        side.half_open(lost="server")
        await eventually(
            lambda: side.accepted >= before + len(bench.load.bots) // 2,
            "all have noticed",
            timeout=KEEPALIVES_S,
        )
        await bench.load.all_online()
        side.half_open(lost="client")
        await bench.load.all_online()


@fault("client-slow")
async def client_slow(bench: Bench) -> None:
    """To half of all everything comes late and in tiny pieces."""
    gates = bench.site.side.up, bench.site.side.down
    with bench.nobody_else_minds():
        for gate in gates:
            gate.delay_s, gate.slice = 0.2, 7
        await bench.steady()
        for gate in gates:
            gate.delay_s, gate.slice = 0.0, None


@fault("client-kill")
async def client_kill(bench: Bench) -> None:
    """A customer and an agent are killed again and again; their next processes go on."""
    clients = [bench.site.client("customer", "mortal"), bench.site.client("agent", "deadly")]
    for client in clients:
        client.start()
        await eventually(client.has_sent, f"{client.name} is in a chat", timeout=SOON_S)
    for client in clients * (CUTS // 4):
        await client.kill()
        client.start()
        await eventually(client.has_sent, f"{client.name} goes on", timeout=SOON_S)


# --- the store --------------------------------------------------------------------


@fault("store-kill", plan=Plan(punctual=False))
async def store_kill(bench: Bench) -> None:
    """Valkey is killed and started again: 503 meanwhile, and no client loses its connection."""
    connections = bench.site.connections
    await bench.site.valkey.kill()
    await bench.site.is_healthy(False)
    await asyncio.sleep(OUTAGE_S)
    await bench.site.valkey.start()
    await bench.site.is_healthy(True)
    bench.check(bench.site.connections == connections, "clients lost their connections")


@fault("store-pause", plan=Plan(grace_s=3, punctual=False))
async def store_pause(bench: Bench) -> None:
    """Valkey hangs for longer than lease and grace, which costs nobody a connection or a chat."""
    connections = bench.site.connections
    bench.site.valkey.signal(signal.SIGSTOP)
    await bench.site.is_healthy(False)
    await asyncio.sleep(LEASE_S + SLACK_S)
    bench.site.valkey.signal(signal.SIGCONT)
    await bench.site.is_healthy(True)
    bench.check(bench.site.connections == connections, "clients lost their connections")
    await bench.steady()
    await _nobody_was_given_up(bench)


@fault("store-kill-embedded", plan=Plan(embedded=True, punctual=False))
async def store_kill_embedded(bench: Bench) -> None:
    """The Valkey of a server that has its own is killed; the server starts it again."""
    connections = bench.site.connections
    [killed] = bench.site.embedded_pids
    os.kill(killed, signal.SIGKILL)
    await eventually(
        lambda: bench.site.embedded_pids not in ([], [killed]), "it runs again", timeout=SOON_S
    )
    await bench.site.is_healthy(True)
    bench.check(bench.site.connections == connections, "clients lost their connections")


@fault("store-torn", plan=Plan(punctual=False))
async def store_torn(bench: Bench) -> None:
    """Valkey is killed, and the last command of its append-only file is torn."""
    valkey = bench.site.valkey
    await valkey.kill()
    with bench.site.append_only_file.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$9\r\nhalf a co")
    await valkey.start()
    await bench.site.is_healthy(True)


@fault("store-cut-before", plan=Plan(punctual=False))
async def store_cut_before(bench: Bench) -> None:
    """Calls are lost on their way to the store, with their connections; it never had them."""
    await _cut_off(bench, lambda proxy: proxy.up)


@fault("store-cut-after", plan=Plan(punctual=False))
async def store_cut_after(bench: Bench) -> None:
    """Replies are lost on their way from the store, which has done what it was asked."""
    await _cut_off(bench, lambda proxy: proxy.down)


async def _cut_off(bench: Bench, direction: Callable[[Proxy], Gate]) -> None:
    proxies = list(bench.site.to_store.values())
    for n in range(CUTS):
        proxy = proxies[n % len(proxies)]
        gate = direction(proxy)
        gate.shut()
        await eventually(partial(getattr, gate, "held"), "something is held", timeout=SOON_S)
        await asyncio.sleep(HELD_S)  # it is no matter how long; more is under way so
        proxy.cut()
        gate.open()
        await bench.site.is_healthy(True)
        await bench.steady(1 / CUTS)


@fault("store-stall", plan=Plan(punctual=False))
async def store_stall(bench: Bench) -> None:
    """A node's store does not answer for longer than a call waits for it, and its lease."""
    [proxy, _] = bench.site.to_store.values()
    proxy.stall()
    await asyncio.sleep(LEASE_S + SLACK_S)
    proxy.flow()
    await bench.site.is_healthy(True)
    await bench.load.all_online()


@fault("store-half-open", plan=Plan(punctual=False))
async def store_half_open(bench: Bench) -> None:
    """A node loses the store and is told nothing; then the store loses the node likewise."""
    [proxy, _] = bench.site.to_store.values()
    for lost in ("server", "client"):
        proxy.half_open(lost)
        await bench.site.is_healthy(True)
        await bench.steady(1 / 2)


@fault("store-full", plan=Plan(punctual=False))
async def store_full(bench: Bench) -> None:
    """Valkey is at its maxmemory and takes nothing; then it is given more."""
    async with bench.site.redis() as redis:
        used = (await redis.info("memory"))["used_memory"]
        await redis.config_set("maxmemory", used + 50_000)

        async def refuses() -> bool:
            return "errorstat_OOM" in await redis.info("errorstats")

        await eventually(refuses, "Valkey refuses what would make it grow", timeout=SOON_S)
        await asyncio.sleep(OUTAGE_S)
        await redis.config_set("maxmemory", 0)


@fault("disk-full", plan=Plan(embedded=True, punctual=False))
async def disk_full(bench: Bench) -> None:
    """The embedded Valkey cannot write, dies before it acks, is started in vain, then can."""
    server = bench.site.nodes[0].pid
    [first] = bench.site.embedded_pids
    room = bench.site.append_only_file.stat().st_size + 20_000
    for pid in (server, first):  # those that come after have the server's limit
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    await eventually(
        lambda: bench.site.embedded_pids not in ([], [first]), "another was tried", timeout=SOON_S
    )
    await asyncio.sleep(OUTAGE_S)
    for pid in (server, *bench.site.embedded_pids):
        with contextlib.suppress(ProcessLookupError):
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
    await bench.site.is_healthy(True)


# --- clocks and versions ------------------------------------------------------------


@fault("clock")
async def clock(bench: Bench) -> None:
    """Two more nodes join, whose clocks are an hour ahead and an hour behind."""
    for off_s in (3_600, -3_600):
        env = {"PYTHONPATH": str(WRONG_CLOCK), "CLOCK_OFF_S": f"{off_s}"}
        node = await bench.site.add_node(env=env)
        first = node.tail().split(",")[0]
        shown_s = datetime.fromisoformat(first).timestamp() - time.time()
        bench.check(abs(shown_s - off_s) < 60, f"the clock of {node.name} is off by {shown_s} s")
    bench.site.front.cut()
    bench.site.side.cut()
    await bench.load.all_online()
    await bench.steady()


@fault("rolling-restart")
async def rolling_restart(bench: Bench) -> None:
    """Every node is replaced by a new one while all goes on."""
    await _replace_all(bench, PACKAGE)


@fault("rolling-upgrade")
async def rolling_upgrade(bench: Bench) -> None:
    """Every node is replaced by one of a newer library; for a while both are at work."""
    newer = bench.site.directory / "newer" / PACKAGE.name
    shutil.copytree(PACKAGE, newer)
    with (newer / "store" / "lua" / "keys.lua").open("a") as file:
        file.write("\n-- newer\n")
    await _replace_all(bench, newer)
    async with bench.site.redis() as redis:
        libraries = await redis.function_list("imchat_*")
    bench.check(len(libraries) == 2, f"there are {len(libraries)} libraries, not 2")


async def _replace_all(bench: Bench, source: Path) -> None:
    for old in list(bench.site.nodes):
        await bench.site.add_node(source=source)
        await bench.steady(1 / 2)
        bench.site.forget(old)
        old.signal(signal.SIGTERM)
        bench.check(await old.ended() == 0, f"{old.name} did not end well:\n{old.tail()}")
        await bench.load.all_online()
