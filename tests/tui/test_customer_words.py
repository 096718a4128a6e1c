"""What an agent is told of a customer, without a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imchat.ids import Uid
from imchat.protocol import Customer
from imchat.tui.customer_words import EARLIER_SHOWN, ENDED_HOW, Part, earlier, notes, who
from imchat.tui.wrapping import cells
from tests.tui.hostile import texts
from tests.tui.looks import utc
from tests.tui.scenes import known
from tests.tui.snapshots import AT_MS
from tests.tui.staging import AGENT, CUSTOMER, chat

pytestmark = pytest.mark.usefixtures("utc")
__all__ = ["utc"]


def rows(parts: list[Part]) -> list[str]:
    """The words as they stand on the screen."""
    return "".join(part if isinstance(part, str) else part[0] for part in parts).split("\n")


def ended(
    reason: str | None, *, after_s: int = 60, agent: str = AGENT, topic: str = "tea"
) -> Customer:
    """A customer with one chat that ended."""
    over = chat(
        state="closed", agent_is=agent, topic=topic, reason=reason,
        closed_at=None if reason is None else AT_MS - 110_000 + after_s * 1000,
    )
    return Customer(uid=CUSTOMER, chats=[over], notes=[])


@pytest.mark.parametrize(
    ("seconds", "length"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_500, "2 h 05 min")],
)
def test_a_chat_says_when_it_was_and_how_it_ended(seconds: int, length: str) -> None:
    """With whom, how long it took, and why it ended; each reason has its word."""
    told = rows(earlier(ended("customer", after_s=seconds), AGENT, 30))
    assert told == ["Earlier chats", "14 Nov 22:11 you", f"  {length}, left", "  tea"]
    for reason, how in ENDED_HOW.items():
        assert f"  {length}, {how}" in rows(earlier(ended(reason, after_s=seconds), AGENT, 30))


@pytest.mark.parametrize(
    ("wait_ms", "told"), [(0, "not at all"), (999, "not at all"), (65_000, "1:05"), (None, "0:10")]
)
def test_the_time_with_another_agent_is_no_wait(wait_ms: int | None, told: str) -> None:
    """What counts is the time in queues, if the server tells it."""
    assert f"waited   {told}" in rows(who(chat(wait_ms=wait_ms), AT_MS))


def test_who_was_never_served_waited() -> None:
    """And gave up after so long."""
    left = chat(state="waiting", reason="left_queue", closed_at=AT_MS)
    told = rows(earlier(Customer(uid=CUSTOMER, chats=[left], notes=[]), AGENT, 30))
    assert told[1:3] == ["14 Nov 22:11 nobody", "  waited 2 min, left"]


def test_a_server_that_does_not_tell_how_it_ended() -> None:
    """Then nothing is made up."""
    assert rows(earlier(ended(None, agent="ben"), AGENT, 30))[1:] == ["14 Nov 22:11 Ben", "  tea"]


@given(topic=st.one_of(st.text(max_size=200), texts()), width=st.integers(10, 60))
def test_a_topic_keeps_its_indent_and_its_rows(topic: str, width: int) -> None:
    """Two rows at most, none wider than there is room; what is left out is told by a sign."""
    told = rows(earlier(ended("agent", topic=topic), AGENT, width))[3:]
    assert len(told) <= 2
    assert all(row.startswith("  ") and cells(row) <= width for row in told)
    words = " ".join(topic.split())
    said = "".join("".join(told).split())
    if not said.endswith("…"):
        assert said == "".join((words or "no topic").split())
    else:
        assert "".join(words.split()).startswith(said.removesuffix("…")) or "…" in words


def test_only_the_newest_chats_are_listed() -> None:
    """And how many more there are."""
    many = Customer(uid=CUSTOMER, chats=[*ended("agent").chats] * (EARLIER_SHOWN + 2), notes=[])
    assert rows(earlier(many, AGENT, 30))[-1] == "… and 2 more"
    assert rows(earlier(Customer(uid=CUSTOMER, chats=[], notes=[]), AGENT, 30))[-1] == "none"


def test_notes_are_signed_by_name() -> None:
    """Of other agents; one's own are one's own."""
    names = {Uid("ben"): "Benedict"}
    told = rows(notes(known(), AGENT, lambda uid: names.get(uid, uid)))
    assert told == [
        "Notes  private", "09 Nov 22:13 you", "Prefers to be called Bobby.",
        "14 Nov 21:13 Benedict", "Is moving in May:", "ask for the address.",
    ]
