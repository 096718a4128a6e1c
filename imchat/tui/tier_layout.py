"""Where the tiers and the agents in them stand on a board of so many cells. Pure."""

from dataclasses import dataclass, replace

from imchat.ids import Uid
from imchat.tui.desk_view import Agent, DeskView
from imchat.tui.widgets.load_bar import bar_width

GAP = 1
HEADER = 2
"""Rows above the cards."""
MIN_COLUMN = 12
MIN_CARD = 14
"""A card has at least so many cells besides its load, or the lanes are fewer."""
ROOMY = 3
"""Rows of a card with its customers below it, and of the space to the next."""


@dataclass(frozen=True, slots=True)
class Card:
    """An agent's place; a tall one has a second row."""

    agent: Agent
    x: int
    y: int
    width: int
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Tiers that stand together, most often one; its cards are from `x` to `x + width`.

    `hidden` counts those for whom there is no room, which is said in the place of the
    first card, `lane` wide.
    """

    tiers: range
    agents: list[Agent]
    x: int
    width: int
    current: bool
    cards: list[Card]
    hidden: int = 0
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole board; `bar` is the width of a card's load, 0 where there is no room for it."""

    bar: int
    columns: list[Column]
    cards: dict[Uid, Card]


NOTHING = Layout(0, [], {})


def lay_out(view: DeskView, width: int, height: int) -> Layout:
    """Put the tiers side by side, the oldest arrival of each on top.

    Where a column has no room for all, its latest arrivals are kept, since they are the
    ones that just moved. Every column has as many lanes as all online agents would need,
    so that lanes do not change when an agent moves.
    """
    if not view.tiers or width <= 0:
        return NOTHING
    bar = bar_width([agent for tier in view.tiers for agent in tier])
    room = height - HEADER
    spans = spans_of(len(view.tiers), view.tier, width)
    across = max(1, width // len(spans) - GAP)
    with_bars = max(1, across // (bar + MIN_CARD))
    if view.online > with_bars * len(spans) * room and across // MIN_CARD > with_bars:
        bar = 0  # A crowd: names are worth more than loads, which the tiers tell.
    edges = [round(n * (width + GAP) / len(spans)) for n in range(len(spans) + 1)]
    columns = []
    for span, left, right in zip(spans, edges, edges[1:], strict=False):
        column = Column(
            tiers=span,
            agents=[agent for tier in span for agent in view.tiers[tier]],
            x=left,
            width=right - left - GAP,
            current=view.tier is not None and view.tier in span,
            cards=[],
        )
        columns.append(_filled(column, view.online, room, bar))
    return Layout(bar, columns, {card.agent.uid: card for col in columns for card in col.cards})


def next_card(layout: Layout, uid: Uid, across: int, down: int) -> Uid:
    """Whose card is next to an agent's: `across` columns or lanes, or `down` the column.

    Its own where there is none further on.
    """
    here = layout.cards[uid]
    if across:
        beyond = [card for card in layout.cards.values() if (card.x - here.x) * across > 0]
        near = min(beyond, key=lambda c: (abs(c.x - here.x), abs(c.y - here.y)), default=here)
        return near.agent.uid
    column = next(column.cards for column in layout.columns if here in column.cards)
    return column[max(0, min(column.index(here) + down, len(column) - 1))].agent.uid


def _filled(column: Column, online: int, room: int, bar: int) -> Column:
    """The column with its cards in so many rows."""
    if online * ROOMY <= room + 1:
        cards = [
            Card(agent, column.x, HEADER + index * ROOMY, column.width, tall=True)
            for index, agent in enumerate(column.agents)
        ]
        return replace(column, cards=cards)
    if room <= 0:
        return column
    lanes = min(-(-online // room), max(1, column.width // (bar + MIN_CARD)))
    lane = column.width // lanes
    hidden = max(0, len(column.agents) - lanes * room)
    hidden += hidden > 0  # The word on them takes a place too.
    cards = []
    for place, agent in enumerate(column.agents[hidden:], start=int(hidden > 0)):
        across, down = divmod(place, room)
        cards.append(Card(agent, column.x + across * lane, HEADER + down, lane))
    return replace(column, cards=cards, hidden=hidden, lane=lane)


def spans_of(tiers: int, current: int | None, width: int) -> list[range]:
    """Which tiers stand in which column of a board of so many cells.

    Where there is no room for all, those far below and far above the current tier
    share a column.
    """
    fit = max(3, (width + GAP) // (MIN_COLUMN + GAP))
    if tiers <= fit:
        return [range(tier, tier + 1) for tier in range(tiers)]
    alone = fit - 2
    middle = tiers - 1 if current is None else current
    first = min(max(1, middle - alone // 2), tiers - alone - 1)
    singles = [range(tier, tier + 1) for tier in range(first, first + alone)]
    return [range(first), *singles, range(first + alone, tiers)]
