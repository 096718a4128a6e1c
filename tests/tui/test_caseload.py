"""Which slot a chat has, and what stays within reach."""

from imchat.ids import ChatId, Desk, Uid
from imchat.protocol import Chat
from imchat.tui.caseload import RECENT, Caseload


def chat(id: int, customer: str | None = None) -> Chat:
    """A chat of a customer with the agent ann."""
    uid = customer or f"c{id}"
    return Chat(
        chat=ChatId(str(id)), desk=Desk("default"), customer=Uid(uid), agent=Uid("ann"),
        state="active", opened_at=0, assigned_at=0, last_seq=0, position=None,
        customer_name=uid, agent_name="Ann", topic=None, read_by_customer=0, read_by_agent=0,
    )


def standing(load: Caseload) -> list[tuple[int, str]]:
    """Slots and customers."""
    return [(slot, chat.customer) for slot, chat in load.slots]


def test_a_chat_keeps_its_slot() -> None:
    """When another ends nothing moves; the next chat takes the slot that became free."""
    load = Caseload()
    for id in (1, 2, 3):
        load.opened(chat(id))
    load.ended(chat(2), "closed", 5)
    assert standing(load) == [(1, "c1"), (3, "c3")]
    load.opened(chat(4))
    assert standing(load) == [(1, "c1"), (2, "c4"), (3, "c3")]


def test_a_reconnect_keeps_the_slots() -> None:
    """Known chats stay where they are, those that are gone go, new ones fill up."""
    load = Caseload()
    for id in (1, 2, 3):
        load.opened(chat(id))
    load.sync([chat(3), chat(4), chat(1)])
    assert standing(load) == [(1, "c1"), (2, "c4"), (3, "c3")]


def test_what_ended_stays_within_reach() -> None:
    """The newest is first; a customer is there once, and not beside its open chat."""
    load = Caseload()
    for id in range(1, RECENT + 3):
        load.ended(chat(id), "closed", id)
    assert [past.chat.chat for past in load.recent] == [str(n) for n in range(RECENT + 2, 2, -1)]
    load.ended(chat(50, "c5"), "left", 50)
    assert [past.chat.customer for past in load.recent].count(Uid("c5")) == 1
    assert load.recent[0].chat.state == "closed"
    load.opened(chat(60, "c5"))
    assert Uid("c5") not in [past.chat.customer for past in load.recent]


def test_an_end_that_is_heard_late_stands_where_it_belongs() -> None:
    """By when it was, not by when it was heard; and behind a newer one of the customer."""
    load = Caseload()
    load.ended(chat(1), "closed", 50)
    load.ended(chat(2), "left", 20)
    load.ended(chat(3, "c1"), "left", 30)
    assert [(past.chat.chat, past.at) for past in load.recent] == [("1", 50), ("2", 20)]


def test_who_is_kept_stays() -> None:
    """A chat with something unsaid in it does not fall out of the list."""
    load = Caseload()
    for id in range(1, RECENT + 5):
        load.ended(chat(id), "closed", id, kept={Uid("c1")})
    assert [past.chat.customer for past in load.recent][-1] == "c1"
    assert len(load.recent) == RECENT + 1
