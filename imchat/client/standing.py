"""What a client asked for that holds on each new connection: to watch, to be away."""

import secrets
from collections.abc import Callable

from imchat import protocol
from imchat.client.calls import Calls
from imchat.client.mirror import TOLD


class Standing:
    """Asks by `calls`; `tell` sends what needs no answer."""

    def __init__(self, calls: Calls, tell: Callable[[protocol.Frame], None]) -> None:
        self._calls = calls
        self._tell = tell
        self._watching: str | None = None
        """The ref under which it is asked."""
        self._log: int | None = None
        self._away = False

    def watch(self, *, log: int | None) -> None:
        """Watch from now on."""
        self._log = log
        self._watching = self._watching or secrets.token_hex(6)
        self._watch_again()

    def unwatch(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._calls.drop(self._watching)
            self._watching = None
            self._tell(protocol.Unwatch(ref=TOLD))

    def is_watch(self, ref: str) -> bool:
        """Whether watching is asked for under this ref."""
        return ref == self._watching

    def heard(self, status: protocol.Status) -> None:
        """Learn how this agent stands, by its own word or a supervisor's."""
        self._away = status.state == "away"

    def resume(self, welcome: protocol.Welcome) -> None:
        """Ask again on a new connection."""
        self._watch_again()
        if welcome.status is not None:
            self._stay_away(welcome.status)

    def _watch_again(self) -> None:
        if self._watching is not None and self._watching not in self._calls:
            self._calls.start(
                self._watching,
                protocol.Watch(log=self._log, ref=self._watching),
                protocol.Snapshot,
            )

    def _stay_away(self, status: protocol.AgentStatus) -> None:
        """An agent that was forgotten is online by its hello, which is not what it said."""
        if self._away and status.state == "online":
            ref = secrets.token_hex(6)
            self._calls.start(ref, protocol.SetStatus(state="away", ref=ref), protocol.Status)
        else:
            self._away = status.state == "away"
