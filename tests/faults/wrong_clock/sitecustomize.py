"""Python imports this first where it is on PYTHONPATH: the wall clock is off by CLOCK_OFF_S."""

import datetime
import os
import time
from typing import Self

OFF_S = float(os.environ["CLOCK_OFF_S"])

_time, _time_ns, _localtime = time.time, time.time_ns, time.localtime


class _Wrong(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return super().now(tz) + datetime.timedelta(seconds=OFF_S)


time.time = lambda: _time() + OFF_S
time.time_ns = lambda: _time_ns() + int(OFF_S * 1e9)
datetime.datetime = _Wrong  # type: ignore[misc]
