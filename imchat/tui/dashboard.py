"""The supervisor's dashboard."""

import time
from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from imchat import protocol
from imchat.client import Client, Connected, Event, Missed
from imchat.ids import Desk
from imchat.tui.alerts import Alert, AlertLimits, Alerts
from imchat.tui.desk_view import Moves, view_of
from imchat.tui.past import past_of
from imchat.tui.standing import missing, standing
from imchat.tui.supervising import Supervising
from imchat.tui.trends_poll import TrendsPoll
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.alert_bar import AlertBar
from imchat.tui.widgets.desk_tabs import DeskTabs
from imchat.tui.widgets.event_log import EventLog
from imchat.tui.widgets.filter_line import FilterLine
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.queue_panel import QueuePanel
from imchat.tui.widgets.reports import ReportsScreen
from imchat.tui.widgets.tier_board import TierBoard
from imchat.tui.widgets.title_bar import TitleBar
from imchat.tui.widgets.today_panel import TodayPanel
from imchat.tui.widgets.totals import TotalsPanel
from imchat.tui.widgets.trends_panel import TrendsPanel

CROWD = 100
CROWD_DRAWN_EVERY_S = 0.2
"""More agents than CROWD change faster than one can see, and cost more to draw."""
LOG_BEGINS_WITH = 200
"""Events of the past that are asked for."""


