"""How a server's log looks: lines for a person, or JSON for a machine."""

import logging
import sys
from typing import Literal

import msgspec

CONSOLE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its time in seconds since the Unix epoch."""
        entry = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def configure(log_format: Literal["console", "json"]) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else logging.Formatter(CONSOLE))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Each bad handshake of a stranger is no news; what matters of a connection we say ourselves.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
