"""What a supervisor does from the dashboard, on a real server."""

from collections.abc import Callable

from textual.pilot import Pilot

from imchat.client import Client
from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.choose import Choose
from imchat.tui.widgets.deed import Deed
from imchat.tui.widgets.queue_head import QueueHead
from tests.support import Restartable, Server, eventually
from tests.tui.dashboards import asking, close, dashboard, online, row_with, stands, text_in
from tests.tui.support import hides, shows


async def has(client: Client, count: int) -> None:
    """Wait until a client has so many open chats."""
    await eventually(lambda: len(client.chats) == count, f"{count} open chats")


def asked(app: DashboardApp) -> Callable[[], bool]:
    return lambda: isinstance(app.screen, Deed)


async def answer(app: DashboardApp, pilot: Pilot[None], question: str, key: str) -> None:
    """Answer a question when it is asked."""
    await shows(app, question)
    await eventually(asked(app), "the question has the keys")
    await pilot.press(key)


async def test_a_chat_is_closed_after_asking(server: Server) -> None:
    """No leaves it, yes closes it for both; who did it is in the note."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann") as ann,
        asking(server, "bob") as bob,
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("c")
        await answer(app, pilot, "Close the chat of bob with Ann?", "n")
        await hides(app, "Close the chat of bob")
        assert bob.chats
        await pilot.press("c")
        await answer(app, pilot, "Close the chat of bob with Ann?", "y")
        await shows(app, "The chat of bob is closed.")
        await has(bob, 0)
        await has(ann, 0)
        await stands(app, "Ann", 0)


async def test_one_of_several_chats_is_picked_by_a_part_of_its_name(server: Server) -> None:
    """And only that one is closed."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob") as bob,
        asking(server, "carla") as carla,
    ):
        await row_with(app, "Ann", "bob, carla")
        await pilot.press("c")
        await shows(app, "Close which chat?")
        await pilot.press(*"rla")
        await hides(app, "bob    ")
        await pilot.press("enter")
        await answer(app, pilot, "Close the chat of carla with Ann?", "enter")
        await has(carla, 0)
        assert bob.chats


async def test_who_waits_is_taken_out_of_the_queue(server: Server) -> None:
    """With the keys in the queue, the one under the cursor is meant."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        asking(server, "bob") as bob,
        asking(server, "cat") as cat,
    ):
        await eventually(lambda: "2 cat" in "\n".join(text_in(app, QueueHead)), "both wait")
        await pilot.press("2", "down", "c")
        await answer(app, pilot, "Close the chat of cat, who waits?", "y")
        await has(cat, 0)
        assert bob.chats


async def test_a_chat_is_given_to_another_agent(server: Server) -> None:
    """Those with a free slot may be picked, and nobody else."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob") as bob,
        online(server, "ben"),
        online(server, "eve", capacity=1),
        asking(server, "cat"),
        asking(server, "dan"),
    ):
        await row_with(app, "Ann", "bob")
        await row_with(app, "Eve", "■")
        await pilot.press("home", "m")
        await shows(app, "Transfer the chat of bob to")
        await shows(app, "desk default")
        picker = app.screen
        assert isinstance(picker, Choose)
        assert {named.name for named in picker.several} == {"Ben", "desk default"}
        await pilot.press(*"ben", "enter")
        await answer(app, pilot, "Transfer the chat of bob with Ann to Ben?", "y")
        await shows(app, "bob is given to Ben.")
        await eventually(
            lambda: [chat.agent for chat in bob.chats.values()] == ["ben"], "Ben has it"
        )