class DashboardApp(Supervising):
    """The tiers, the queue and the agents of one desk, or of all desks as one."""

    TITLE = "imchat dashboard"
    DRAWS_BEHIND = True
    CSS_PATH: ClassVar[list[str | PurePath] | str] = ["imchat.tcss", "dashboard.tcss"]
    HORIZONTAL_BREAKPOINTS = [(0, "-thin"), (64, "-narrow"), (100, "-wide"), (150, "-wall")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (30, "-high"), (44, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "next_desk(1)", "Desk", id="next_desk"),
        Binding("D", "next_desk(-1)", "Desk before", id="desk_before", show=False),
        Binding("a", "all_desks", "All desks", id="all_desks", show=False),
        Binding("slash", "filter", "Filter", id="filter", key_display="/"),
        Binding("s", "next_order", "Sort", id="sort", show=False),
        Binding("r", "reverse_order", "Reverse", id="reverse", show=False),
        Binding("t", "next_span", "Time", id="span"),
        Binding("R", "reports", "Reports", id="reports", key_display="R"),
        Binding("1", "go_to('AgentsTable')", "Agents", id="go_agents", show=False),
        Binding("2", "go_to('QueueHead')", "Queue", id="go_queue", show=False),
        Binding("4", "go_to('TierBoard')", "Tiers", id="go_tiers", show=False),
        Binding("e,3", "go_to('EventLog')", "Events", id="go_events"),
        Binding("z", "zoom", "Zoom", id="zoom", show=False),
        Binding("x", "acknowledge", "Seen", id="acknowledge", show=False),
        Binding("escape", "calm", "No filter, no zoom", id="calm", show=False),
    ]

    def __init__(self, client: Client, *, alerts: AlertLimits | None = None) -> None:
        super().__init__(client)
        self._desk: Desk | None = None
        self._moves = Moves()
        self._alerts = Alerts(alerts or AlertLimits())
        self._poll = TrendsPoll(client)
        self._log_is_new = True
        self._untold: list[tuple[bool, list[protocol.Happening]]] = []
        """Events that were heard and are not shown yet; the first of a connection are marked."""
        self._filtered: type[AgentsTable | EventLog] = AgentsTable
        self._refused = ""
        self._drawn_s = 0.0

    def compose(self) -> ComposeResult:
        """Title, regions, keys."""
        yield TitleBar("dashboard")
        yield DeskTabs(self.limits)
        yield AlertBar()
        with Container(id="board"):
            with Container(id="overview"):
                yield QueuePanel(self.limits)
                yield TrendsPanel()
                yield TodayPanel()
                yield TotalsPanel()
            yield TierBoard()
            yield AgentsTable()
            yield QueueHead(self.limits)
            yield EventLog()
        yield FilterLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Watch from now on."""
        self.client.watch(log=LOG_BEGINS_WITH)
        self.run_worker(self._poll.run(self.stale), name="trends")
        self.query_one(AgentsTable).focus()

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the last snapshot, and what moved since the one before."""
        match event:
            case protocol.Snapshot():
                self._take(event)
            case protocol.Log(events=events):
                self._untold.append((self._log_is_new, events))
                self._log_is_new = False
            case Connected():
                self._log_is_new = True
                self._poll.ask_again()
            case Missed():
                self._log_is_new = True
                self.client.watch(log=LOG_BEGINS_WITH)
            case protocol.Error(message=message):
                self._refused = message

    def _take(self, snapshot: protocol.Snapshot) -> None:
        self.note(snapshot)
        if self._moves.note(snapshot, time.monotonic()):
            # Cards that moved look like the others again after a moment.
            self.set_timer(Moves.SEEN_S, self.stale)
        if self._alerts.note(snapshot):
            self._ring(self._alerts.standing[0])

    def _ring(self, alert: Alert) -> None:
        if not self.app_focus:
            self.call_for(f"{alert.desk}: {alert.words}")
        elif self.settings.bell:
            self.bell()

    # --- how things stand ----------------------------------------------------

    def draw(self) -> None:
        """Show how things stand, but a crowd not too often."""
        now_s = time.monotonic()
        crowd = self.snapshot is not None and len(self.snapshot.agents) > CROWD
        if crowd and now_s < self._drawn_s + CROWD_DRAWN_EVERY_S:
            self.stale()
            return
        self._drawn_s = now_s
        self._show()

    def _show(self) -> None:
        """Show the desk, or all, as it is now."""
        snapshot = self.snapshot
        if snapshot is not None and self._desk not in snapshot.desks:
            self._desk = None
        view = None if snapshot is None else view_of(snapshot, self._desk)
        several = snapshot is not None and len(snapshot.desks) > 1
        self._show_trouble()
        self.default_screen.set_class(several, "-desks")
        self.query_one(TitleBar).standing = standing(view, snapshot)
        if snapshot is not None:
            self.query_one(DeskTabs).show(snapshot.desks, self._desk)
        self.query_one(QueuePanel).show(view)
        self._show_past()
        self.query_one(TotalsPanel).show(snapshot.totals if snapshot else None)
        self.query_one(TierBoard).show(
            view,
            self._moves.recent(time.monotonic()),
            missing=missing(view, self._refused),
        )
        self.query_one(QueueHead).show(view, name_desks=several and self._desk is None)
        self.query_one(AgentsTable).show(view.agents if view else [])
        self._show_events(name_desks=several and self._desk is None)

    def _show_events(self, *, name_desks: bool) -> None:
        log = self.query_one(EventLog)
        log.look_at(self._desk, name_desks=name_desks)
        untold, self._untold = self._untold, []
        for begins, events in untold:
            log.add(events, self.names, cut=begins and len(events) == LOG_BEGINS_WITH)

    def _show_trouble(self) -> None:
        """What is on the screen is old when nobody can be asked for newer."""
        trouble = ""
        if self.snapshot is not None:
            lost = self.client.state != "online"
            why = "not connected" if lost else self._poll.trouble
            # A snapshot comes when something changed; until the last answer it was still so.
            trends = self._poll.trends
            at = self.snapshot.at if trends is None else max(self.snapshot.at, trends.at)
            as_of = time.strftime("%H:%M:%S", time.localtime(at / 1000))
            trouble = f"{why}; this is how it was at {as_of}" if why else ""
        self.default_screen.set_class(bool(trouble), "-stale")
        self.query_one(AlertBar).show(
            self._alerts.standing, self.now_ms(), trouble=trouble, key="x"
        )

    def _show_past(self) -> None:
        trends = self._poll.trends
        past = None if trends is None else past_of(trends, self._desk)
        missing = self._poll.missing
        self.default_screen.set_class(self._poll.refused, "-untold")
        self.query_one(TrendsPanel).show(past, self.now_ms(), missing=missing)
        self.query_one(TodayPanel).show(past.today if past else None, missing=missing)

    # --- what is looked at ---------------------------------------------------

    def action_next_desk(self, step: int) -> None:
        """Show another desk."""
        names = list(self.snapshot.desks) if self.snapshot else []
        if names:
            at = names.index(self._desk) + step if self._desk in names else min(step, 0)
            self._look_at(Desk(names[at % len(names)]))

    def action_all_desks(self) -> None:
        """Show all desks as one."""
        self._look_at(None)

    def on_desk_tabs_picked(self, event: DeskTabs.Picked) -> None:
        """Show the desk that was clicked."""
        self._look_at(event.desk)

    def _look_at(self, desk: Desk | None) -> None:
        self._desk = desk
        self._show()

    def action_next_span(self) -> None:
        """Show more of the past, or less."""
        self.query_one(TrendsPanel).next_span()

    def action_reports(self) -> None:
        """Show the measures of today and of the last days, by agent."""
        self.push_screen(ReportsScreen(self.client, self.name_of))

    def action_next_order(self) -> None:
        """Sort the agents in the next way."""
        self.query_one(AgentsTable).next_order()

    def action_reverse_order(self) -> None:
        """Sort the agents the other way round."""
        self.query_one(AgentsTable).reverse_order()

    def action_go_to(self, region: str) -> None:
        """Have the keys go to a region; where there is no room for it, show it first."""
        screen = self.default_screen
        events = region == "EventLog" and not screen.has_class("-events")
        screen.set_class(events, "-events")
        hidden = region == "EventLog" and not events and not screen.has_class("-high")
        target = self.query_one("AgentsTable" if hidden else region)
        self._unzoom()
        if target.display:
            target.focus()  # The next key is for it already.
        else:
            self.call_after_refresh(target.focus)

    def action_zoom(self) -> None:
        """Give the region with the keys all the room, or take it back."""
        zoomed = self.default_screen.has_class("-zoomed")
        self._unzoom()
        if not zoomed and self.focused is not None and self.focused in self.query("#board > *"):
            self.focused.add_class("-zoomed-in")
            self.default_screen.add_class("-zoomed")

    def _unzoom(self) -> None:
        self.default_screen.remove_class("-zoomed")
        self.query("#board > *").remove_class("-zoomed-in")

    def action_acknowledge(self) -> None:
        """Note that the alerts are seen."""
        self._alerts.acknowledge()
        self._show_trouble()

    def on_alert_bar_acknowledged(self) -> None:
        """The same by mouse."""
        self.action_acknowledge()

    # --- filters -------------------------------------------------------------

    def action_filter(self) -> None:
        """Narrow the list that has the keys: the events, else the agents."""
        to_events = isinstance(self.focused, EventLog)
        self._filtered = EventLog if to_events else AgentsTable
        text = self.query_one(self._filtered).filter
        self.query_one(FilterLine).open("the events" if to_events else "the agents", text)

    def on_filter_line_narrowed(self, event: FilterLine.Narrowed) -> None:
        """Show what answers to it."""
        self.query_one(self._filtered).narrow(event.text)
        if event.done:
            self.query_one(self._filtered).focus()

    def action_calm(self) -> None:
        """Show everything again."""
        self._unzoom()
        self.query_one(AgentsTable).narrow("")
        self.query_one(EventLog).narrow("")
