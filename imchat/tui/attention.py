"""Calls one back to a terminal that is not looked at: the bell, and a note on the desktop.

Notes are OSC sequences, which Textual does not know and a terminal obeys: this is the one
place that makes one. Their text is from others, so it is cleaned and cut here.
"""

from collections.abc import Mapping

from imchat.client.text import clean_line

EVERY_S = 3.0
"""A flood of messages calls once in so long."""
MAX_TEXT = 120
TITLE = "imchat"
BELL = "\x07"


def note(text: str, env: Mapping[str, str]) -> str:
    """The sequence that has a terminal show a note; `env` tells which terminal it is.

    OSC 777 for those that know no other, OSC 9 for all others; what knows neither
    ignores it. Inside tmux it is passed on, where tmux is set to allow that.
    """
    said = clean_line(text)
    said = said if len(said) <= MAX_TEXT else f"{said[: MAX_TEXT - 1]}…"
    if _is_of_777(env):
        sequence = f"\x1b]777;notify;{TITLE};{said}{BELL}"
    else:
        # Some read a text that begins with a number as a command; ours begins with a name.
        sequence = f"\x1b]9;{TITLE}: {said}{BELL}"
    if env.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence


def _is_of_777(env: Mapping[str, str]) -> bool:
    return bool(env.get("VTE_VERSION")) or env.get("TERM", "").startswith(("rxvt", "foot"))
