"""What the demo calls a fault: each thing that may go wrong with a delivery is found."""

from collections.abc import Callable

import msgspec
import pytest

from imchat.demo.accounts import Account, faults_between, faults_of
from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage

BOB, ANN = Uid("bob"), Uid("ann")


def message(seq: int, sender: Uid, to: Uid, body: str) -> StoredMessage:
    return StoredMessage(
        chat=ChatId("1"), seq=seq, id=f"id-{seq}", sender=sender, to=to, body=body, at=seq
    )


def talk() -> tuple[Account, Account]:
    """A short chat that went well, as each side accounts for it."""
    stored = [message(1, BOB, ANN, "Hello?"), message(2, ANN, BOB, "Hello."),
              message(3, ANN, BOB, "How can I help?")]  # fmt: skip
    bob = Account(chat=ChatId("1"), me=BOB, peer=ANN, stored=list(stored), shown=stored[1:])
    bob.sent, bob.acked = {"id-1": "Hello?"}, {"id-1": 1}
    ann = Account(chat=ChatId("1"), me=ANN, peer=BOB, stored=list(stored), shown=stored[:1])
    ann.sent, ann.acked = {"id-2": "Hello.", "id-3": "How can I help?"}, {"id-2": 2, "id-3": 3}
    return bob, ann


def faults(bob: Account, ann: Account) -> list[str]:
    return [*faults_of(bob), *faults_of(ann), *faults_between(bob, ann)]


def test_a_chat_that_went_well_has_no_fault() -> None:
    """What was sent was acked, stored and shown, each once."""
    assert faults(*talk()) == []


def _other_body(bob: Account, ann: Account) -> None:
    ann.stored[0] = bob.stored[0] = msgspec.structs.replace(bob.stored[0], body="Help!")


SABOTAGE: dict[str, Callable[[Account, Account], object]] = {
    "not shown": lambda bob, ann: bob.shown.pop(),
    "shown twice": lambda bob, ann: bob.shown.append(bob.shown[-1]),
    "shown out of order": lambda bob, ann: bob.shown.reverse(),
    "not acked": lambda bob, ann: bob.acked.clear(),
    "acked under another seq": lambda bob, ann: bob.acked.update({"id-1": 7}),
    "not stored": lambda bob, ann: (bob.stored.pop(0), ann.stored.pop(0)),
    "stored otherwise": _other_body,
    "two histories": lambda bob, ann: ann.stored.pop(),
    "said while it ran": lambda bob, ann: bob.faults.append("something broke"),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_delivery_that_failed_is_found(what: str) -> None:
    """No check of the demo is one that cannot fail."""
    bob, ann = talk()
    SABOTAGE[what](bob, ann)
    assert faults(bob, ann) != []
