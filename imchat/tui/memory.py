"""What the screens remember from one run to the next, in a file that nobody needs to read."""

import json
import logging
import os
import tempfile
import tomllib
from pathlib import Path

log = logging.getLogger(__name__)

Value = str | bool | int


class Memory:
    """A few values by name. Without a path they are gone with the process.

    Losing them is no harm: a file that cannot be read is as good as none, and one that
    cannot be written changes nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values = self._read()

    def __getitem__(self, name: str) -> Value | None:
        return self._values.get(name)

    def __setitem__(self, name: str, value: Value) -> None:
        if self._values.get(name) != value:
            # Another screen may have written meanwhile.
            self._values = self._read() | {name: value}
            self._write()

    def _read(self) -> dict[str, Value]:
        try:
            found = tomllib.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            found = {}
        known = {name: value for name, value in found.items() if isinstance(value, Value)}
        return getattr(self, "_values", {}) | known

    def _write(self) -> None:
        if self._path is None:
            return
        # JSON writes strings, numbers and truths as TOML does.
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
            for name, value in sorted(self._values.items())
        ]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(lines)
            Path(draft).replace(self._path)
        except OSError as error:
            log.warning("cannot remember in %s: %s", self._path, error)
