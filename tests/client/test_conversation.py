"""A conversation against a plain model of the server's, however its messages come in."""


import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from imchat.client.conversation import Conversation, Line
from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage

ME = Uid("ann")
PEER = Uid("bob")
CHAT = ChatId("1")


def message(seq: int, *, id: str = "", sender: Uid = PEER, chat: ChatId = CHAT) -> StoredMessage:
    """What the server stores as number `seq`."""
    to = ME if sender == PEER else PEER
    id = id or f"their-{seq}"
    return StoredMessage(
        chat=chat, seq=seq, id=id, sender=sender, to=to, body=f"body of {id}", at=1000 + seq
    )


def seqs(messages: list[StoredMessage]) -> list[int]:
    """Their numbers, in the order given."""
    return [message.seq for message in messages]


def stored(conversation: Conversation) -> list[int]:
    """The numbers of the lines that are stored, in the order shown."""
    return [line.seq for line in conversation.lines if line.seq is not None]


def sending(conversation: Conversation) -> list[str]:
    """The ids of the lines that are not stored, in the order shown."""
    return [line.id for line in conversation.lines if line.seq is None]


# --- single steps ------------------------------------------------------------


def test_messages_in_order_are_released_at_once() -> None:
    """What comes next is shown and told without waiting."""
    conversation = Conversation(ME, PEER)
    assert seqs(conversation.receive(message(1))) == [1]
    assert seqs(conversation.receive(message(2))) == [2]
    assert conversation.gap is None


def test_an_early_message_waits_for_those_before_it() -> None:
    """A gap holds back what is behind it and says where it begins."""
    conversation = Conversation(ME, PEER)
    assert conversation.receive(message(3)) == []
    assert conversation.receive(message(2)) == []
    assert conversation.gap == 0
    assert seqs(conversation.receive(message(1))) == [1, 2, 3]
    assert conversation.gap is None


def test_a_repeated_message_is_released_once() -> None:
    """Pushed again, in order or early, it changes nothing."""
    conversation = Conversation(ME, PEER)
    released = [
        seq for n in (1, 1, 3, 3, 2, 3, 1) for seq in seqs(conversation.receive(message(n)))
    ]
    assert released == [1, 2, 3]
    assert stored(conversation) == [1, 2, 3]


def test_a_page_passes_over_what_has_expired_and_nothing_else() -> None:
    """Up to the page's end what is missing has expired; behind it, it has yet to come."""
    conversation = Conversation(ME, PEER)
    assert conversation.receive(message(9)) == []
    assert seqs(conversation.heal([message(4), message(6)], to=6)) == [4, 6]
    assert conversation.last_seq == 6
    assert conversation.gap == 6
    assert seqs(conversation.heal([], to=8)) == [9]


def test_a_late_page_changes_nothing() -> None:
    """A page that was asked for before its messages were pushed doubles none of them."""
    conversation = Conversation(ME, PEER)
    for seq in (1, 2, 3):
        conversation.receive(message(seq))
    assert conversation.heal([message(1), message(2)], to=2) == []
    assert stored(conversation) == [1, 2, 3]


def test_an_own_message_goes_from_sending_to_sent_as_the_same_line() -> None:
    """An ack turns the line that stood at the end into a stored one."""
    conversation = Conversation(ME, PEER)
    line = conversation.compose("mine", "hello")
    assert (line.state, conversation.lines) == ("sending", [line])
    assert conversation.receive(message(1, id="mine", sender=ME)) == []
    assert (line.state, line.seq, line.at, line.chat) == ("sent", 1, 1001, CHAT)
    assert conversation.lines == [line]


def test_an_own_message_of_another_connection_is_released() -> None:
    """What was not composed here is news, whoever sent it."""
    conversation = Conversation(ME, PEER)
    assert seqs(conversation.receive(message(1, id="elsewhere", sender=ME))) == [1]


def test_an_ack_may_come_before_the_pushes_before_it() -> None:
    """An acked line waits at the end until what stands before it is known."""
    conversation = Conversation(ME, PEER)
    line = conversation.compose("mine", "hello")
    conversation.receive(message(2, id="mine", sender=ME))
    assert line.state == "sending"
    assert seqs(conversation.receive(message(1))) == [1]
    assert conversation.lines[-1].state == "sent"
    assert stored(conversation) == [1, 2]


def test_an_own_message_may_be_found_in_the_history_before_its_ack() -> None:
    """A page that has it makes the line sent; the ack that follows changes nothing."""
    conversation = Conversation(ME, PEER)
    line = conversation.compose("mine", "hello")
    mine = message(1, id="mine", sender=ME)
    assert conversation.heal([mine], to=1) == []
    assert conversation.receive(mine) == []
    assert conversation.lines == [line]


