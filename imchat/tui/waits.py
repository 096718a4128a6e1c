"""How a wait is written, and from when on it is too long."""

from typing import Literal, NamedTuple


class Limits(NamedTuple):
    """From how many seconds on a wait is long, and too long."""

    amber_s: int = 60
    red_s: int = 180

    def level(self, waited_s: float | None) -> Literal["", "amber", "red"]:
        """How long a wait is; None is none."""
        if waited_s is None or waited_s < min(self):
            return ""
        return "red" if waited_s >= self.red_s else "amber"


def count_waiting(count: int) -> str:
    """How many wait, as the end of a sentence."""
    return f"{count:,} wait{'s' * (count == 1)}" if count else "nobody waits"


def clock(seconds: int) -> str:
    """A time as m:ss, or as h:mm:ss from an hour on."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
