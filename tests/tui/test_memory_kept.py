"""Nothing is kept of what is gone from the screen."""

import gc
import weakref

from textual.widgets._toast import Toast

from imchat.tui.agent import AgentApp
from tests.support import eventually
from tests.tui.scenes import at_work
from tests.tui.staging import AGENT, client, staged
from tests.tui.support import hides, shows

LAST = 2
"""Textual remembers what was shown last."""


async def test_what_a_note_drew_goes_with_it() -> None:
    """Of eight hours of notes no more is kept than of the last ones."""
    async with staged(AgentApp(client(AGENT)), notes=True) as (app, pilot):
        await at_work(app)
        gone = []
        for number in range(10):
            app.notify(f"note {number}", timeout=0.3)
            await shows(app, f"note {number}")
            gone += [weakref.ref(toast._styles_cache) for toast in app.screen.query(Toast)]
            await hides(app, f"note {number}")
        app.notify("the last", timeout=60)
        await shows(app, "the last")
        await pilot.pause()

        def kept() -> int:
            gc.collect()
            return sum(each() is not None for each in gone)

        await eventually(lambda: kept() <= LAST, f"no more than {LAST} of {len(gone)} are kept")
