"""A conversation against a plain model of the server's, however its messages come in."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from imchat.client import Conversation, Line
from imchat.ids import Uid
from imchat.protocol import StoredMessage
from tests.client.lines import ME, PEER, message, sending, seqs, stored


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
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
