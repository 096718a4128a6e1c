"""Alt with a letter or a digit is a key as soon as it has come.

A terminal sends Escape and the letter. Textual 8.2 waits whether more follows: when the next
key begins with Escape too, it took the two for `^` and the letter and put them into the text.
Escape and a digit it took for what one terminal sends for a sign, in all of them.
"""

import string
from typing import NamedTuple

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

ESC = "\x1b"


class _Named(NamedTuple):
    """As one of Textual's `Keys`."""

    value: str


def install() -> None:
    """Have Textual know them; what Alt+B and Alt+F are to it, a word back and forth, stays."""
    known: dict[str, object] = ANSI_SEQUENCES_KEYS  # type: ignore[assignment]
    for letter in string.ascii_lowercase:
        known.setdefault(ESC + letter, (_Named(f"alt+{letter}"),))
    for digit in string.digits:
        known[ESC + digit] = (_Named(f"alt+{digit}"),)
