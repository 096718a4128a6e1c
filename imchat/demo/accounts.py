"""What each side of a chat did and saw, and whether it all fits together. Pure.

Every fault is a sentence; none is what should be.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage


@dataclass(slots=True, kw_only=True)
class Account:
    """One side of one chat.

    `sent` holds bodies, `acked` seqs and `refused` reasons by message id; `shown` is
    what the other said, in the order in which it came; `stored` what the history
    holds of the chat. `topic` is a customer's first line, which the server posted.
    """

    chat: ChatId
    me: Uid
    peer: Uid
    topic: str | None = None
    sent: dict[str, str] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    shown: list[StoredMessage] = field(default_factory=list)
    stored: list[StoredMessage] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What went wrong before the end."""

    @property
    def said(self) -> int:
        """How many messages of this side should be stored."""
        return len(self.sent) - len(self.refused) + (self.topic is not None)

    @property
    def confirmed(self) -> int:
        """How many of them the server confirmed; a topic by giving an agent."""
        return len(self.acked) + (self.topic is not None)


def faults_of(account: Account) -> Iterator[str]:
    """What does not fit within the account of one side."""
    where = f"chat {account.chat}"
    for fault in account.faults:
        yield f"{where}: {fault}"
    for check in (_acks, _history, _own_messages, _shown):
        for fault in check(account):
            yield f"{where}: {fault}"


def faults_between(one: Account, other: Account) -> Iterator[str]:
    """What does not fit between the two sides of a chat."""
    where = f"chat {one.chat}"
    if one.stored != other.stored:
        yield f"{where}: {one.me} and {other.me} do not read the same history"
    for sender, receiver in ((one, other), (other, one)):
        shown = [m.body for m in receiver.shown]
        said = [body for id, body in sender.sent.items() if id not in sender.refused]
        if sender.topic is not None:
            said.insert(0, sender.topic)
        if shown != said:
            yield f"{where}: {receiver.me} was not shown just what {sender.me} said"


def _acks(account: Account) -> Iterator[str]:
    for id in account.sent:
        if id not in account.acked and id not in account.refused:
            yield f"message {id} of {account.me} was never acked"
        if id in account.acked and id in account.refused:
            yield f"message {id} of {account.me} was both acked and refused"


def _history(account: Account) -> Iterator[str]:
    seqs = [message.seq for message in account.stored]
    if seqs and seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        yield f"the history that {account.me} reads has gaps or is out of order: {seqs}"
    for (sender, id), times in Counter((m.sender, m.id) for m in account.stored).items():
        if times > 1:
            yield f"message {id} of {sender} is stored {times} times"


def _own_messages(account: Account) -> Iterator[str]:
    own = {m.id: m for m in account.stored if m.sender == account.me}
    for id, seq in account.acked.items():
        found = own.get(id)
        if found is None:
            yield f"message {id} of {account.me} was acked but is not stored"
        elif found.seq != seq:
            yield f"message {id} of {account.me} was acked as {seq} but is stored as {found.seq}"
        elif found.body != account.sent.get(id):
            yield f"message {id} of {account.me} is not stored as it was sent"
    unknown = [m for id, m in own.items() if id not in account.acked]
    # The server gives the topic an id of its own.
    if account.topic is not None:
        first = account.stored[0] if account.stored else None
        if first is None or first.sender != account.me or first.body != account.topic:
            yield f"the topic of {account.me} is not the first message of the chat"
        else:
            unknown = [m for m in unknown if m is not first]
    for message in unknown:
        yield f"message {message.id} of {account.me} is stored but was never acked"


def _shown(account: Account) -> Iterator[str]:
    seqs = [message.seq for message in account.shown]
    for seq, times in Counter(seqs).items():
        if times > 1:
            yield f"message {seq} was shown to {account.me} {times} times"
    if seqs != sorted(seqs):
        yield f"messages were shown to {account.me} out of order: {seqs}"
    theirs = {m.seq: m for m in account.stored if m.sender == account.peer}
    for seq in theirs.keys() - set(seqs):
        yield f"message {seq} is stored but was never shown to {account.me}"
    for message in account.shown:
        found = theirs.get(message.seq)
        if found is None:
            yield f"message {message.seq} was shown to {account.me} but is not stored"
        elif (found.id, found.body) != (message.id, message.body):
            yield f"message {message.seq} was shown to {account.me} otherwise than it is stored"
