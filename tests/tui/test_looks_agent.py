"""The agent's console as it was looked at and approved, at three sizes and in both themes."""

from functools import partial
from pathlib import Path

import pytest

from imchat import protocol
from imchat.client import Disconnected
from imchat.ids import ChatId, Uid
from imchat.tui.agent import AgentApp
from imchat.tui.paged_talk import PagedTalk
from imchat.tui.widgets.talk_screen import TalkScreen
from tests.tui.looks import assert_looks, utc
from tests.tui.scenes import CAT, SAID, THERE, at_work, make_known, with_full_hands
from tests.tui.staging import AGENT, CUSTOMER, chat, client, staged, stored, tell, welcome
from tests.tui.support import shows

pytestmark = pytest.mark.usefixtures("utc")
__all__ = ["utc"]

BEN = Uid("ben")
REPLIES = """
hello = "Hello {customer}, this is {agent}. What can I do for you?"
later = "I will look into it and come back to you within the hour."
"""
FOUND_BY = {
    "agent-close": (["f4"], "Close the chat with Bob?"),
    "agent-finding": (["alt+w", *"parcel"], "1 of 1"),
    "agent-help": (["f1"], "Keys"),
    "agent-jump": (["ctrl+g"], "Go to"),
    "agent-jump-none": (["ctrl+g", *"xyz"], "Nothing answers"),
    "agent-leaving": ([*"Certainly", "ctrl+q"], "Leave with 2 open chats?"),
    "agent-link": (["alt+l"], "Open this link?"),
    "agent-menu": (["ctrl+p"], "Close chat"),
    "agent-transfer": (["f5"], "Dora Clark"),
    "agent-transfer-typed": (["f5", *"cl"], "Cleo Clark"),
    "agent-writing": ([*"Certainly!", "ctrl+j", *"It comes"], "It comes"),
}
"""What a key or two show of a console at work, and a word of it."""


async def there() -> protocol.Colleagues:
    """What a server tells of who is there."""
    return THERE


async def test_an_idle_console() -> None:
    """An agent with no customer yet."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        tell(app, welcome(AGENT, "agent", "Ann"))
        await shows(app, "slots free")
        await assert_looks(pilot, "agent-idle")


async def test_a_console_at_work() -> None:
    """Two chats, one of them shown, with marks, days and a link; one with unread words."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        await assert_looks(pilot, "agent-at-work")


@pytest.mark.parametrize("name", FOUND_BY)
async def test_what_a_key_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions, pickers, help, the menu, the finder, the composer with some lines."""
    keys, word = FOUND_BY[name]
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        monkeypatch.setattr(app.client, "colleagues", there)
        await with_full_hands(app) if name == "agent-jump" else await at_work(app)
        await pilot.press(*keys)
        await shows(app, word)
        await assert_looks(pilot, name)


async def test_a_console_with_its_hands_full() -> None:
    """Three chats that wait in all colours, a draft for one, and one who writes."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await with_full_hands(app)
        await pilot.press("ctrl+down", *"Yes", "ctrl+up")
        tell(app, protocol.Typing(chat=ChatId("1"), sender=CUSTOMER, to=AGENT))
        await shows(app, "Bob is writing…")
        app.query_one("ChatPane")._writing = (CUSTOMER, float("inf"))  # type: ignore[attr-defined]
        await assert_looks(pilot, "agent-full")


async def test_what_is_known_of_a_customer() -> None:
    """Earlier chats and notes; where there is little room it is asked for."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        make_known(app)
        await shows(app, "Prefers to be called Bobby.")
        await pilot.press("f8", *"a new note")
        await assert_looks(pilot, "agent-customer")


async def test_what_is_known_where_there_is_little_room() -> None:
    """In the place of the list."""
    async with staged(AgentApp(client(AGENT)), size=(80, 24)) as (app, pilot):
        await at_work(app)
        make_known(app)
        await pilot.press("f8", *"a new note")
        await shows(app, "a new note")
        await assert_looks(pilot, "agent-customer-asked-for")


async def test_canned_replies(tmp_path: Path) -> None:
    """Above the composer, where a / is written."""
    file = tmp_path / "replies.toml"
    file.write_text(REPLIES)
    async with staged(AgentApp(client(AGENT), replies=file)) as (app, pilot):
        await at_work(app)
        await pilot.press("slash", "l")
        await shows(app, "canned replies")
        await assert_looks(pilot, "agent-replies")


async def test_messages_under_way_and_refused() -> None:
    """They stand below what is stored, and say why."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        conversation = app.client.conversation(CUSTOMER)
        conversation.compose("a", "It is with your neighbour now.")
        conversation.fail("a", "no open chat with this customer")
        conversation.compose("b", "Is that all right?")
        app.stale()
        await shows(app, "Is that all right?")
        await assert_looks(pilot, "agent-refused")


async def test_what_another_agent_said_before() -> None:
    """On a screen of its own, from the side of who had the chat."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        talk = PagedTalk(partial(app.client.history, CUSTOMER), me=BEN)
        talk._messages += [
            stored(CUSTOMER, n, BEN if sender == AGENT else sender, body, ago_s)
            for n, (sender, body, ago_s) in enumerate(SAID)
        ]
        talk.begun, talk.talk.has_earlier = True, False
        names = str.capitalize
        app.push_screen(TalkScreen(talk, title="before", who="Bob with Ben", name_of=names))
        await shows(app, "No, thank you")
        await assert_looks(pilot, "agent-before")


async def test_an_agent_that_is_away_with_chats_that_are_over() -> None:
    """One closed by the customer, which is shown, and one that was given away."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        over = chat(state="closed")
        tell(app, protocol.Closed(chat=over, by=CUSTOMER, reason="customer"))
        given = chat("2", customer=CAT, name="Cat 喵", topic="Refund", agent_is="ben")
        tell(app, protocol.Transferred(chat=given, sender=AGENT, by=AGENT))
        tell(app, protocol.Status(uid=AGENT, state="away", load=0, capacity=3))
        await shows(app, "○ away")
        await assert_looks(pilot, "agent-away")


async def test_a_console_without_a_connection() -> None:
    """It says why, and that it tries again."""
    async with staged(AgentApp(client(AGENT))) as (app, pilot):
        await at_work(app)
        app.client.state = "connecting"
        tell(app, Disconnected("the server is going away", 0.0))
        await shows(app, "reconnecting")
        await assert_looks(pilot, "agent-reconnecting")