def test_a_message_sent_again_after_its_ack_stands_there_once() -> None:
    """The server acks a repeated id with the first's number, which is on the screen already."""
    conversation = Conversation(ME, PEER)
    conversation.compose("mine", "hello")
    conversation.receive(message(1, id="mine", sender=ME))
    conversation.compose("mine", "hello")
    assert conversation.receive(message(1, id="mine", sender=ME)) == []
    assert stored(conversation) == [1]
    assert sending(conversation) == []


def test_an_ack_behind_which_the_conversation_is_already_still_makes_the_line_sent() -> None:
    """A line never vanishes: it is put in where its number says."""
    conversation = Conversation(ME, PEER)
    conversation.compose("mine", "hello")
    conversation.receive(message(1))
    conversation.heal([message(3)], to=3)
    conversation.receive(message(2, id="mine", sender=ME))
    assert stored(conversation) == [1, 2, 3]


def test_a_failed_message_stays_until_it_is_discarded_or_sent_again() -> None:
    """It shows why it failed; composed again it is the same line, now the newest."""
    conversation = Conversation(ME, PEER)
    first = conversation.compose("first", "one")
    second = conversation.compose("second", "two")
    conversation.fail("first", "no such chat")
    assert (first.state, first.error) == ("failed", "no such chat")
    assert conversation.compose("first", "one") is first
    assert (first.state, first.error) == ("sending", None)
    assert conversation.lines == [second, first]
    conversation.discard("second")
    assert conversation.lines == [first]


def test_failing_what_is_stored_or_unknown_changes_nothing() -> None:
    """A refusal that comes too late is none."""
    conversation = Conversation(ME, PEER)
    line = conversation.compose("mine", "hello")
    conversation.receive(message(1, id="mine", sender=ME))
    conversation.fail("mine", "too late")
    conversation.fail("never", "unknown")
    assert (line.state, line.error) == ("sent", None)


def test_a_page_before_the_first_is_put_in_front_once() -> None:
    """The same page twice, or one that reaches over it, doubles no line."""
    conversation = Conversation(ME, PEER, last_seq=6)
    assert conversation.has_earlier
    assert conversation.prepend([message(5), message(6)], more=True) == 2
    assert conversation.prepend([message(5), message(6)], more=True) == 0
    assert conversation.prepend([message(4), message(5), message(6)], more=False) == 1
    assert stored(conversation) == [4, 5, 6]
    assert not conversation.has_earlier


def test_a_short_page_that_a_longer_one_overtook_does_not_bring_earlier_ones_back() -> None:
    """`has_earlier` is what the page says that reaches furthest."""
    conversation = Conversation(ME, PEER, last_seq=6)
    conversation.prepend([message(seq) for seq in range(1, 7)], more=False)
    assert conversation.prepend([message(5), message(6)], more=True) == 0
    assert not conversation.has_earlier


def test_an_own_message_in_an_earlier_page_is_the_line_that_was_being_sent() -> None:
    """A message of a run before, sent again before the chat was known, is shown once."""
    conversation = Conversation(ME, PEER, last_seq=2)
    line = conversation.compose("mine", "hello")
    conversation.prepend([message(1), message(2, id="mine", sender=ME)], more=False)
    conversation.receive(message(2, id="mine", sender=ME))
    assert conversation.lines[1] is line
    assert stored(conversation) == [1, 2]


def test_unread_counts_the_peers_messages_behind_the_mark() -> None:
    """Own messages are never unread."""
    conversation = Conversation(ME, PEER)
    for seq in (1, 2, 4):
        conversation.receive(message(seq))
    conversation.receive(message(3, id="mine", sender=ME))
    assert conversation.unread == 3
    conversation.read_by_me = 2
    assert conversation.unread == 1
    conversation.read_by_me = 4
    assert conversation.unread == 0


def test_a_conversation_that_is_not_begun_holds_everything() -> None:
    """Where it stands is not known yet, so nothing can be told to be in order."""
    conversation = Conversation(ME, PEER, last_seq=None)
    conversation.compose("mine", "hello")
    assert conversation.receive(message(8, id="mine", sender=ME)) == []
    assert conversation.receive(message(7)) == []
    assert conversation.gap == 6
    assert conversation.has_earlier
    assert sending(conversation) == ["mine"]
    assert seqs(conversation.begin(6)) == [7]
    assert stored(conversation) == [7, 8]


