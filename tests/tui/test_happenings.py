"""Events in words: pure."""

import pytest

from imchat.ids import Uid
from imchat.protocol import Happening
from imchat.tui.happenings import in_words


def name_of(uid: Uid) -> str:
    return {"ann": "Ann", "sue": "Sue"}.get(uid, uid)


def said(what: str, *, name_desks: bool = False, **known: object) -> str | None:
    event = Happening(id="1-0", at=1, what=what, **known)  # type: ignore[arg-type]
    words = in_words(event, name_of, name_desks=name_desks)
    return None if words is None else words[1]


@pytest.mark.parametrize(("event", "words"), [
    ({"what": "assigned", "reason": "request", "tier": 1}, "Ann serves bob (tier 1)"),
    (
        {"what": "assigned", "reason": "closed", "tier": 0},
        "Ann serves bob, who waited (tier 0; a chat was closed)",
    ),
    ({"what": "closed", "by": "bob", "reason": "customer"}, "bob closed the chat with Ann"),
    ({"what": "closed", "by": "ann", "reason": "agent"}, "Ann closed the chat with bob"),
    (
        {"what": "closed", "by": "sue", "reason": "supervisor"},
        "Sue closed the chat of bob with Ann",
    ),
    (
        {"what": "closed", "by": "system", "reason": "disconnected"},
        "bob was lost; the chat with Ann is closed",
    ),
    ({"what": "recontact"}, "bob asks again within a day of the chat with Ann"),
    ({"what": "rated", "score": 4}, "bob rated the chat with Ann: 4 of 5"),
    ({"what": "transferred", "to": "ben", "by": "ann"}, "bob goes from Ann to ben"),
    (
        {"what": "transferred", "desk": "sales", "by": "sue"},
        "bob goes from Ann to the desk sales, by Sue",
    ),
    (
        {"what": "assigned", "reason": "transfer", "tier": 0},
        "Ann serves bob, transferred (tier 0)",
    ),
    ({"what": "requeued", "reason": "lost"}, "bob waits again: Ann was lost"),
])
def test_a_chat_in_words(event: dict[str, object], words: str) -> None:
    """Who, whom and why, and who did it if that was neither of the two."""
    assert said(**event, customer="bob", agent="ann") == words  # type: ignore[arg-type]


def test_a_desk_is_named_where_there_are_several() -> None:
    """Else it would only take room."""
    assert said("queued", customer="bob", desk="sales") == "bob waits: nobody is free"
    assert said("queued", customer="bob", desk="sales", name_desks=True) == (
        "bob waits at sales: nobody is free"
    )


def test_an_agent_in_words() -> None:
    """Its state, and who set it if it was another."""
    assert said("status", agent="ann", state="away", by="sue") == "Ann is away, by Sue"
    assert said("status", agent="ann", state="away") == "Ann is away"
    assert said("lost", customer="bob") == "bob lost the connection"
    assert said("offline", agent="ann") == "Ann is offline: not back in time"


def test_what_is_said_by_another_event_is_not_said_twice() -> None:
    """A request is followed by what became of it, a release by why."""
    assert said("requested", customer="bob") is None
    assert said("released", customer="bob", agent="ann") is None


def test_an_event_of_a_newer_server_is_shown_as_it_is() -> None:
    """Nothing is left out because it is not known here."""
    assert said("vanished", customer="bob", reason="magic") == "vanished: bob magic"