async def test_who_waits_is_given_to_another_desk(server: Server) -> None:
    """Where an agent is free, who serves at once."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann", desks=["billing"]),
        asking(server, "bob", desk="sales") as bob,
    ):
        await stands(app, "Ann", 0)
        await pilot.press("2")
        await eventually(lambda: "1 bob" in "\n".join(text_in(app, QueueHead)), "bob waits")
        await pilot.press("m")
        await shows(app, "Transfer the chat of bob to")
        await pilot.press(*"desk", "enter")
        await answer(app, pilot, "Transfer the chat of bob, who waits, to the desk billing?", "y")
        await eventually(
            lambda: [chat.agent for chat in bob.chats.values()] == ["ann"], "Ann has it"
        )


async def test_an_agent_is_set_away_and_online(server: Server) -> None:
    """The same key does both, each after asking."""
    async with dashboard(server, (120, 40)) as (app, pilot), online(server, "ann"):
        await row_with(app, "Ann", "● online")
        await pilot.press("w")
        await answer(app, pilot, "Set Ann away?", "y")
        await shows(app, "Ann is away.")
        await row_with(app, "Ann", "○ away")
        await pilot.press("w")
        await answer(app, pilot, "Set Ann online", "y")
        await row_with(app, "Ann", "● online")


async def test_the_agent_that_is_meant_is_the_one_that_is_looked_at(server: Server) -> None:
    """The event's, or the card's, wherever the table's cursor may be; in the queue nobody's."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        online(server, "bob"),
    ):
        await row_with(app, "Bob", "● online")
        table = app.query_one(AgentsTable)
        assert table.at_cursor is not None
        assert table.at_cursor.uid == "ann"
        await shows(app, "Bob came online")
        await pilot.press("e", "w")
        await answer(app, pilot, "Set Bob away?", "escape")
        await pilot.press("4", "down", "z", "w")
        await answer(app, pilot, "Set Bob away?", "escape")
        await pilot.press("z", "2", "w")
        await shows(app, "There is no agent here.")
        await pilot.press("1", "w")
        await answer(app, pilot, "Set Ann away?", "escape")


async def test_a_refusal_is_shown_in_a_line_and_can_be_tried_again(server: Server) -> None:
    """The agent filled up while one asked: the server says so, and Escape leaves it."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob") as bob,
        online(server, "eve", capacity=1),
    ):
        await row_with(app, "Ann", "bob")
        await row_with(app, "Eve")
        await pilot.press("home", "m")
        await shows(app, "Transfer the chat of bob to")
        await pilot.press(*"eve", "enter")
        await shows(app, "to Eve?")
        async with asking(server, "cat") as cat:
            await eventually(
                lambda: [chat.agent for chat in cat.chats.values()] == ["eve"], "Eve is full"
            )
            await answer(app, pilot, "to Eve?", "y")
            await shows(app, "'eve' is not online with a free slot")
            await close(cat)
        await answer(app, pilot, "Again", "y")
        await eventually(
            lambda: [chat.agent for chat in bob.chats.values()] == ["eve"], "now Eve has it"
        )


async def test_what_is_waited_for_can_be_left(restartable: Restartable) -> None:
    """Without a connection an act waits, says so, and Escape ends the waiting."""
    server = await restartable.start()
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
    ):
        await row_with(app, "Ann", "● online")
        await restartable.stop()
        await shows(app, "not connected; this is how it was")
        await pilot.press("w")
        await answer(app, pilot, "Set Ann away?", "y")
        await shows(app, "The server is asked…")
        await pilot.press("escape")
        await hides(app, "The server is asked…")
        await shows(app, "No longer waited for")
        await restartable.start()
        await hides(app, "not connected;")


async def test_nothing_to_act_on_is_said(server: Server) -> None:
    """An agent without a chat has none to close."""
    async with dashboard(server, (120, 40)) as (app, pilot), online(server, "ann"):
        await row_with(app, "Ann")
        await pilot.press("c")
        await shows(app, "There is no open chat here.")


async def test_a_question_has_all_the_keys(server: Server) -> None:
    """Tab and Enter answer it too; the dashboard's own keys do nothing behind it."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob") as bob,
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("c")
        await shows(app, "Close the chat of bob with Ann?")
        await eventually(asked(app), "the question has the keys")
        await pilot.press("t", "s", "e", "tab", "enter")
        await hides(app, "Close the chat of bob")
        assert bob.chats
        await shows(app, "by name")
        assert not app.screen.has_class("-events")


async def test_the_screen_goes_on_behind_a_question(server: Server) -> None:
    """What moves is seen to move."""
    async with (
        dashboard(server, (120, 40)) as (app, pilot),
        online(server, "ann"),
        asking(server, "bob"),
    ):
        await row_with(app, "Ann", "bob")
        await pilot.press("c")
        await shows(app, "Close the chat of bob with Ann?")
        async with asking(server, "cat"):
            await row_with(app, "Ann", "bob, cat")
