"""Transcripts as files: a format each, written as they are read."""

import contextlib
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from imchat.analytics.transcripts import Line, Piece

Format = Literal["jsonl", "csv", "txt", "parquet"]
FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(Line))
ROWS_A_GROUP = 20_000


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object: ...


class Writer(Protocol):
    """Takes pieces of chats, in order."""

    def write(self, piece: Piece) -> None: ...


class JsonLines:
    """A JSON object a line, a line a message."""

    def __init__(self, file: Sink) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()

    def write(self, piece: Piece) -> None:
        """Write its messages."""
        self._file.write(self._encoder.encode_lines(piece.lines))


class Csv:
    """A row a message; what there is nothing of is empty."""

    def __init__(self, file: Sink, *, head: bool) -> None:
        self._file = file
        if head:
            self._rows([FIELDS])

    def write(self, piece: Piece) -> None:
        """Write its messages."""
        self._rows([msgspec.structs.astuple(line) for line in piece.lines])

    def _rows(self, rows: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._file.write(text.getvalue().encode())


class Text:
    """For people to read; `clean` replaces what could change a terminal."""

    def __init__(self, file: Sink, clean: Callable[[str], str]) -> None:
        self._file = file
        self._clean = clean
        self._begun = ""

    def write(self, piece: Piece) -> None:
        """Write its messages below the name of the chat."""
        lines = []
        if piece.chat.id != self._begun:
            lines = [*([""] if self._begun else []), _head(piece)]
        self._begun = piece.chat.id
        for line in piece.lines:
            first, *others = line.body.split("\n")
            lines += [f"{_time(line.at)}  {line.sender}: {first}", *("    " + o for o in others)]
        self._file.write(self._clean("".join(f"{line}\n" for line in lines)).encode())


def _head(piece: Piece) -> str:
    chat = piece.chat
    agent = f"{chat.agent_name} ({chat.agent})" if chat.agent else "nobody"
    how = f", closed ({chat.reason})" if chat.state == "closed" else f", {chat.state}"
    rated = f", rated {chat.score}" if chat.score else ""
    return (
        f"Chat {chat.id} at {chat.desk}: {chat.customer_name} ({chat.customer})"
        f" with {agent}{how}{rated}"
    )


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Parquet:
    """Columns, in groups of rows; needs pyarrow."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {"opened_at": pa.int64(), "closed_at": pa.int64(), "at": pa.int64()}
        kinds |= {"score": pa.int8(), "seq": pa.int64()}
        self._pa = pa
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in FIELDS])
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._lines: list[Line] = []

    def write(self, piece: Piece) -> None:
        """Take its messages; they are written when there are many."""
        self._lines += piece.lines
        if len(self._lines) >= ROWS_A_GROUP:
            self._write_group()

    def close(self) -> None:
        """Write the rest, and the end of the file."""
        if self._lines:
            self._write_group()
        self._file.close()

    def _write_group(self) -> None:
        rows = [msgspec.structs.astuple(line) for line in self._lines]
        columns = [list(column) for column in zip(*rows, strict=True)]
        self._file.write_table(self._pa.table(columns, schema=self._schema))
        self._lines.clear()


@contextlib.contextmanager
def writer(
    form: Format, *, file: Sink, path: Path | None, head: bool, clean: Callable[[str], str]
) -> Iterator[Writer]:
    """What writes this format to the file, or, of parquet, to the path.

    CSV begins with a `head`; text for people is made `clean` of what is none.
    """
    match form:
        case "jsonl":
            yield JsonLines(file)
        case "csv":
            yield Csv(file, head=head)
        case "txt":
            yield Text(file, clean)
        case "parquet":
            assert path is not None
            columns = Parquet(path)
            with contextlib.closing(columns):
                yield columns
