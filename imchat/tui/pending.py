"""What was asked of the server and is not answered yet: seen when it takes long, and given up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.app import App
from textual.worker import Worker

from imchat.errors import ImchatError

SHOWN_AFTER_S = 0.3
"""What is answered sooner does not flash up."""


@dataclass(slots=True, eq=False)
class _Act:
    doing: str
    worker: Worker[None] | None = None
    is_late: bool = False


class Pending:
    """Requests under way, each in a worker, so that nothing waits for them.

    `changed` is called when `said` is another.
    """

    def __init__(self, app: App[None], changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed
        self._acts: list[_Act] = []

    def __bool__(self) -> bool:
        return bool(self._acts)

    def __contains__(self, doing: str) -> bool:
        return any(act.doing == doing for act in self._acts)

    @property
    def said(self) -> str:
        """What is waited for, or nothing: the newest of what takes long."""
        late = [act.doing for act in self._acts if act.is_late]
        return f"{late[-1]}… Esc gives up" if late else ""

    def run(self, doing: str, request: Callable[[], Awaitable[object]]) -> None:
        """Ask something, once at a time; a refusal is shown."""
        if doing not in self:
            act = _Act(doing)
            self._acts.append(act)
            act.worker = self._app.run_worker(self._do(act, request), group="pending")
            self._app.set_timer(SHOWN_AFTER_S, lambda: self._late(act))

    def give_up(self) -> None:
        """Wait no more for the newest."""
        if self._acts:
            act = self._acts.pop()
            if act.worker is not None:
                act.worker.cancel()
            said = f"No longer {act.doing[:1].lower()}{act.doing[1:]}; it may be done all the same."
            self._app.notify(said, markup=False)
            self._changed()

    def _late(self, act: _Act) -> None:
        act.is_late = True
        self._changed()

    async def _do(self, act: _Act, request: Callable[[], Awaitable[object]]) -> None:
        try:
            await request()
        except ImchatError as error:
            self._app.notify(f"{act.doing}: {error}", severity="error", markup=False)
        finally:
            if act in self._acts:
                self._acts.remove(act)
            self._changed()
