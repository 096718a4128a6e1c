"""Every agent: its state, its load, whom it serves."""

from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import DataTable

from imchat.ids import Uid
from imchat.tui.agent_orders import ORDERS, STATES, is_named
from imchat.tui.desk_view import Agent
from imchat.tui.widgets.load_bar import bar_width, is_full, load_bar
from imchat.tui.widgets.painted import fitted, listed
from imchat.tui.widgets.uid_table import Cell, UidTable

DRAWN_EVERY_S = 0.4
CROWD = 100
CROWD_DRAWN_EVERY_S = 1.0
"""Each change draws all that is seen of the table, so changes are gathered."""

PADDING = 2
DESKS_FROM = 76
"""The width from which there is room for a column of desks."""
WORDS_FROM = 34
"""The width under which a state is a sign without a word."""
LEAST_CUSTOMERS = 8


class AgentsTable(UidTable[Agent]):
    """Rows are kept by uid and changed in place; the cursor stays on its agent."""

    PREFIX = "agents-table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "agents-table--faint", "agents-table--away", "agents-table--grace", "agents-table--full",
    }
    DEFAULT_CSS = """
    AgentsTable {
        & > .agents-table--faint { color: $text-muted; }
        & > .agents-table--away { color: $text-warning; }
        & > .agents-table--grace { color: $text-error; }
        & > .agents-table--full { color: $text-warning; }
    }
    """

    BINDING_GROUP_TITLE = "Agents"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", id="list_choose", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._given: list[Agent] = []
        self._wanted: list[Agent] = []
        self._filter = ""
        self._order = 0
        self._reverse = False
        self._resting: Timer | None = None

    def show(self, agents: list[Agent]) -> None:
        """Show these agents, or those of them that the filter lets through, soon."""
        self._given = agents
        self._wanted = [a for a in agents if is_named(a, self._filter)] if self._filter else agents
        if self._resting is None and self._apply():
            rest_s = CROWD_DRAWN_EVERY_S if len(agents) > CROWD else DRAWN_EVERY_S
            self._resting = self.set_timer(rest_s, self._rested)

    @property
    def filter(self) -> str:
        """The text that is looked for."""
        return self._filter

    def narrow(self, text: str) -> None:
        """Show only those agents with this text in what is known of them, at once."""
        self._filter = text
        self._stop_resting()
        self.show(self._given)
        self._title()

    def next_order(self) -> None:
        """Sort in the next way."""
        self._order = (self._order + 1) % len(ORDERS)
        self._reverse = False
        self._sort()

    def reverse_order(self) -> None:
        """Sort the other way round."""
        self._reverse = not self._reverse
        self._sort()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked, a second time the other way round."""
        event.stop()
        at = next((n for n, o in enumerate(ORDERS) if o.column == event.column_key.value), None)
        if at is None:
            return
        again = ORDERS[self._order].column == ORDERS[at].column
        self._order, self._reverse = at, again and not self._reverse
        self._sort()

    def _rested(self) -> None:
        self._resting = None
        self.show(self._given)

    def _stop_resting(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None

    # --- rows ----------------------------------------------------------------

    def _apply(self) -> bool:
        """Make the rows those that are wanted; whether there was anything to change."""
        widths = self._fit(self.scrollable_content_region.width)
        agents = {agent.uid: agent for agent in self._wanted}
        if widths == self._widths and agents == self._shown:
            return False
        at = self._uid_at_cursor()
        self._set_rows(agents, widths)
        self._sort(at)
        return True

    def _sort(self, at: Uid | None = None) -> None:
        """Put the rows in order; the cursor goes with the agent `at`, else with its own."""
        at = self._uid_at_cursor() if at is None else at
        order = ORDERS[self._order]
        for key, column in self.columns.items():
            sign = ("▴" if self._reverse else "▾") if key.value == order.column else ""
            label = key.value if column.width > 1 else ""
            column.label = Text(f"{label} {sign}".strip())
        self.sort("agent", key=self._rank, reverse=self._reverse)
        self._put_cursor(at)
        self._title()

    def _title(self) -> None:
        count, shown = len(self._given), len(self._wanted)
        counted = f"{count:,} agent{'s' * (count != 1)}" if count else "Agents"
        narrowed = f"“{self._filter}”: {shown:,} of " if self._filter else ""
        title = f"{narrowed}{counted} · by {ORDERS[self._order].name}"
        if self.border_title != title:
            self.border_title = title

    def _nothing(self) -> str:
        return f"No agent is found by “{self._filter}”." if self._given else ""

    def _rank(self, cell: Cell) -> tuple[Any, str]:
        return ORDERS[self._order].rank(self._shown[cell.uid]), cell.uid

    # --- cells ---------------------------------------------------------------

    def _fit(self, width: int) -> dict[str, int]:
        """The columns that there is room for, and how wide they are."""
        widths = {
            "agent": min(26, max(10, width // 4)),
            "state": 8 if width >= WORDS_FROM else 1,
            "load": max(6, bar_width(self._wanted)),
        }
        if width >= DESKS_FROM:
            widths["desks"] = 16
        rest = width - sum(widths.values()) - PADDING * (len(widths) + 1)
        if rest >= LEAST_CUSTOMERS:
            widths["customers"] = rest
        return widths

    def _text(self, row: Agent, column: str) -> Text:
        width = self._widths[column]
        match column:
            case "agent":
                return self._name_of(row, width)
            case "state":
                ink = "faint" if row.state == "online" else row.state
                return Text(STATES[row.state][:width], self._ink(ink))
            case "load":
                return Text(load_bar(row), self._ink("full" if is_full(row) else "faint"))
            case "desks":
                return Text(listed(row.desks, width), self._ink("faint"))
        return Text(listed(row.customers, width))

    def _name_of(self, agent: Agent, width: int) -> Text:
        name = agent.name or agent.uid
        both = f"{name} {agent.uid}"
        if name == agent.uid or cell_len(both) > width:
            return Text(fitted(name, width))
        return Text.assemble(name, (f" {agent.uid}", self._ink("faint")))
