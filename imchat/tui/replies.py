"""Canned replies: texts by name, from a TOML file of the agent's and one of the desk's."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from imchat.client.text import clean, clean_line
from imchat.errors import SetupError
from imchat.protocol import MAX_BODY
from imchat.tui import fuzzy

MAX_FILE = 1 << 20
_NAME = re.compile(r"[^\s/]{1,40}")
_PLACE = re.compile(r"\{(customer|agent)\}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that is inserted by its name."""

    name: str
    text: str


def filled(text: str, *, customer: str, agent: str) -> str:
    """The text with the names in their places; what else stands in braces is left alone."""
    names = {"customer": customer, "agent": agent}
    return _PLACE.sub(lambda place: names[place[1]], text)


def query_in(written: str) -> str | None:
    """What follows the slash when nothing but `/name` is written; None otherwise."""
    found = re.fullmatch(r"/([^\s/]{0,40})", written)
    return found[1] if found else None


def read_replies(path: Path) -> list[Reply]:
    """The replies in a file. Raises SetupError, in one line."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise SetupError(f"{path.name}: it is larger than 1 MiB")
        return [_reply(path, name, text) for name, text in tomllib.loads(data.decode()).items()]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SetupError(f"{path.name}: {' '.join(str(why).split())}") from None


def _reply(path: Path, name: str, text: object) -> Reply:
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise SetupError(f"{path.name}: {name[:40]!r} is no name; use no space and no /")
    if not isinstance(text, str) or not text.strip():
        raise SetupError(f'{path.name}: write a text beside {name!r}, as in {name} = "…"')
    if len(text.encode()) > MAX_BODY:
        raise SetupError(f"{path.name}: {name!r} is longer than a message, {MAX_BODY:,} bytes")
    return Reply(name, clean(text).strip())


class Replies:
    """The replies of both files as they are now; of one name the agent's own counts.

    An agent need not have a file; the desk's, when one is named, is missed.
    """

    def __init__(self, own: Path | None, desk: Path | None = None) -> None:
        self._own = own
        self._paths = [path for path in (desk, own) if path is not None]
        self._seen: dict[Path, tuple[int, int] | None] = {}
        self._of: dict[Path, list[Reply]] = {}
        self._all: list[Reply] = []

    def reload(self) -> list[str]:
        """Read the files that changed; gives what is wrong with them, a line each.

        A wrong file's replies stay as they were. It may block, so not for the screen's
        thread; others may ask for replies meanwhile.
        """
        wrong = []
        for path in self._paths:
            stamp = _stamp(path)
            if path in self._seen and self._seen[path] == stamp:
                continue
            self._seen[path] = stamp
            try:
                gone = stamp is None and path == self._own
                self._of[path] = [] if gone else read_replies(path)
            except SetupError as error:
                wrong.append(clean_line(str(error)))
        by_name = {reply.name: reply for path in self._paths for reply in self._of.get(path, ())}
        self._all = sorted(by_name.values(), key=lambda reply: reply.name)
        return wrong

    def find(self, query: str) -> list[Reply]:
        """Those whose name, or failing that whose text, answers to a query; best first."""
        named = fuzzy.best(query, self._all, lambda reply: [reply.name])
        return named or [r for r in self._all if query.casefold() in r.text.casefold()]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
