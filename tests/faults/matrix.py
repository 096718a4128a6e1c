"""The faults: each a function of a bench that does it and waits until it is over."""

from collections.abc import Callable

from tests.faults.bench import Bench, Fault, Inject
from tests.faults.site import Plan

FAULTS: dict[str, Fault] = {}


def fault(name: str, *, plan: Plan | None = None) -> Callable[[Inject], Inject]:
    """Put a fault into the matrix under this name."""

    def add(inject: Inject) -> Inject:
        what = " ".join((inject.__doc__ or "").split())
        FAULTS[name] = Fault(name=name, what=what, inject=inject, plan=plan or Plan())
        return inject

    return add


@fault("node-kill")
async def node_kill(bench: Bench) -> None:
    """A node is killed; its clients go on at the other."""
    victim = bench.site.nodes[0]
    await victim.kill()
    bench.site.forget(victim)
    await bench.load.all_online()
