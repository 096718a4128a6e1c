"""Reports as a server would send them, and how a screen is made to know one."""

from imchat.ids import Uid
from imchat.protocol import Report
from imchat.tui.dashboard import DashboardApp
from imchat.tui.measured import Value
from imchat.tui.widgets.reports import ReportsScreen

TODAY = 1_699_920_000_000
MEASURES = [
    "offered", "served", "abandoned", "service_level", "wait_mean_s", "wait_p90_s",
    "first_response_mean_s", "response_mean_s", "handle_mean_s", "concurrency", "occupancy",
    "online_s", "rating_mean", "recontact",
]  # fmt: skip
ANN: list[Value] = [
    None, 12, None, None, 5.4, 9.0, 20.0, 31.0, 305.0, 1.5, 0.85, 27_600.0, 4.25, 0.1,
]
BEN: list[Value] = [
    None, 3, None, None, 61.0, 90.0, 8.0, 12.0, 3_700.0, 0.5, 0.4, 3_600.0, None, 0.0,
]
CAT: list[Value] = [
    None, 7, None, None, 30.0, 40.0, None, None, None, 2.5, 1.0, 360_000.0, 5.0, None,
]
TOTAL: list[Value] = [
    24, 22, 2, 0.6, 22.0, 40.0, 18.0, 25.0, 500.0, 1.2, 0.7, 31_200.0, 4.5, 0.1,
]


def told(days: int = 1, *, count: int = 0) -> Report:
    """A report as a server would send it, of three agents and `count` more."""
    more = {Uid(f"agent{n}"): BEN for n in range(count)}
    return Report(
        at=TODAY + 3_600_000, today=TODAY, days=days, service_level_s=20, measures=MEASURES,
        total=TOTAL, agents={Uid("ann"): ANN, Uid("ben"): BEN, Uid("cat"): CAT} | more,
        daily=[TOTAL] * 7,
    )  # fmt: skip


def show(app: DashboardApp, report: Report) -> None:
    """Let the screen know this report, and ask for no other."""
    screen = app.screen
    assert isinstance(screen, ReportsScreen)
    for worker in app.workers:
        if worker.node is screen:
            worker.cancel()
    screen._poll._reports[screen._poll.days] = report
    screen._show()