def test_even_the_first_message_waits_until_it_is_known_where_the_conversation_began() -> None:
    """Nothing is released twice when the chat is told behind its first message."""
    conversation = Conversation(ME, PEER, last_seq=None)
    assert conversation.receive(message(1)) == []
    assert seqs(conversation.begin(0)) == [1]
    assert stored(conversation) == [1]


def test_what_is_held_and_older_than_the_beginning_is_history() -> None:
    """Begun behind a message, the conversation leaves it to `prepend`."""
    conversation = Conversation(ME, PEER, last_seq=None)
    conversation.receive(message(3))
    assert conversation.begin(3) == []
    assert conversation.gap is None
    assert stored(conversation) == []


def test_a_conversation_begun_anew_keeps_what_is_being_sent() -> None:
    """A store that lost its last second counts on from an older number."""
    conversation = Conversation(ME, PEER)
    for seq in (1, 2, 4):
        conversation.receive(message(seq))
    conversation.read_by_me = conversation.read_by_peer = 2
    line = conversation.compose("mine", "hello")
    assert conversation.begin(1) == []
    assert conversation.lines == [line]
    assert (conversation.read_by_me, conversation.read_by_peer) == (0, 0)
    assert seqs(conversation.receive(message(2))) == [2]
    assert conversation.gap is None


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 2, 1], [2, 3, 1], [2, 1, 3]])
def test_every_order_of_arrival_ends_in_the_order_of_seq(order: list[int]) -> None:
    """The screen does not show how the network was."""
    conversation = Conversation(ME, PEER)
    for seq in order:
        conversation.receive(message(seq))
    assert stored(conversation) == [1, 2, 3]


