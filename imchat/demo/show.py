"""What the command starts: the show without a screen, and with the dashboard in front."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

from imchat.demo.backstage import Backstage, Opening, backstage
from imchat.demo.stage import on_stage
from imchat.demo.summary import Summary
from imchat.demo.waits import either
from imchat.processes import stop_signals

PREFIX = "imchat-demo-"


async def headless(*, agents: int, rate: float, seconds: float) -> Summary:
    """Run the show so long, or until a signal, and check it.

    Server and bots share this process and its loop: there is no screen that could stutter.
    """
    with stop_signals() as stop, tempfile.TemporaryDirectory(prefix=PREFIX) as directory:
        async with on_stage(Path(directory), agents=agents, rate=rate) as stage:
            await either(stop.wait(), within_s=seconds)
            if not (stop.is_set() or stage.opened.is_set()):
                stage.summary.fault("the show ended before all agents were online")
            return await stage.finish()


async def with_dashboard(*, agents: int, rate: float) -> Summary:
    """Watch a show on the dashboard until that is left, and check the show.

    Raises SetupError when the show breaks down.
    """
    with stop_signals() as stop, tempfile.TemporaryDirectory(prefix=PREFIX) as directory:
        async with backstage(Path(directory), agents=agents, rate=rate) as show:
            opening = asyncio.ensure_future(show.opening())
            await either(opening, stop.wait())
            if not stop.is_set():
                await _watch(opening.result(), stop, show)
            return await show.finish()


async def _watch(opening: Opening, stop: asyncio.Event, show: Backstage) -> None:
    """Show the dashboard until it is left, a signal comes or the show is over."""
    from imchat.client import Client
    from imchat.tui.dashboard import DashboardApp
    from imchat.tui.start import set_up

    app = DashboardApp(Client(opening.url, opening.token))
    set_up(app)
    with _when(stop.wait(), app.exit), _when(show.over(), app.exit):
        await app.run_async()
    if app.failure is not None:
        raise app.failure


@contextlib.contextmanager
def _when(ending: Coroutine[None, None, object], leave: Callable[[], object]) -> Iterator[None]:
    async def wait() -> None:
        await ending
        leave()

    waiting = asyncio.create_task(wait())
    try:
        yield
    finally:
        waiting.cancel()
