"""Every agent: its state, its load, whom it serves."""

from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.timer import Timer
from textual.widgets import DataTable

from imchat.ids import Uid
from imchat.tui.agent_orders import ORDERS, STATES, is_named
from imchat.tui.desk_view import Agent
from imchat.tui.widgets.load_bar import bar_width, is_full, load_bar
from imchat.tui.widgets.painted import fitted, listed

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


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """A cell that knows whose it is, since rows are sorted by more than they show."""

    uid: Uid
    text: Text

    def __rich__(self) -> Text:
        return self.text


class AgentsTable(DataTable[_Cell]):
    """Rows are kept by uid and changed in place; the cursor stays on its agent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "agents-table--faint", "agents-table--away", "agents-table--grace", "agents-table--full",
    }
    DEFAULT_CSS = """
    AgentsTable {
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $text-muted;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
        & > .datatable--header { background: $background; color: $text-muted; text-style: none; }
        & > .datatable--cursor { background: $panel; color: $foreground; text-style: none; }
        &:focus {
            border: round $primary;
            background-tint: transparent;
            & > .datatable--header { background-tint: transparent; }
            & > .datatable--cursor {
                background: $primary 20%; color: $foreground; text-style: none;
            }
        }
        & > .agents-table--faint { color: $text-muted; }
        & > .agents-table--away { color: $text-warning; }
        & > .agents-table--grace { color: $text-error; }
        & > .agents-table--full { color: $text-warning; }
    }
    """

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cursor_foreground_priority="renderable")
        self._given: list[Agent] = []
        self._wanted: list[Agent] = []
        self._filter = ""
        self._shown: dict[Uid, Agent] = {}
        self._widths: dict[str, int] = {}
        self._order = 0
        self._reverse = False
        self._inks: dict[str, Style] = {}
        self._resting: Timer | None = None

    def show(self, agents: list[Agent]) -> None:
        """Show these agents, or those of them that the filter lets through, soon."""
        self._given = agents
        self._wanted = [a for a in agents if is_named(a, self._filter)] if self._filter else agents
        if self._resting is None and self._apply():
            rest_s = CROWD_DRAWN_EVERY_S if len(agents) > CROWD else DRAWN_EVERY_S
            self._resting = self.set_timer(rest_s, self._rested)

    @property
    def at_cursor(self) -> Agent | None:
        """The agent under the cursor."""
        uid = self._uid_at_cursor()
        return None if uid is None else self._shown.get(uid)

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

    def select(self, uid: Uid) -> None:
        """Move the cursor to an agent, if the table shows it."""
        if uid in self._shown:
            self.move_cursor(row=self.get_row_index(uid))

    def next_order(self) -> None:
        """Sort in the next way."""
        self._order = (self._order + 1) % len(ORDERS)
        self._reverse = False
        self._sort()

    def reverse_order(self) -> None:
        """Sort the other way round."""
        self._reverse = not self._reverse
        self._sort()

    def on_resize(self) -> None:
        """Columns fit the width."""
        self._apply()

    def notify_style_update(self) -> None:
        """Cells are made anew in the new colours."""
        super().notify_style_update()
        self._inks.clear()
        if self.is_mounted:
            self._widths = {}
            self._apply()

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
        if widths != self._widths:
            self._rebuild(widths)
        for uid in self._shown.keys() - agents.keys():
            self.remove_row(uid)
        for uid, agent in agents.items():
            if uid not in self._shown:
                self.add_row(*self._cells(agent), key=uid)
            elif agent != self._shown[uid]:
                for column, cell in zip(self._widths, self._cells(agent), strict=True):
                    self.update_cell(uid, column, cell)
        self._shown = agents
        self._sort(at)
        return True

    def _rebuild(self, widths: dict[str, int]) -> None:
        self.clear(columns=True)
        self._shown, self._widths = {}, widths
        for column, width in widths.items():
            self.add_column(Text(column), width=width, key=column)

    def _uid_at_cursor(self) -> Uid | None:
        if not self.is_valid_row_index(self.cursor_row):
            return None
        return self.get_row_at(self.cursor_row)[0].uid

    def _sort(self, at: Uid | None = None) -> None:
        """Put the rows in order; the cursor goes with the agent `at`, else with its own."""
        at = at or self._uid_at_cursor()
        order = ORDERS[self._order]
        for key, column in self.columns.items():
            sign = ("▴" if self._reverse else "▾") if key.value == order.column else ""
            label = key.value if column.width > 1 else ""
            column.label = Text(f"{label} {sign}".strip())
        self.sort("agent", key=self._rank, reverse=self._reverse)
        if at in self._shown and self.get_row_index(at) != self.cursor_row:
            self.move_cursor(row=self.get_row_index(at), scroll=False)
        self._title()

    def _title(self) -> None:
        count, shown = len(self._given), len(self._wanted)
        counted = f"{count:,} agent{'s' * (count != 1)}" if count else "Agents"
        narrowed = f"“{self._filter}”: {shown:,} of " if self._filter else ""
        title = f"{narrowed}{counted} · by {ORDERS[self._order].name}"
        if self.border_title != title:
            self.border_title = title

    def _rank(self, cell: _Cell) -> tuple[Any, str]:
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

    def _cells(self, agent: Agent) -> list[_Cell]:
        return [_Cell(agent.uid, self._text(agent, column)) for column in self._widths]

    def _text(self, agent: Agent, column: str) -> Text:
        width = self._widths[column]
        match column:
            case "agent":
                return self._name_of(agent, width)
            case "state":
                ink = "faint" if agent.state == "online" else agent.state
                return Text(STATES[agent.state][:width], self._ink(ink))
            case "load":
                return Text(load_bar(agent), self._ink("full" if is_full(agent) else "faint"))
            case "desks":
                return Text(listed(agent.desks, width), self._ink("faint"))
        return Text(listed(agent.customers, width))

    def _name_of(self, agent: Agent, width: int) -> Text:
        name = agent.name or agent.uid
        both = f"{name} {agent.uid}"
        if name == agent.uid or cell_len(both) > width:
            return Text(fitted(name, width))
        return Text.assemble(name, (f" {agent.uid}", self._ink("faint")))

    def _ink(self, component: str) -> Style:
        if component not in self._inks:
            style = self.get_component_rich_style(f"agents-table--{component}")
            self._inks[component] = Style(color=style.color)
        return self._inks[component]
