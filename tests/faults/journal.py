"""A ledger of one client that is also kept in a file, so that it outlives the client.

Each line is one entry, written in one piece before anything comes of it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from imchat.ids import Uid
from tests.faults.ledger import Ledger, Said

QUIET = "quiet"
"""The last entry of a client that was told to end: all that it sent is answered."""


class Journal(Ledger):
    """Goes on where the file ends, and writes down what it learns."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file: int | None = None
        copy(path, self)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, *entry: object) -> None:
        """Add an entry."""
        if self._file is not None:
            os.write(self._file, msgspec.json.encode(entry) + b"\n")

    def sent(self, me: Uid, peer: Uid, id: str, *, at: float) -> None:
        """As in a ledger."""
        self.write("sent", me, peer, id, at)
        super().sent(me, peer, id, at=at)

    def acked(self, me: Uid, peer: Uid, id: str, seq: int, *, at: float) -> None:
        """As in a ledger."""
        self.write("acked", me, peer, id, seq, at)
        super().acked(me, peer, id, seq, at=at)

    def refused(self, me: Uid, peer: Uid, id: str, code: str) -> None:
        """As in a ledger."""
        self.write("refused", me, peer, id, code)
        super().refused(me, peer, id, code)

    def opened(self, me: Uid, peer: Uid) -> None:
        """As in a ledger."""
        self.write("opened", me, peer)
        super().opened(me, peer)

    def shown(self, me: Uid, peer: Uid, message: Said) -> None:
        """As in a ledger."""
        self.write("shown", me, peer, message)
        super().shown(me, peer, message)

    def loaded(self, me: Uid, peer: Uid, page: Sequence[Said]) -> None:
        """As in a ledger."""
        self.write("loaded", me, peer, page)
        super().loaded(me, peer, page)

    def began_anew(self, me: Uid) -> None:
        """As in a ledger."""
        self.write("began_anew", me)
        super().began_anew(me)


def copy(path: Path, ledger: Ledger) -> bool:
    """Enter all that a journal holds into a ledger; gives whether its client is quiet."""
    quiet = False
    for line in path.read_bytes().splitlines() if path.exists() else []:
        what, *rest = msgspec.json.decode(line)
        quiet = what == QUIET
        if not quiet:
            _copy_entry(ledger, what, rest)
    return quiet


def _copy_entry(ledger: Ledger, what: str, rest: list[Any]) -> None:
    match what:
        case "sent":
            *names, at = rest
            ledger.sent(*names, at=at)
        case "acked":
            *names, at = rest
            ledger.acked(*names, at=at)
        case "shown":
            me, peer, message = rest
            ledger.shown(me, peer, Said(*message))
        case "loaded":
            me, peer, page = rest
            ledger.loaded(me, peer, [Said(*message) for message in page])
        case _:
            getattr(ledger, what)(*rest)
