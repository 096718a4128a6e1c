"""Whatever others are called, the dashboard shows it as text and keeps its shape."""

import pytest
from rich.cells import cell_len

from imchat.client.text import clean_frame
from imchat.protocol import Happening, Log
from imchat.tui.widgets.choose import Choose
from imchat.tui.widgets.event_log import EventLog
from imchat.tui.widgets.painted import Painted
from tests.support import Server, eventually
from tests.tui.dashboards import dashboard, feed
from tests.tui.snapshots import AT_MS, agent, snapshot
from tests.tui.support import shows
from tests.tui.written import assert_data

NASTY = [
    "[b]bold[/b]", "[/", "[@click=app.quit]x[/]", "$text-error", "\\[x]", "{0} %s $x",
    "\x1b]2;title\x07", "\x1b[31mred", "\x1b]52;c;eA==\x07", "\x9b31m", "\x00\x07\x08\x7f",
    "a\tb", "a\nb\r\nc", "\u202eabc", "\u2066x\u2069", "\u200e\u200f", "\u2028x", "\ud800",
    "x\u200by", "e\u0301\u0301\u0301", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "安妮 梅",
    "ＡＢＣ", "ก็็็็", "w" * 200, "安" * 200, " ", "", "-", "👍🏽",
]


@pytest.mark.parametrize("size", [(80, 24), (240, 60)])
async def test_names_are_drawn_as_they_are(server: Server, size: tuple[int, int]) -> None:
    """Of agents, customers and desks, in every region, and each row keeps its width."""
    agents = [
        agent(f"a{n}", n % 4, name=name, desks=(NASTY[n - 1],)) for n, name in enumerate(NASTY)
    ]
    waiting = {name: [(f"{name} waits", 999)] for name in NASTY[:6]}
    happened = [
        Happening(
            id=f"{AT_MS + n}-0", at=AT_MS + n, what=what, customer=name, agent=name, desk=name,
            reason=name,
        )
        for n, name in enumerate(NASTY)
        for what in ("assigned", "closed", name)
    ]
    async with dashboard(server, size) as (app, pilot):
        feed(app, clean_frame(snapshot(agents, waiting)))
        app.heard(clean_frame(Log(events=happened)))
        await shows(app, f"{len(NASTY)} agents")
        for keys in (["1", "end"], ["home"], ["3", "home"], ["end"], ["2", "end"], ["a"], ["d"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert_data(app)
            for painted in app.query(Painted):
                rows = painted.rows(*painted.content_size)
                width = painted.content_size.width
                assert all(sum(cell_len(p.text) for p in row) == width for row in rows if row)
        assert app.query_one(EventLog).length() > 0


async def test_what_is_asked_names_them_as_they_are(server: Server) -> None:
    """Also in the questions and in what may be picked."""
    async with dashboard(server, (80, 24)) as (app, pilot):
        agents = [agent(f"a{n}", name=name) for n, name in enumerate(NASTY)]
        feed(app, clean_frame(snapshot(agents, {"[/": [("[b]x[/", 1)]})))
        await shows(app, f"{len(NASTY)} agents")
        await pilot.press("2", "m")
        await eventually(lambda: isinstance(app.screen, Choose), "one may pick")
        for _ in range(len(NASTY)):
            await pilot.press("down")
        assert_data(app)
        await pilot.press("home", *"bold", "enter")
        await shows(app, "Transfer the chat of [b]x[/, who waits, to [b]bold[/b]?")
        await pilot.press("escape")
