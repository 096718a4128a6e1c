"""How a server's log looks: lines for a person, or JSON for a machine."""

import logging
import sys
from typing import Literal

import msgspec

CONSOLE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
CONSOLE_OF_SEVERAL = "%(asctime)s %(process)d %(levelname)-7s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `of_several` processes each gives its pid."""

    def __init__(self, *, of_several: bool) -> None:
        super().__init__()
        self._of_several = of_several

    def format(self, record: logging.LogRecord) -> str:
        """The record with its time in seconds since the Unix epoch."""
        entry: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if self._of_several:
            entry["pid"] = record.process
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def configure(log_format: Literal["console", "json"], *, of_several: bool = False) -> None:
    """Log to standard error, which several processes may do: then a line tells which."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(of_several=of_several)
        if log_format == "json"
        else logging.Formatter(CONSOLE_OF_SEVERAL if of_several else CONSOLE)
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Each bad handshake of a stranger is no news; what matters of a connection we say ourselves.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
