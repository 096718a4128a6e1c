"""The count after a fault: whatever may go wrong with a message is counted, and as what it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imchat.ids import ChatId, Uid
from tests.faults.journal import QUIET, Journal, copy
from tests.faults.ledger import Count, Ledger, Pair, Said, Sent, Side

ANN, BOB = Uid("ann"), Uid("bob")
PAIR = (ANN, BOB)


def said(seq: int, id: str, sender: Uid) -> Said:
    return Said(seq, id, sender, f"body of {id}", ChatId("1"), seq)


@dataclass
class Talk:
    """Bob asked with a topic, and each said two things; all of it went well."""

    ledger: Ledger = field(default_factory=Ledger)
    stored: dict[Pair, list[Said]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        history = [said(1, "topic-1", BOB), said(2, "b1", BOB), said(3, "a1", ANN),
                   said(4, "a2", ANN), said(5, "b2", BOB)]  # fmt: skip
        self.stored = {PAIR: history}
        for message in history:
            peer = ANN if message.sender == BOB else BOB
            if not message.id.startswith("topic"):
                self.ledger.sent(message.sender, peer, message.id, at=message.seq)
                self.ledger.acked(
                    message.sender, peer, message.id, message.seq, at=message.seq + 0.1
                )
            self.ledger.shown(peer, message.sender, message)
        self.bob.shown.insert(0, history[0])

    @property
    def history(self) -> list[Said]:
        return self.stored[PAIR]

    @property
    def ann(self) -> Side:
        return self.ledger.side(ANN, BOB)

    @property
    def bob(self) -> Side:
        return self.ledger.side(BOB, ANN)

    def close(self) -> Count:
        return self.ledger.close(self.stored)


def test_what_went_well_is_counted_and_has_no_fault() -> None:
    """Every message of both sides, and how long the acks took."""
    count = Talk().close()
    assert count.faults == []
    assert (count.sent, count.acked, count.refused, count.stored) == (4, 4, 0, 5)
    assert count.shown == {ANN: 3, BOB: 3}
    assert count.longest_ms == count.p99_ms == 100


def _lose_the_ack(talk: Talk) -> None:
    talk.ann.sent["a2"] = Sent(4)
    talk.ann.acks.remove("a2")


def _store_twice(talk: Talk) -> None:
    again = said(6, "b2", BOB)
    talk.history.append(again)
    talk.ann.shown.append(again)


def _refuse(talk: Talk) -> None:
    _lose_the_ack(talk)
    talk.ann.sent["a2"].refused = "not_found"


def _swap_acks(talk: Talk) -> None:
    talk.ann.acks.reverse()


def _number_otherwise(talk: Talk) -> None:
    talk.ann.sent["a1"].seq, talk.ann.sent["a2"].seq = 4, 3


def _never_send(talk: Talk) -> None:
    talk.ann.sent.pop("a1")
    talk.ann.acks.remove("a1")


def _spoil(messages: list[Said]) -> None:
    messages[1] = messages[1]._replace(body="otherwise")


SABOTAGE: dict[str, tuple[str, Callable[[Talk], object]]] = {
    "acked and not stored": ("lost", lambda talk: talk.stored.clear()),
    "stored and not shown": ("lost", lambda talk: talk.bob.shown.pop()),
    "the topic not shown to the agent": ("lost", lambda talk: talk.ann.shown.pop(0)),
    "stored twice": ("twice", _store_twice),
    "shown twice": ("twice", lambda talk: talk.bob.shown.append(talk.bob.shown[-1])),
    "shown live and loaded": ("twice", lambda talk: talk.bob.loaded.append(talk.history[0])),
    "shown to who sent it": ("twice", lambda talk: talk.bob.shown.append(talk.history[4])),
    "shown out of order": ("out_of_order", lambda talk: talk.bob.shown.reverse()),
    "stored out of order": ("out_of_order", lambda talk: talk.history.reverse()),
    "a gap in the history": ("out_of_order", lambda talk: talk.history.pop(1)),
    "acked out of order": ("out_of_order", _swap_acks),
    "numbered otherwise than sent": ("out_of_order", _number_otherwise),
    "never acked": ("unacked", _lose_the_ack),
    "refused and stored": ("untrue", _refuse),
    "acked under another seq": ("untrue", lambda talk: setattr(talk.ann.sent["a2"], "seq", 9)),
    "shown otherwise than stored": ("untrue", lambda talk: _spoil(talk.bob.shown)),
    "stored and never sent": ("untrue", _never_send),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_message_that_went_wrong_is_counted(what: str) -> None:
    """No count of the matrix is one that cannot rise."""
    kind, sabotage = SABOTAGE[what]
    talk = Talk()
    sabotage(talk)
    assert getattr(talk.close(), kind) != []


def test_who_died_is_judged_by_the_screen_of_who_came_after() -> None:
    """It shows the history, its own words too; a chat that is over need not be on it."""
    talk = Talk()
    talk.ledger.began_anew(BOB)
    assert talk.close().faults == []
    talk.ledger.opened(BOB, ANN)
    assert len(talk.close().lost) == 2
    talk.ledger.loaded(BOB, ANN, talk.history[2:])
    talk.ledger.loaded(BOB, ANN, talk.history[:2])
    assert talk.close().faults == []


def test_a_journal_outlives_its_client(tmp_path: Path) -> None:
    """The next ledger has it all, and knows what was not answered."""
    path = tmp_path / "journal"
    first = Journal(path)
    first.opened(BOB, ANN)
    first.sent(BOB, ANN, "b1", at=1.0)
    first.acked(BOB, ANN, "b1", 1, at=2.0)
    first.shown(BOB, ANN, said(2, "a1", ANN))
    first.sent(BOB, ANN, "b2", at=3.0)
    second = Journal(path)
    assert second.unanswered() == [(ANN, "b2")]
    assert second.side(BOB, ANN) == first.side(BOB, ANN)
    second.began_anew(BOB)
    second.refused(BOB, ANN, "b2", "not_found")
    assert not copy(path, Ledger())
    second.write(QUIET)
    found = Ledger()
    assert copy(path, found)
    assert found.side(BOB, ANN) == second.side(BOB, ANN)
    assert found.unanswered() == []
