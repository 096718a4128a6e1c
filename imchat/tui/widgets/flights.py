"""Cards on their way from one place to another."""

from collections.abc import Iterable
from dataclasses import replace

from imchat.ids import Uid
from imchat.tui.tier_layout import Card, Layout

LASTS_S = 0.45
MOST = 4
"""More at once would be a flurry in which nobody sees anything: then cards just stand there."""


class Flights:
    """Which cards are under way; times are of any steady clock."""

    def __init__(self) -> None:
        self._begun: dict[Uid, tuple[float, Card]] = {}

    def __bool__(self) -> bool:
        return bool(self._begun)

    def begin(self, before: Layout, after: Layout, now_s: float) -> None:
        """Send those on their way whose load changed from one layout to the next."""
        moved = {
            uid: (now_s, start)
            for uid, start in before.cards.items()
            if uid in after.cards and after.cards[uid].agent.load != start.agent.load
        }
        if len(self._begun | moved) <= MOST:
            self._begun |= moved

    def under_way(self, layout: Layout, now_s: float) -> Iterable[Card]:
        """The cards of a layout that have not arrived yet, where they are now."""
        self._begun = {
            uid: flight
            for uid, flight in self._begun.items()
            if uid in layout.cards and now_s - flight[0] < LASTS_S
        }
        for uid, (begun_s, start) in self._begun.items():
            goal = layout.cards[uid]
            done = _eased((now_s - begun_s) / LASTS_S)
            yield replace(
                goal,
                x=round(start.x + (goal.x - start.x) * done),
                y=round(start.y + (goal.y - start.y) * done),
            )


def _eased(done: float) -> float:
    """Starts and ends gently: 3t² - 2t³."""
    return done * done * (3 - 2 * done)
