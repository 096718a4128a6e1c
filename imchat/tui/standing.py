"""How a site stands, in the words of the dashboard's title and of an empty board. Pure."""

from textual.content import Content

from imchat import protocol
from imchat.tui.desk_view import DeskView
from imchat.tui.waits import count_waiting


def standing(view: DeskView | None, snapshot: protocol.Snapshot | None) -> Content:
    """Which desk is shown, how many wait there, and who is at work."""
    if view is None or snapshot is None:
        return Content("")
    names = list(snapshot.desks)
    if view.desk is None:
        where = "all desks" if len(names) != 1 else f"desk {names[0]}"
    else:
        where = f"desk {view.desk}  {names.index(view.desk) + 1} of {len(names)}"
    parts: list[str | tuple[str, str]] = [
        (where, "bold"),
        # What matters most comes first: a narrow title is cut on the right.
        f"  {view.waiting:,} waiting" if view.waiting else "",
        f"  ● {view.count('online')} online",
    ]
    for state, sign, style in (
        ("away", "○", "$text-warning"), ("grace", "◌", "$text-error")
    ):
        if count := view.count(state):
            parts.append((f"  {sign} {count} {state}", style))
    return Content.assemble(*parts)


def missing(view: DeskView | None, refused: str) -> str:
    """What is said where no agent is; `refused` is why there is no view, if that is known."""
    if view is None:
        return refused or "Waiting for the server…"
    if view.waiting:
        return f"No agent is online, and {count_waiting(view.waiting)}."
    return "No agent is online.\nThey appear here as they come."
