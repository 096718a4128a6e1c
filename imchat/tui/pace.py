"""How often pictures are made and garbage is looked for, so that a key is shown soon.

Python looks through everything for garbage whenever it thinks fit, and a key waits meanwhile:
10 ms in a console, 50 beside a conversation of twenty thousand messages. Here it does so
while nobody touches the screen, and in the midst of work only long after it would have.
"""

import gc
import os
import time

PICTURES_A_SECOND = "250"
"""At most, and only when something changed. Textual puts off a picture that comes too soon
after another, by up to twice this time, and that is what a key waits for: at its own 60 a
second 33 ms."""
THRESHOLDS = 700, 10, 100
"""Python's own but for the last: everything is looked at after 700,000 new objects."""
AT_LEISURE_S = 2.0
"""Nobody touched the screen for so long."""
LOOKS_EVERY_S = 30.0


def hurry() -> None:
    """Start quickly; to be called before Textual is imported.

    No garbage is looked for until a Leisure begins.
    """
    gc.disable()
    os.environ.setdefault("TEXTUAL_FPS", PICTURES_A_SECOND)


class Leisure:
    """Knows when the screen was touched, and tidies up when nobody does.

    Does nothing in a process that was not told to hurry.
    """

    def __init__(self) -> None:
        self._hurried = not gc.isenabled()
        self._touched_s = self._tidied_s = time.monotonic()

    def begin(self) -> None:
        """Have Python look for garbage again; what is there stays, and is not looked through."""
        if self._hurried:
            gc.freeze()
            gc.set_threshold(*THRESHOLDS)
            gc.enable()

    def touch(self) -> None:
        """Somebody pressed a key, or moved the mouse."""
        self._touched_s = time.monotonic()

    @property
    def untouched_s(self) -> float:
        """How long nobody has touched the screen."""
        return time.monotonic() - self._touched_s

    def tidy(self) -> None:
        """Look for garbage, if it is time and nobody would wait for it."""
        now_s = time.monotonic()
        is_due = now_s - self._tidied_s > LOOKS_EVERY_S and self.untouched_s > AT_LEISURE_S
        if self._hurried and is_due:
            self._tidied_s = now_s
            gc.collect()
