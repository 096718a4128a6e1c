"""Heights of messages: exact where one looks, and the same in whatever order one looked."""

from hypothesis import given
from hypothesis import strategies as st

from imchat.client import Conversation, Line
from imchat.ids import Uid
from imchat.tui.layout import Layout
from tests.tui.hostile import texts
from tests.tui.reading import ANN, BOB, said


def conversation(bodies: list[str], first: int = 1) -> list[Line]:
    talk = Conversation(ANN, BOB)
    for seq, body in enumerate(bodies, first):
        talk.last_seq = seq - 1
        talk.receive(said(seq, body, sender=BOB if seq % 3 else ANN))
    return talk.lines


def heights(layout: Layout) -> list[int]:
    """All, after everything was looked at."""
    layout.measure(0, above=0, below=10**9)
    return [layout.block(index).height for index in range(len(layout.lines))]


@given(
    bodies=st.lists(texts(4).filter(bool), min_size=1, max_size=12),
    cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    looks=st.lists(st.integers(0, 11), max_size=5),
    width=st.integers(min_value=8, max_value=60),
)
def test_what_grew_is_laid_out_like_what_came_at_once(
    bodies: list[str], cuts: tuple[int, int], looks: list[int], width: int
) -> None:
    """Lines that come at either end, with some looked at between, stand where they would."""
    lines = conversation(bodies)
    first, last = sorted(min(cut, len(lines)) for cut in cuts)
    grown, whole = Layout(), Layout()
    grown.widen(width)
    whole.widen(width)
    for part in (lines[first:last], lines[first:], lines):
        grown.update(list(part))
        for look in looks:
            if look < len(part):
                grown.measure(look, above=5, below=5)
                index, row = grown.at(grown.top(look))
                assert (index, row) == (look, 0)
    whole.update(list(lines))
    assert heights(grown) == heights(whole)
    assert grown.height == sum(heights(whole))


def test_a_message_that_failed_is_laid_out_while_a_later_one_is_under_way() -> None:
    """An own message may fail before the last one does; its reason gets a row."""
    talk = Conversation(ANN, BOB)
    talk.receive(said(1))
    talk.compose("a", "first")
    talk.compose("b", "second")
    layout = Layout()
    layout.update(talk.lines)
    before = sum(heights(layout))
    talk.fail("a", "no")
    assert layout.update(talk.lines)
    assert sum(heights(layout)) == before + 1


def test_nothing_new_is_nothing_to_draw() -> None:
    """The same lines again change nothing, so that nothing is drawn again."""
    talk = Conversation(ANN, BOB)
    talk.receive(said(1))
    talk.compose("a", "on its way")
    layout = Layout()
    assert layout.update(talk.lines)
    assert not layout.update(talk.lines)


def test_opening_many_messages_looks_at_few() -> None:
    """Of twenty thousand only those that are asked for are wrapped."""
    lines = conversation(["word " * 40] * 20_000)
    layout = Layout()
    layout.update(lines)
    layout.measure(len(lines) - 1, above=100, below=100)
    assert sum(layout._exact) < 100


def test_uids_do_not_matter_to_the_layout() -> None:
    """Two of one name are told apart by uid: a change of the sender begins a new group."""
    talk = Conversation(ANN, Uid("ann2"))
    talk.receive(said(1, sender=ANN, at=1_700_000_000_000))
    talk.receive(said(2, sender=Uid("ann2"), at=1_700_000_001_000))
    layout = Layout()
    layout.update(talk.lines)
    assert layout.block(1).lead == ["blank", "name"]
