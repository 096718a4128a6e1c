"""Which messages hold what is looked for. Pure."""

import bisect
import re
from collections.abc import Callable

from imchat.client import Line


class Finder:
    """The lines with a text in them, whatever its case, kept up as lines come and go.

    `here` is the one that was gone to. Lines are tested once: at twenty thousand of them
    that is what takes the time.
    """

    def __init__(self) -> None:
        self.query = ""
        self.here: Line | None = None
        self.hits: list[Line] = []
        self._pattern: re.Pattern[str] | None = None
        self._first: Line | None = None
        self._last: Line | None = None
        self._tested = 0

    def look_for(self, query: str, lines: list[Line]) -> None:
        """Look for another text from now on; nothing is found of an empty one."""
        self.query = query
        self._pattern = re.compile(re.escape(query), re.IGNORECASE) if query else None
        self.here = None
        self._test_all(lines)

    def update(self, lines: list[Line]) -> None:
        """Test the lines that are new at either end, or all if others are gone."""
        place = self._place_of_first(lines)
        end = place + self._tested if place is not None else 0
        if place is None or not 0 < end <= len(lines) or lines[end - 1] is not self._last:
            self._test_all(lines)
            return
        self.hits[:0] = self._among(lines[:place])
        self.hits += self._among(lines[end:])
        self._note(lines)

    def step(self, step: int, index_of: Callable[[Line], int | None], start: int) -> Line | None:
        """Go to the next hit, up (-1) or down (1), and give it; None when there is none.

        From `here`, or, where nothing was gone to, from the line `start`, which counts too.
        """
        places = [index for line in self.hits if (index := index_of(line)) is not None]
        at = index_of(self.here) if self.here is not None else None
        if step < 0:
            place = bisect.bisect_left(places, start + 1 if at is None else at) - 1
        else:
            place = bisect.bisect_right(places, start - 1 if at is None else at)
        if not 0 <= place < len(places):
            return None
        self.here = self.hits[place]
        return self.here

    @property
    def number(self) -> int:
        """Which of the hits is gone to, the newest being 1; 0 when none is."""
        if self.here is None:
            return 0
        for number, line in enumerate(reversed(self.hits), 1):
            if line is self.here:
                return number
        return 0

    def spans(self, line: Line) -> list[tuple[int, int]]:
        """Where in a line it stands."""
        if self._pattern is None:
            return []
        return [match.span() for match in self._pattern.finditer(line.body)]

    def _test_all(self, lines: list[Line]) -> None:
        self.hits = self._among(lines)
        self._note(lines)

    def _among(self, lines: list[Line]) -> list[Line]:
        if self._pattern is None:
            return []
        search = self._pattern.search
        return [line for line in lines if search(line.body)]

    def _note(self, lines: list[Line]) -> None:
        self._first, self._last = (lines[0], lines[-1]) if lines else (None, None)
        self._tested = len(lines)

    def _place_of_first(self, lines: list[Line]) -> int | None:
        for place, line in enumerate(lines):
            if line is self._first:
                return place
        return None
