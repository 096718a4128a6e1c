"""Asks to whom a chat is given."""

from collections.abc import Sequence

from textual.content import Content

from imchat.ids import Uid
from imchat.tui import fuzzy
from imchat.tui.colleagues import Colleagues, Target, typed
from imchat.tui.theme import MUTED
from imchat.tui.widgets.picker import Choice, Picker


class Transfer(Picker[Target]):
    """Gives an agent or a desk: one that is known, or one that is typed in full."""

    HINT_IN = "an agent's uid, or a desk"

    def __init__(self, customer: str, colleagues: Colleagues, *, me: Uid) -> None:
        super().__init__()
        self.ASKS = Content(f"Give the chat with {customer} to")
        self._colleagues = colleagues
        self._me = me

    def choices(self, query: str) -> Sequence[Choice[Target]]:
        """Who is known by these letters, then what they may mean otherwise."""
        known = fuzzy.best(query, self._colleagues.all(but=self._me), self._texts)
        exact = [target for target in known if target.id == query]
        others = [target for target in typed(query) if target not in known]
        order = [*exact, *(target for target in known if target not in exact), *others]
        return [Choice(target, self._line(target)) for target in order]

    def _texts(self, target: Target) -> list[str]:
        return [target.id, self._colleagues.name(target)]

    def _line(self, target: Target) -> Content:
        name = self._colleagues.name(target)
        also = f"  {target.id}" if name != target.id else ""
        return Content.assemble(
            (f"{target.kind:<7}", MUTED), (name, "bold"), (also, MUTED)
        )
