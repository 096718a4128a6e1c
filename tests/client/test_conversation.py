"""A conversation, step by step."""

import pytest

from imchat.client import Conversation
from tests.client.lines import CHAT, ME, PEER, message, sending, seqs, stored


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
