"""Asks to whom a chat is given."""

import time
from collections.abc import Awaitable, Callable, Sequence

from textual.content import Content

from imchat import protocol
from imchat.errors import ImchatError
from imchat.ids import Uid
from imchat.tui import fuzzy
from imchat.tui.colleagues import Colleagues, Target, typed
from imchat.tui.theme import FAINT, MUTED
from imchat.tui.widgets.load_bar import load_bar
from imchat.tui.widgets.picker import Choice, Picker

GLANCE_S = 0.3
"""So soon nobody has seen what is offered first."""


class Transfer(Picker[Target]):
    """Gives an agent or a desk: one that is known, or one that is typed in full.

    It is there at once, with those that are known, and asks `who_is_there` meanwhile.
    """

    HINT_IN = "a name, an agent's uid, or a desk"

    def __init__(
        self,
        customer: str,
        colleagues: Colleagues,
        *,
        me: Uid,
        who_is_there: Callable[[], Awaitable[protocol.Colleagues]],
    ) -> None:
        super().__init__()
        self.ASKS = Content(f"Give the chat with {customer} to")
        self._colleagues = colleagues
        self._me = me
        self._who_is_there = who_is_there

    def on_mount(self) -> None:
        """Ask the server who is there; Textual calls this besides the picker's own."""
        self.run_worker(self._look(), group="who is there")

    async def _look(self) -> None:
        opened_s = time.monotonic()
        self.say("asking who is there…")
        try:
            self._colleagues.told(await self._who_is_there())
        except ImchatError as error:
            self.say(f"who is there is not known: {error}")
        else:
            self.say(self.HINT)
            # Who presses Enter now means what was marked, unless that was only a guess, or
            # nobody can have seen it yet.
            at_a_glance = time.monotonic() - opened_s < GLANCE_S
            self.offer_again(kept=[] if at_a_glance else self._colleagues.all(but=self._me))

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
        colleagues = self._colleagues
        name, agent = colleagues.name(target), colleagues.agent(target)
        parts = [f"  {target.id}" if name != target.id else ""]
        if agent is not None:
            parts += [f"  {load_bar(agent)}", f"  {', '.join(agent.desks)}"]
        if standing := colleagues.standing(target):
            parts.append(f"  {standing}")
        can_take = colleagues.can_take(target)
        return Content.assemble(
            (f"{target.kind:<7}", MUTED if can_take else FAINT),
            (name, "bold" if can_take else FAINT),
            ("".join(parts), MUTED if can_take else FAINT),
        )
