"""The dashboard's log of events: in words, paused, narrowed, read back."""

from typing import Any

from imchat.protocol import Happening
from imchat.tui.dashboard import LOG_BEGINS_WITH
from imchat.tui.widgets.event_log import EventLog
from tests.support import Restartable, Server, eventually
from tests.tui.dashboards import asking, close, dashboard, feed, online, row_with, tell, text_in
from tests.tui.snapshots import AT_MS, agent, snapshot
from tests.tui.support import hides, shows


def queued(n: int, desk: str = "default") -> Happening:
    return happened(n, what="queued", customer=f"c{n}", desk=desk)


def happened(n: int, **known: Any) -> Happening:
    return Happening(id=f"{AT_MS + n}-0", at=AT_MS + n, **known)


async def test_what_happens_is_told_in_words(server: Server) -> None:
    """As the server tells it, with the names of agents, and with what was before."""
    async with (
        online(server, "ann", capacity=1) as ann,
        asking(server, "bob") as bob,
        dashboard(server, (120, 60)) as (app, _),
    ):
        await shows(app, "Ann came online")
        await shows(app, "Ann serves bob (tier 0)")
        async with asking(server, "cat"):
            await shows(app, "cat waits: nobody is free")
            await close(bob)
            await shows(app, "bob closed the chat with Ann")
            await shows(app, "Ann serves cat, who waited (tier 0")
            await ann.set_status("away")
            await shows(app, "Ann is away")


async def test_who_acted_is_told(server: Server) -> None:
    """A supervisor's acts name the supervisor."""
    async with (
        dashboard(server, (120, 60)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob"),
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("c")
        await shows(app, "Close the chat of bob")
        await pilot.press("y")
        await shows(app, "sue closed the chat of bob with Ann")
        await pilot.press("w")
        await shows(app, "Set Ann away?")
        await pilot.press("y")
        await shows(app, "Ann is away, by sue")


async def test_a_lost_connection_leaves_no_gap_and_no_doubles(restartable: Restartable) -> None:
    """What happened meanwhile is told afterwards, each event once."""
    server = await restartable.start()
    async with dashboard(server, (120, 60)) as (app, _), asking(server, "bob") as bob:
        await shows(app, "bob waits")
        await restartable.stop()
        await shows(app, "not connected;")
        await restartable.start()
        await hides(app, "not connected;")
        await eventually(lambda: bob.state == "online", "bob is back")
        await close(bob)
        await shows(app, "bob left the queue")
        rows = "\n".join(text_in(app, EventLog))
        assert rows.count("bob waits") == 1
        assert rows.count("bob left the queue") == 1


async def test_the_newest_is_seen_and_what_was_before_can_be_read(server: Server) -> None:
    """Home goes to the first; what comes does not move the page, and what is below is counted."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        tell(app, *map(queued, range(100)))
        await shows(app, "c99 waits: nobody is free")
        await pilot.press("3", "home")
        await shows(app, "c0 waits: nobody is free")
        tell(app, queued(100))
        below = 101 - app.query_one(EventLog).content_size.height
        await shows(app, f"↓ {below} newer")
        assert "c0 waits" in "\n".join(text_in(app, EventLog))
        await pilot.press("end")
        await shows(app, "c100 waits")
        tell(app, queued(101))
        await shows(app, "c101 waits")


async def test_an_event_that_is_not_wanted_harms_nothing(server: Server) -> None:
    """It comes where nothing is shown, and there is nothing to act on."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        await pilot.press("3", "slash", *"nobody of that name", "enter")
        log = app.query_one(EventLog)
        tell(app, queued(1))
        await eventually(lambda: len(log._kept) == 1, "it has come")
        assert log.at_cursor is None
        await pilot.press("w")
        await shows(app, "There is no agent here.")


async def test_it_is_paused_by_a_key(server: Server) -> None:
    """What comes meanwhile is counted, and shown afterwards."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        tell(app, queued(1))
        await shows(app, "c1 waits")
        await pilot.press("3", "space")
        await shows(app, "paused")
        tell(app, queued(2), queued(3))
        await shows(app, "paused, 2 new")
        assert "c2 waits" not in "\n".join(text_in(app, EventLog))
        await pilot.press("space")
        await shows(app, "c3 waits")
        await hides(app, "paused")


async def test_it_is_narrowed_by_a_text_and_by_the_desk(server: Server) -> None:
    """Slash filters what has the keys; a desk shows its own events and those of no desk."""
    async with dashboard(server, (120, 40)) as (app, pilot):
        feed(app, snapshot([agent("ann")], {"billing": [("c1", 1)], "sales": [("c2", 1)]}))
        tell(app, queued(1, "billing"), queued(2, "sales"), queued(12, "sales"))
        tell(app, happened(20, what="status", agent="ann", state="away"))
        await shows(app, "c1 waits at billing")
        await pilot.press("3", "slash", *"c1")
        await shows(app, "“c1”: 2 of 4")
        await hides(app, "c2 waits")
        await pilot.press("enter")
        await eventually(lambda: isinstance(app.focused, EventLog), "the keys are the log's")
        tell(app, queued(113, "sales"), queued(204, "sales"))
        await shows(app, "c113 waits at sales")
        assert "c204" not in "\n".join(text_in(app, EventLog))
        await pilot.press("escape")
        await shows(app, "c2 waits at sales")
        await pilot.press("d")
        await hides(app, "c2 waits")
        await shows(app, "c1 waits: nobody is free")
        await shows(app, "ann is away")


async def test_a_new_connection_tells_nothing_twice(server: Server) -> None:
    """The past that it begins with takes the place of what was known of it."""
    async with dashboard(server, (120, 60)) as (app, _):
        app._log_is_new = False
        tell(app, queued(1), queued(2))
        await shows(app, "c2 waits")
        app._log_is_new = True
        tell(app, queued(2), queued(3))
        await shows(app, "c3 waits")
        tell(app, queued(2), queued(3), queued(4))  # watching was asked for once more
        await shows(app, "c4 waits")
        rows = "\n".join(text_in(app, EventLog))
        assert [rows.count(f"c{n} waits") for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
        assert "missing" not in rows


async def test_what_could_not_be_heard_is_said_to_be_missing(server: Server) -> None:
    """More happened while nobody listened than is told afterwards; at first nothing is missing."""
    async with dashboard(server, (120, 60)) as (app, pilot):
        app._log_is_new = True
        tell(app, *map(queued, range(LOG_BEGINS_WITH)))
        await shows(app, f"c{LOG_BEGINS_WITH - 1} waits")
        app._log_is_new = True
        tell(app, *map(queued, range(1_000, 1_000 + LOG_BEGINS_WITH)))
        await pilot.press("3", "home", "slash", *"missing")
        await shows(app, "Some events are missing here")
        await shows(app, f"“missing”: 1 of {2 * LOG_BEGINS_WITH + 1}")


async def test_foreign_names_in_events_are_data(server: Server) -> None:
    """Markup in a name is shown as it is."""
    async with dashboard(server, (120, 40)) as (app, _):
        feed(app, snapshot([agent("ann", name="[b]A[/b][/")]))
        tell(app, happened(0, what="lost", agent="ann"))
        await shows(app, "[b]A[/b][/ lost the connection")
