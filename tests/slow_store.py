"""A store's file that takes its time to load, on any machine: few bytes and much work."""

from pathlib import Path

COUNTED = 1 << 20
"""Bytes that a command counts the bits of: some 20 µs."""
COMMANDS_A_S = 50_000
SOON_S = 1.5
"""Enough to look at it meanwhile, also on a busy machine; far from a hello's patience."""


def _packed(*words: bytes) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


def slow_to_load(data_dir: Path, seconds: float = SOON_S) -> Path:
    """Make a data directory whose embedded store loads for about so long; gives the file.

    Valkey does again what its append-only file says, also what changes nothing.
    """
    directory = data_dir / "store" / "appendonlydir"
    directory.mkdir(parents=True)
    data_dir.chmod(0o700)
    (directory / "appendonly.aof.manifest").write_text(
        "file appendonly.aof.1.incr.aof seq 1 type i\n"
    )
    file = directory / "appendonly.aof.1.incr.aof"
    file.write_bytes(
        _packed(b"SELECT", b"0")
        + _packed(b"SET", b"big", b"x" * COUNTED)
        + _packed(b"BITCOUNT", b"big") * round(seconds * COMMANDS_A_S)
        + _packed(b"DEL", b"big")
    )
    return file