# --- any steps ---------------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """A server's conversation, what is under way from it, and the client's."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, StoredMessage] = {}
        self.last_seq = 0
        self.expired: set[int] = set()
        self.under_way: list[StoredMessage] = []
        self.pages: list[tuple[list[StoredMessage], int]] = []
        self.earlier: list[tuple[list[StoredMessage], bool]] = []
        self.composed: list[str] = []
        self.posted: dict[str, StoredMessage] = {}
        self.released: list[int] = []

    @initialize(history=st.integers(0, 30), begun=st.booleans())
    def start(self, history: int, begun: bool) -> None:
        for _ in range(history):
            self.store("", PEER)
        if history:  # of a run before, whose ack was lost
            self.posted["mine-before"] = self.store("mine-before", ME)
            history += 1
        self.began_at = history
        self.conversation = Conversation(ME, PEER, last_seq=history if begun else None)

    def store(self, id: str, sender: Uid) -> StoredMessage:
        self.last_seq += 1
        kept = message(self.last_seq, id=id, sender=sender)
        self.alive[kept.seq] = kept
        return kept

    def take(self, released: list[StoredMessage]) -> None:
        self.released += seqs(released)

    # What happens at the server.

    @rule(lost=st.booleans())
    def the_peer_posts(self, lost: bool) -> None:
        posted = self.store("", PEER)
        if not lost:
            self.under_way.append(posted)

    @rule()
    def another_connection_of_mine_posts(self) -> None:
        self.under_way.append(self.store(f"elsewhere-{self.last_seq}", ME))

    @rule()
    def the_oldest_expires(self) -> None:
        if self.alive:
            seq = min(self.alive)
            del self.alive[seq]
            self.expired.add(seq)

    # What is sent, and what comes of it.

    @rule()
    def i_compose(self) -> None:
        id = f"mine-{len(self.composed)}"
        self.composed.append(id)
        self.conversation.compose(id, f"body of {id}")

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def i_send_again_what_is_stored(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.posted)))
        if id not in self.composed:
            self.composed.append(id)
        self.conversation.compose(id, f"body of {id}")

    @precondition(lambda self: self.composed)
    @rule(data=st.data(), acked=st.booleans())
    def a_composed_one_is_stored_or_stored_again(self, data: st.DataObject, acked: bool) -> None:
        id = data.draw(st.sampled_from(self.composed))
        if id not in self.posted:
            self.posted[id] = self.store(id, ME)
        if acked:
            self.take(self.conversation.receive(self.posted[id]))
        else:
            self.under_way.append(self.posted[id])

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), again=st.booleans())
    def one_arrives(self, data: st.DataObject, again: bool) -> None:
        arriving = data.draw(st.sampled_from(self.under_way))
        if not again:
            self.under_way.remove(arriving)
        self.take(self.conversation.receive(arriving))

    # What is asked.

    @precondition(lambda self: not self.conversation.begun)
    @rule()
    def the_chat_is_told(self) -> None:
        self.take(self.conversation.begin(self.began_at))

    @precondition(lambda self: self.conversation.begun)
    @rule(limit=st.integers(1, 4), late=st.booleans())
    def a_page_is_asked_for(self, limit: int, late: bool) -> None:
        self.pages.append(self.page_after(self.conversation.last_seq, limit))
        if not late:
            self.a_page_comes(self.pages[-1])

    def page_after(self, after: int, limit: int) -> tuple[list[StoredMessage], int]:
        found = [self.alive[seq] for seq in sorted(self.alive) if seq > after]
        more = len(found) > limit
        return found[:limit], found[limit - 1].seq if more else self.last_seq

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def a_late_page_comes(self, data: st.DataObject) -> None:
        self.a_page_comes(data.draw(st.sampled_from(self.pages)))

    def a_page_comes(self, page: tuple[list[StoredMessage], int]) -> None:
        self.pages.remove(page)
        self.take(self.conversation.heal(page[0], to=page[1]))

    @precondition(lambda self: self.conversation.begun)
    @rule(limit=st.integers(1, 4), late=st.booleans())
    def an_earlier_page_is_asked_for(self, limit: int, late: bool) -> None:
        self.earlier.append(self.page_before(self.conversation.first_seq, limit))
        if not late:
            self.an_earlier_page_comes(self.earlier[-1])

    def page_before(self, before: int, limit: int) -> tuple[list[StoredMessage], bool]:
        found = [self.alive[seq] for seq in sorted(self.alive) if seq < before]
        return found[-limit:], len(found) > limit

    @precondition(lambda self: self.earlier)
    @rule(data=st.data())
    def a_late_earlier_page_comes(self, data: st.DataObject) -> None:
        self.an_earlier_page_comes(data.draw(st.sampled_from(self.earlier)))

    def an_earlier_page_comes(self, page: tuple[list[StoredMessage], bool]) -> None:
        self.earlier.remove(page)
        self.conversation.prepend(page[0], more=page[1])

    @rule(data=st.data())
    def i_read(self, data: st.DataObject) -> None:
        self.conversation.read_by_me = data.draw(st.integers(0, self.conversation.last_seq))

    # What holds at every moment.

    @property
    def lines(self) -> list[Line]:
        return self.conversation.lines

    @invariant()
    def stored_lines_are_in_order_each_once_and_as_the_server_has_them(self) -> None:
        shown = stored(self.conversation)
        assert shown == sorted(set(shown))
        for line in self.lines:
            if line.seq is not None:
                known = self.alive.get(line.seq) or message(
                    line.seq, id=line.id, sender=line.sender
                )
                assert (line.id, line.body) == (known.id, known.body)
                assert line.state == "sent"

    @invariant()
    def what_is_released_is_in_order_each_once_and_not_from_here(self) -> None:
        assert self.released == sorted(set(self.released))
        for seq in self.released:
            assert seq > self.began_at
        composed = {kept.seq for kept in self.posted.values() if kept.id in self.composed}
        assert not composed & set(self.released)

    @invariant()
    def nothing_that_lives_was_passed_over(self) -> None:
        if self.conversation.begun:
            shown = set(stored(self.conversation))
            passed = set(range(self.conversation.first_seq, self.conversation.last_seq + 1))
            assert passed - shown <= self.expired

    @invariant()
    def an_own_message_has_a_line(self) -> None:
        ids = [line.id for line in self.lines if line.seq is not None]
        assert len(ids) == len(set(ids))
        for id in self.composed:
            kept = self.posted.get(id)
            is_history = kept is not None and kept.seq < self.conversation.first_seq
            assert is_history or id in ids or id in sending(self.conversation)

    @invariant()
    def unread_is_what_the_peer_wrote_behind_the_mark(self) -> None:
        theirs = [line for line in self.lines if line.sender == PEER and line.seq is not None]
        mark = self.conversation.read_by_me
        assert self.conversation.unread == sum((line.seq or 0) > mark for line in theirs)

    # In the end everything is asked for.

    def teardown(self) -> None:
        if not hasattr(self, "conversation"):
            return
        if not self.conversation.begun:
            self.the_chat_is_told()
        self.read_to_the_end()
        for kept in self.posted.values():
            self.take(self.conversation.receive(kept))
        while self.conversation.has_earlier:
            page, more = self.page_before(self.conversation.first_seq, 3)
            self.conversation.prepend(page, more=more)
        assert self.conversation.gap is None
        assert set(self.alive) <= set(stored(self.conversation))
        unsent = [id for id in self.composed if id not in self.posted]
        assert sending(self.conversation) == unsent

    def read_to_the_end(self) -> None:
        while self.conversation.last_seq < self.last_seq:
            page, to = self.page_after(self.conversation.last_seq, 3)
            self.take(self.conversation.heal(page, to=to))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None
)
