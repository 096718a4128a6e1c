"""Points in time on the command line: how long ago, or a date, or a date and a time."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import click

from imchat.cli.options import UNITS_S


class Moment(click.ParamType[int]):
    """A time, ms: 7d ago and the like, or 2026-11-05T14:30, or a day alone.

    By UTC, as all that is told; a time may also name its zone.
    """

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Milliseconds since the epoch. Raises a usage error."""
        if isinstance(value, int):
            return value
        text = value.strip()
        ago = re.fullmatch(r"(\d{1,6})([smhd])", text)
        if ago:
            return time.time_ns() // 1_000_000 - int(ago[1]) * UNITS_S[ago[2]] * 1000
        if text == "now":
            return time.time_ns() // 1_000_000
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                found = found.replace(tzinfo=UTC)
            return round(found.timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is no time; write 7d, 12h, 2026-11-05 or 2026-11-05T14:30.",
                      param, ctx)
