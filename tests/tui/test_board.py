"""What the dashboard shows of a snapshot, and where: pure."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from imchat.ids import Desk, Uid
from imchat.protocol import AgentSnapshot
from imchat.tui.agent_orders import natural
from imchat.tui.desk_view import Moves, view_of
from imchat.tui.tier_layout import HEADER, lay_out, spans_of
from imchat.tui.widgets.flights import LASTS_S, MOST, Flights
from imchat.tui.widgets.load_bar import bar_width, load_bar
from imchat.tui.widgets.painted import fitted, listed, spread
from imchat.tui.widgets.totals import short
from tests.tui.snapshots import agent, snapshot

texts = st.text(st.characters(exclude_categories=["C"]), max_size=30)
loads = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), max_size=80)


def names(tiers: list[list[AgentSnapshot]]) -> list[list[str]]:
    return [[agent.uid for agent in tier] for tier in tiers]


def test_all_desks_are_one_without_counting_anybody_twice() -> None:
    """Of all desks the current tier is the lowest of any, and who serves two stands once."""
    site = snapshot(
        [
            agent("ann", 2, desks=("default", "sales")),
            agent("bob", 1, desks=("sales",)),
            agent("cat", 3, desks=("default",)),
        ]
    )
    everything = view_of(site, None)
    assert everything.tier == 1
    assert names(everything.tiers) == [[], ["bob"], ["ann"], ["cat"]]
    assert view_of(site, Desk("default")).tier == 2
    assert names(view_of(site, Desk("default")).tiers) == [[], [], ["ann"], ["cat"]]


def test_who_is_not_online_is_in_no_tier() -> None:
    """Away and grace agents are listed as agents, and stand in no bucket."""
    view = view_of(snapshot([agent("ann", state="away"), agent("bob", state="grace")]), None)
    assert view.tiers == []
    assert [a.uid for a in view.agents] == ["ann", "bob"]
    assert (view.count("away"), view.count("grace"), view.tier) == (1, 1, None)


def test_nobody_is_shown_before_those_ahead_at_their_own_desk() -> None:
    """Queues are joined by time, but each keeps its own order, as a re-queued chat needs."""
    site = snapshot([], {"a": [("again", 5), ("long", 90)], "b": [("mid", 50), ("new", 1)]})
    view = view_of(site, None)
    order = [who.customer for who in view.head]
    assert order.index(Uid("again")) < order.index(Uid("long"))
    assert order.index(Uid("mid")) < order.index(Uid("new"))
    assert (view.waiting, view.oldest_wait_s) == (4, 90)


def test_a_move_is_seen_for_a_moment_and_which_way_it_went() -> None:
    """Who takes a chat or comes online goes up, who frees a slot down; at first nobody moved."""
    moves = Moves()
    assert not moves.note(snapshot([agent("ann", 1), agent("bob", 2)]), 10.0)
    assert moves.note(snapshot([agent("ann", 2), agent("bob", 1), agent("cat")]), 11.0)
    assert moves.recent(11.1) == {"ann": 1, "bob": -1, "cat": 1}
    assert moves.recent(11.0 + Moves.SEEN_S) == {}


@given(loads, st.integers(30, 250), st.integers(3, 60))
def test_cards_never_overlap_and_nobody_is_lost(
    loads: list[tuple[int, int]], width: int, height: int
) -> None:
    """At any size each card is within its column and alone there, and hidden ones are counted."""
    agents = [agent(f"a{n}", min(*pair), capacity=pair[1]) for n, pair in enumerate(loads)]
    layout = lay_out(view_of(snapshot(agents), None), width, height)
    taken: set[tuple[int, int]] = set()
    for column in layout.columns:
        assert 0 <= column.x < column.x + column.width <= width
        assert len(column.cards) + column.hidden == len(column.agents)
        assert bool(column.hidden) <= bool(column.lane)
        if column.hidden:
            taken |= {(column.x + dx, HEADER) for dx in range(column.lane)}
        for card in column.cards:
            assert column.x <= card.x
            assert card.x + card.width <= column.x + column.width
            cells = {
                (card.x + dx, card.y + dy)
                for dx in range(card.width)
                for dy in range(2 if card.tall else 1)
            }
            assert not cells & taken
            assert max(y for _, y in cells) < height
            taken |= cells


def test_the_latest_arrivals_are_those_that_are_shown() -> None:
    """Where there is no room for all, the first to have come are the ones only counted."""
    view = view_of(snapshot([agent(f"a{n:02}") for n in range(20)]), None)
    column = lay_out(view, 60, HEADER + 5).columns[0]
    assert column.hidden == 16
    assert [card.agent.uid for card in column.cards] == ["a16", "a17", "a18", "a19"]


def test_many_tiers_keep_the_current_one_by_itself() -> None:
    """Tiers far from the current one share a column; each tier is in exactly one."""
    for current in (None, 0, 1, 7, 19, 20):
        spans = spans_of(21, current, 80)
        assert [tier for span in spans for tier in span] == list(range(21))
        assert len(spans) == 6
        if current not in {None, 19, 20}:
            assert any(len(span) == 1 and current in span for span in spans)


def test_a_card_flies_from_its_old_place_to_its_new_one() -> None:
    """It starts where it stood, ends where it stands, and has then arrived."""
    before = lay_out(view_of(snapshot([agent("ann", 0), agent("bob", 1)]), None), 80, 12)
    after = lay_out(view_of(snapshot([agent("ann", 1), agent("bob", 1)]), None), 80, 12)
    flights = Flights()
    flights.begin(before, after, 5.0)
    first, middle = (
        next(iter(flights.under_way(after, now))) for now in (5.0, 5.0 + LASTS_S / 2)
    )
    old, new = before.cards[Uid("ann")], after.cards[Uid("ann")]
    assert (first.x, first.y) == (old.x, old.y)
    assert old.x < middle.x < new.x
    assert list(flights.under_way(after, 5.0 + LASTS_S)) == []
    assert not flights


def test_a_flurry_does_not_fly() -> None:
    """When very many move at once, they just stand where they belong."""
    many = range(MOST + 1)
    before = lay_out(view_of(snapshot([agent(f"a{n}") for n in many]), None), 120, 30)
    after = lay_out(view_of(snapshot([agent(f"a{n}", 1) for n in many]), None), 120, 30)
    flights = Flights()
    flights.begin(before, after, 5.0)
    assert not flights


@given(texts, texts, st.integers(0, 40))
def test_texts_take_exactly_their_cells(left: str, right: str, width: int) -> None:
    """Whatever is written, wide or combining, a row stays as wide as it is."""
    assert cell_len(fitted(left, width)) == width
    assert cell_len(spread(left, right, width)) == width
    assert cell_len(listed([left, right], width)) == width


def test_names_that_do_not_fit_are_counted() -> None:
    """As many as fit are named."""
    assert listed(["ann", "bob", "cat"], 13) == "ann, bob, cat"
    assert listed(["ann", "bob", "cat"], 12) == "ann, bob +1 "
    assert listed(["ann", "bob", "cat"], 6) == "ann +2"


def test_a_bar_says_load_and_fullness() -> None:
    """Signs for a few slots, another sign for a full agent, figures for many slots."""
    few = [agent("a", 0), agent("b", 2), agent("c", 3)]
    assert [load_bar(a) for a in few] == ["○○○", "●●○", "■■■"]
    assert load_bar(agent("d", 7, capacity=20)) == "7/20"
    assert bar_width(few) == 3
    assert bar_width([agent("d", 0, capacity=5), agent("e", 0, capacity=9)]) == 5


def test_figures_stay_short() -> None:
    """No total grows out of its place."""
    assert [short(n) for n in (0, 99_999, 123_456, 4_560_000, 7_000_000_000)] == [
        "0", "99,999", "123k", "4.6M", "7000M",
    ]


def test_names_are_sorted_as_people_count() -> None:
    """Ann 2 stands before Ann 10, and a name of digits beside one of letters harms nothing."""
    assert sorted(["Ann 10", "ann 2", "7", "Ann", "王²"], key=natural) == [
        "7", "Ann", "ann 2", "Ann 10", "王²",
    ]


def test_signs_that_are_digits_and_no_numbers_harm_nothing() -> None:
    """Nor does a number that is too long to be one."""
    names = ["²", "1" * 5_000, "10", "09", "②", "0"]
    assert sorted(names, key=natural) == ["0", "09", "10", "1" * 5_000, "²", "②"]
