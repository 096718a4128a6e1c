"""What each side of every conversation sent, was acked and was shown, held against the store.

Pure. Times are seconds of one clock. A fault is a sentence; none is what should be.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from imchat.client import Line
from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage

TOPIC = "topic-"
"""How the ids begin that the server gives: a customer's topic becomes a message."""

Pair = tuple[Uid, Uid]


class Said(NamedTuple):
    """A message as it is stored, or as it stands on a screen; `at` in ms."""

    seq: int
    id: str
    sender: Uid
    body: str
    chat: ChatId
    at: int

    @classmethod
    def of(cls, message: StoredMessage | Line) -> "Said":
        """What a client tells, or shows as stored."""
        assert message.seq is not None
        assert message.chat is not None
        assert message.at is not None
        return cls(
            message.seq, message.id, message.sender, message.body, message.chat, message.at
        )


@dataclass(slots=True)
class Sent:
    """A message that was sent, and what came of it."""

    at: float
    seq: int | None = None
    acked_at: float | None = None
    refused: str | None = None

    @property
    def took(self) -> float | None:
        """Seconds from sending to the ack."""
        return None if self.acked_at is None else self.acked_at - self.at


@dataclass(slots=True)
class Side:
    """What one uid sent to another, in order, and what it was shown of their conversation."""

    me: Uid
    peer: Uid
    sent: dict[str, Sent] = field(default_factory=dict)
    acks: list[str] = field(default_factory=list)
    """In the order in which they came."""
    shown: list[Said] = field(default_factory=list)
    """In the order in which it came."""
    loaded: list[Said] = field(default_factory=list)
    """What was put in front of that, from the history."""
    is_open: bool = True
    """Whether the client that is there now was told of a chat of the two."""


@dataclass(slots=True)
class Count:
    """What became of everything. All but the first lines must be empty."""

    sent: int = 0
    acked: int = 0
    refused: int = 0
    stored: int = 0
    shown: Counter[Uid] = field(default_factory=Counter)
    """By whose screen."""
    longest_ms: int = 0
    p99_ms: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unacked: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    """What was said otherwise than it is: refused and stored, shown otherwise than stored."""

    @property
    def faults(self) -> list[str]:
        """All of them."""
        return [*self.lost, *self.twice, *self.out_of_order, *self.unacked, *self.untrue]


class Ledger:
    """Written while clients talk, then closed over what the store holds."""

    def __init__(self) -> None:
        self._sides: dict[Pair, Side] = {}

    def side(self, me: Uid, peer: Uid) -> Side:
        """The account of `me` of its conversation with `peer`."""
        if (me, peer) not in self._sides:
            self._sides[me, peer] = Side(me, peer)
        return self._sides[me, peer]

    def sent(self, me: Uid, peer: Uid, id: str, *, at: float) -> None:
        """A message is sent, for the first time."""
        self.side(me, peer).sent[id] = Sent(at)

    def acked(self, me: Uid, peer: Uid, id: str, seq: int, *, at: float) -> None:
        """It was acked."""
        side = self.side(me, peer)
        side.sent[id].seq, side.sent[id].acked_at = seq, at
        side.acks.append(id)

    def refused(self, me: Uid, peer: Uid, id: str, code: str) -> None:
        """It was refused for good."""
        self.side(me, peer).sent[id].refused = code

    def opened(self, me: Uid, peer: Uid) -> None:
        """A client was told of a chat of the two."""
        self.side(me, peer).is_open = True

    def began_anew(self, me: Uid) -> None:
        """The client of `me` died, and another is there that has shown nothing yet."""
        for side in self._sides.values():
            if side.me == me:
                side.shown, side.loaded, side.is_open = [], [], False

    def shown(self, me: Uid, peer: Uid, message: Said) -> None:
        """A client showed a message behind all others of the conversation."""
        self.side(me, peer).shown.append(message)

    def loaded(self, me: Uid, peer: Uid, page: Sequence[Said]) -> None:
        """A client put these in front of all that it had shown of the conversation."""
        self.side(me, peer).loaded[:0] = page

    def unanswered(self) -> list[tuple[Uid, str]]:
        """To whom, and the id, of all that was neither acked nor refused, as it was sent."""
        return [
            (side.peer, id)
            for side in self._sides.values()
            for id, sent in side.sent.items()
            if sent.seq is None and sent.refused is None
        ]

    def include(self, other: "Ledger") -> None:
        """Add the accounts of others."""
        self._sides.update(other._sides)

    def pairs(self) -> set[Pair]:
        """The conversations, each once."""
        return {(min(pair), max(pair)) for pair in self._sides}

    def close(self, stored: Mapping[Pair, Sequence[Said]]) -> Count:
        """Hold everything against what is stored of each pair, in the order it was read in."""
        count = Count()
        took: list[float] = []
        for pair in self.pairs() | stored.keys():
            history = stored.get(pair, ())
            count.stored += len(history)
            _check_history(pair, history, count)
            for me, peer in (pair, pair[::-1]):
                side = self.side(me, peer)
                _check_sent(side, history, count)
                _check_shown(side, history, count)
                took += (sent.took for sent in side.sent.values() if sent.took is not None)
        count.longest_ms = round(max(took, default=0) * 1000)
        count.p99_ms = round(p99(took) * 1000)
        return count

    def waits(self, uids: Container[Uid], *, since: float) -> list[float]:
        """How long these waited for the ack of each message that was sent since then."""
        return [
            sent.took
            for side in self._sides.values() if side.me in uids
            for sent in side.sent.values() if sent.at >= since and sent.took is not None
        ]  # fmt: skip


