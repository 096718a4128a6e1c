"""The supervisor's dashboard."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Footer

from imchat import protocol
from imchat.client import Client, Event
from imchat.ids import Desk
from imchat.tui.app import ImchatApp
from imchat.tui.desk_view import DeskView, Moves, view_of
from imchat.tui.trail import Trail
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.queue_panel import QueuePanel
from imchat.tui.widgets.tier_board import TierBoard
from imchat.tui.widgets.title_bar import TitleBar
from imchat.tui.widgets.totals import TotalsPanel

CROWD = 100
CROWD_DRAWN_EVERY_S = 0.2
"""More agents than CROWD change faster than one can see, and cost more to draw."""


class DashboardApp(ImchatApp):
    """The tiers, the queue and the agents of one desk, or of all desks as one."""

    TITLE = "imchat dashboard"
    CSS = """
    #board {
        layout: grid;
        grid-size: 5 3;
        grid-rows: 6 4fr 3fr;
        height: 1fr;
    }
    #overview { column-span: 5; layout: horizontal; }
    #overview > QueuePanel { width: 1fr; height: 1fr; }
    #overview > TotalsPanel { width: 38; max-width: 50%; height: 1fr; }
    TierBoard { column-span: 5; }
    QueueHead { column-span: 2; }
    AgentsTable { column-span: 3; }
    .-stale #board { opacity: 60%; }

    .-wall #board { grid-size: 2 3; grid-columns: 56 1fr; grid-rows: 16 1fr 1fr; }
    .-wall #overview { column-span: 1; layout: vertical; }
    .-wall #overview > TotalsPanel { width: 1fr; max-width: 100%; height: 7; }
    .-wall TierBoard { column-span: 1; row-span: 2; }
    .-wall QueueHead { column-span: 1; row-span: 2; }
    .-wall AgentsTable { column-span: 1; }

    .-narrow TotalsPanel { display: none; }
    .-low #overview { display: none; }
    .-low #board { grid-size: 5 2; grid-rows: 1fr 1fr; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide"), (150, "-wall")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_desk(1)", "Next desk", id="next_desk"),
        Binding("D", "next_desk(-1)", "Desk before", id="desk_before", show=False),
        Binding("a", "all_desks", "All desks", id="all_desks"),
        Binding("s", "next_order", "Sort", id="sort"),
        Binding("r", "reverse_order", "Reverse", id="reverse"),
    ]

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._snapshot: protocol.Snapshot | None = None
        self._desk: Desk | None = None
        self._moves = Moves()
        self._trail = Trail()
        self._refused = ""
        self._drawn_s = 0.0

    def compose(self) -> ComposeResult:
        """Title, regions, keys."""
        yield TitleBar("dashboard")
        with Container(id="board"):
            with Container(id="overview"):
                yield QueuePanel(self.limits)
                yield TotalsPanel()
            yield TierBoard()
            yield QueueHead(self.limits)
            yield AgentsTable()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Watch from now on."""
        self.client.watch()
        self.set_interval(1, self._sample)
        self.query_one(AgentsTable).focus()

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the last snapshot, and what moved since the one before."""
        match event:
            case protocol.Snapshot():
                self._snapshot = event
                if self._moves.note(event, time.monotonic()):
                    # Cards that moved look like the others again after a moment.
                    self.set_timer(Moves.SEEN_S, self.stale)
            case protocol.Error(message=message):
                self._refused = message

    def _sample(self) -> None:
        if self._snapshot is not None and self._is_live:
            self._trail.take(self._snapshot)

    @property
    def _is_live(self) -> bool:
        return self.client.state == "online"

    # --- how things stand ----------------------------------------------------

    def draw(self) -> None:
        """Show how things stand, but a crowd not too often."""
        now_s = time.monotonic()
        crowd = self._snapshot is not None and len(self._snapshot.agents) > CROWD
        if crowd and now_s < self._drawn_s + CROWD_DRAWN_EVERY_S:
            self.stale()
            return
        self._drawn_s = now_s
        self._show()

    def _show(self) -> None:
        """Show the desk, or all, as it is now."""
        snapshot = self._snapshot
        if snapshot is not None and self._desk not in snapshot.desks:
            self._desk = None
        view = None if snapshot is None else view_of(snapshot, self._desk)
        self.screen.set_class(view is not None and not self._is_live, "-stale")
        self.query_one(TitleBar).standing = self._standing(view)
        samples = self._trail.waiting(self._desk)
        self.query_one(QueuePanel).show(view, samples, self._trail.taken)
        self.query_one(TotalsPanel).show(snapshot.totals if snapshot else None)
        self.query_one(TierBoard).show(
            view, self._moves.recent(time.monotonic()), missing=self._missing(view)
        )
        several = snapshot is not None and len(snapshot.desks) > 1
        self.query_one(QueueHead).show(view, name_desks=several and self._desk is None)
        self.query_one(AgentsTable).show(view.agents if view else [])

    def _missing(self, view: DeskView | None) -> str:
        if view is None:
            return self._refused or "Waiting for the server…"
        if view.waiting:
            return f"No agent is online, and {view.waiting:,} wait."
        return "No agent is online.\nThey appear here as they come."

    def _standing(self, view: DeskView | None) -> Content:
        if view is None or self._snapshot is None:
            return Content("")
        names = list(self._snapshot.desks)
        if view.desk is None:
            where = "all desks" if len(names) != 1 else f"desk {names[0]}"
        else:
            where = f"desk {view.desk}  {names.index(view.desk) + 1} of {len(names)}"
        parts: list[str | tuple[str, str]] = [
            (where, "bold"), f"  ● {view.count('online')} online",
        ]
        for state, sign, style in (
            ("away", "○", "$text-warning"), ("grace", "◌", "$text-error")
        ):
            if count := view.count(state):
                parts.append((f"  {sign} {count} {state}", style))
        if view.waiting:
            parts.append(f"  {view.waiting:,} waiting")
        return Content.assemble(*parts)

    # --- what the supervisor does --------------------------------------------

    def action_next_desk(self, step: int) -> None:
        """Show another desk."""
        names = list(self._snapshot.desks) if self._snapshot else []
        if not names:
            return
        at = names.index(self._desk) + step if self._desk in names else min(step, 0)
        self._desk = Desk(names[at % len(names)])
        self._show()

    def action_all_desks(self) -> None:
        """Show all desks as one."""
        self._desk = None
        self._show()

    def action_next_order(self) -> None:
        """Sort the agents in the next way."""
        self.query_one(AgentsTable).next_order()

    def action_reverse_order(self) -> None:
        """Sort the agents the other way round."""
        self.query_one(AgentsTable).reverse_order()
