"""The reports: what each agent did today or in the last seven days, and how the days went."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from imchat import protocol
from imchat.client import Client
from imchat.ids import Uid
from imchat.tui.measured import ALL, MEASURES, columns_of, days_of, lines_of, said
from imchat.tui.reports_poll import ReportsPoll
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.modal import LeftOnce
from imchat.tui.widgets.reports_table import ReportsTable
from imchat.tui.widgets.title_bar import TitleBar
from imchat.tui.widgets.week_panel import WeekPanel

LOOK_EVERY_S = 0.5
SPANS = {1: "Today, UTC", 7: "Last 7 days"}


class ReportsScreen(LeftOnce[None], Screen[None]):
    """A table by agent, and the days of the row under the cursor."""

    DEFAULT_CSS = """
    ReportsScreen #figures { height: 1fr; layout: vertical; }
    ReportsScreen WeekPanel { height: 10; }
    ReportsScreen.-thin WeekPanel, ReportsScreen.-low WeekPanel { display: none; }
    ReportsScreen.-wall.-tall #figures { layout: horizontal; }
    ReportsScreen.-wall.-tall WeekPanel { width: 66; height: 1fr; }
    ReportsScreen #as-of { height: 1; padding: 0 2; color: $text-muted; }
    ReportsScreen #missing { height: 1fr; padding: 1 2; color: $text-muted; display: none; }
    ReportsScreen.-trouble #as-of { color: $text-error; }
    ReportsScreen.-trouble #figures { opacity: 60%; }
    ReportsScreen.-missing #figures { display: none; }
    ReportsScreen.-missing #missing { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,R", "leave", "Back", id="reports_leave"),
        Binding("t", "next_days", "Today or 7 days", id="reports_days"),
        Binding("s", "next_order", "Sort", id="reports_sort"),
        Binding("r", "reverse_order", "Reverse", id="reports_reverse"),
    ]

    def __init__(self, client: Client, name_of: Callable[[Uid], str]) -> None:
        super().__init__()
        self._client = client
        self._name_of = name_of
        self._poll = ReportsPoll(client)
        self._was_online = True

    def compose(self) -> ComposeResult:
        """The table, the days, how old they are, the keys."""
        yield TitleBar("reports")
        yield Static(id="missing", markup=False)
        with Container(id="figures"):
            yield ReportsTable()
            yield WeekPanel()
        yield Static(id="as-of", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Ask until the screen is left."""
        self.run_worker(self._poll.run(self._show), group="report")
        self.run_worker(self._poll.run_of_one(self._show_days), group="report of one")
        self.set_interval(LOOK_EVERY_S, self._look)
        self._show()

    # --- how it stands -------------------------------------------------------

    def _look(self) -> None:
        """Notice that the connection is lost or there again."""
        is_online = self._client.state == "online"
        if is_online and not self._was_online:
            self._poll.ask_again()
        self._was_online = is_online
        self._say()

    def _show(self) -> None:
        if self.is_left:
            return
        report = self._poll.report
        was_missing = self.has_class("-missing")
        self.set_class(report is None, "-missing")
        if report is not None:
            self.query_one(ReportsTable).show(
                lines_of(report, self._name_of),
                columns_of(report),
                title=SPANS.get(report.days, ""),
            )
            self._show_days()
            if was_missing or self.focused is None:
                self.query_one(ReportsTable).focus()
        self._say()

    def _show_days(self) -> None:
        if self.is_left:
            return
        report, line = self._poll.report, self.query_one(ReportsTable).at_cursor
        if report is None:
            return
        of, name = (ALL, "all") if line is None else (line.of, line.name)
        days: protocol.Report | None = report if of == ALL else self._poll.of(of)
        self.query_one(WeekPanel).show(
            name,
            [] if days is None else days_of(days),
            today=report.today,
            soon_s=report.service_level_s,
        )

    def _say(self) -> None:
        if self.is_left:
            return
        report = self._poll.report
        trouble = self._trouble()
        self.set_class(bool(trouble), "-trouble")
        self.query_one(TitleBar).standing = self._in_all()
        as_of = ""
        if report is not None:
            at = time.strftime("%H:%M:%S", time.localtime(report.at / 1000))
            as_of = f"as of {at} · days are UTC days"
            as_of = f"{trouble}; this is how it was at {at}" if trouble else as_of
        self.query_one("#as-of", Static).update(Content(as_of))
        self.query_one("#missing", Static).update(Content(trouble or self._poll.missing))

    def _in_all(self) -> Content:
        """The time, and what is told of nobody alone."""
        span = Content.styled(SPANS[self._poll.days], "bold")
        report = self._poll.report
        if report is None:
            return span
        values = dict(zip(report.measures, report.total, strict=False))
        told = [
            f"{m.head.format(soon=report.service_level_s)} {said(values[m.name], m.unit)}"
            for m in MEASURES.values()
            if m.rank is None and m.name in values
        ]
        return Content.assemble(span, "  " + " · ".join(told))

    def _trouble(self) -> str:
        if self._client.state != "online":
            return "Not connected"
        return self._poll.trouble

    # --- what is done --------------------------------------------------------

    def on_reports_table_looked(self) -> None:
        """Show the days of the row under the cursor."""
        line = self.query_one(ReportsTable).at_cursor
        self._poll.look_at(None if line is None or line.of == ALL else line.of)
        self._show_days()

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_next_days(self) -> None:
        """Show today, or the last seven days."""
        self._poll.next_days()
        self._show()

    def action_next_order(self) -> None:
        """Sort by the next column."""
        self.query_one(ReportsTable).next_order()

    def action_reverse_order(self) -> None:
        """Sort the other way round."""
        self.query_one(ReportsTable).reverse_order()