def p99(values: Iterable[float]) -> float:
    """Of a hundred values the second largest, 0 of none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * 0.99) - 1] if ordered else 0


def _check_history(pair: Pair, history: Sequence[Said], count: Count) -> None:
    seqs = [message.seq for message in history]
    if seqs != list(range(1, len(seqs) + 1)):
        count.out_of_order.append(f"the history of {pair} is not 1, 2, 3 …: {seqs}")
    times_of_day = [message.at for message in history]
    if times_of_day != sorted(times_of_day):
        count.out_of_order.append(f"the times of {pair} go back: {times_of_day}")
    for (sender, id), times in Counter((m.sender, m.id) for m in history).items():
        if times > 1:
            count.twice.append(f"{id} of {sender} is stored {times} times in {pair}")


def _check_sent(side: Side, history: Sequence[Said], count: Count) -> None:
    where = f"of {side.me} to {side.peer}"
    seqs: dict[str, list[int]] = defaultdict(list)
    for message in history:
        if message.sender == side.me:
            seqs[message.id].append(message.seq)
    count.sent += len(side.sent)
    for id, sent in side.sent.items():
        count.acked += sent.seq is not None
        count.refused += sent.refused is not None
        if sent.refused is not None:
            if id in seqs or sent.seq is not None:
                count.untrue.append(f"{id} {where} was refused ({sent.refused}) and is stored")
        elif sent.seq is None:
            count.unacked.append(f"{id} {where} was neither acked nor refused")
        elif id not in seqs:
            count.lost.append(f"{id} {where} was acked as {sent.seq} and is not stored")
        elif sent.seq not in seqs[id]:
            count.untrue.append(f"{id} {where} was acked as {sent.seq}, is stored as {seqs[id]}")
    for id in seqs.keys() - side.sent.keys():
        if not id.startswith(TOPIC):
            count.untrue.append(f"{id} {where} is stored and was never sent")
    count.out_of_order += _disorder(side, f"the acks {where}")


def _disorder(side: Side, what: str) -> Iterator[str]:
    as_sent = [sent.seq for sent in side.sent.values() if sent.seq is not None]
    if as_sent != sorted(as_sent):
        yield f"{what} do not number the messages as they were sent: {as_sent}"
    as_told = [side.sent[id].seq for id in side.acks]
    if as_told != sorted(seq for seq in as_told if seq is not None):
        yield f"{what} came out of order: {as_told}"


def _check_shown(side: Side, history: Sequence[Said], count: Count) -> None:
    where = f"to {side.me} of the conversation with {side.peer}"
    if not side.is_open:
        return
    stored = {message.seq: message for message in history}
    on_screen = [*side.loaded, *side.shown]
    seqs = [message.seq for message in on_screen]
    count.shown[side.me] += len(seqs)
    for seq, times in Counter(seqs).items():
        if times > 1:
            count.twice.append(f"message {seq} was shown {times} times {where}")
    if seqs != sorted(seqs):
        count.out_of_order.append(f"messages were shown out of order {where}: {seqs}")
    for seq in stored.keys() - set(seqs):
        message = stored[seq]
        if message.sender != side.me:
            what = f"message {seq} ({message.id}, chat {message.chat})"
            count.lost.append(f"{what} is stored and was not shown {where}")
    for message in on_screen:
        found = stored.get(message.seq)
        if found != message:
            count.untrue.append(f"{message} was shown {where}, stored is {found}")
    for message in side.shown:
        if message.sender == side.me and message.id in side.sent:
            count.twice.append(f"message {message.id} stands on the screen of who sent it {where}")
