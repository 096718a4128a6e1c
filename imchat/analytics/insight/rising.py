"""The words and phrases that customers say more often than in the interval before."""

from collections.abc import Iterable

from imchat.analytics.insight.findings import Rising
from imchat.analytics.insight.sample import Forgetful
from imchat.analytics.insight.surprise import certainty

MOST_PHRASES = 400_000
LEAST_CHATS = 5
SURE = 3.0
"""Standard deviations: many words are looked at, and some rise by chance."""
WITHIN = 0.8
"""A word most of whose chats say a longer phrase with it is told by the phrase."""


class Phrases:
    """In how many chats of each interval a phrase was said by the customer."""

    def __init__(self) -> None:
        self._chats: Forgetful[str, list[int]] = Forgetful(MOST_PHRASES)
        self._of = [0, 0]

    def add(self, phrases: Iterable[str], *, before: bool) -> None:
        """Count a chat with what was said in it, each phrase once."""
        which = int(before)
        self._of[which] += 1
        chats = self._chats
        for phrase in phrases:
            counts = chats.get(phrase)
            if counts is None:
                counts = chats[phrase] = [0, 0]
            counts[which] += 1
        chats.shrink((phrase, sum(counts)) for phrase, counts in chats.items())

    def rising(self, most: int) -> list[Rising]:
        """Those that rose, the surest first; none when there is nothing to compare with."""
        now, before = self._of
        if not now or not before:
            return []
        least = LEAST_CHATS + self._chats.forgotten
        found = [
            Rising(
                phrase=phrase, chats=count, chats_before=count_before,
                times=(count / now) / (count_before / before) if count_before else None,
                certainty=round(sure, 2),
            )
            for phrase, (count, count_before) in self._chats.items()
            if count >= least and (sure := certainty(count, now, count_before, before)) >= SURE
        ]
        found.sort(key=lambda rising: (-rising.certainty, -len(rising.phrase), rising.phrase))
        return _longest(found)[:most]


def _longest(found: list[Rising]) -> list[Rising]:
    """Without those that are little more than a part of another."""

    def is_told(word: Rising) -> bool:
        return any(
            word.phrase != other.phrase
            and word.phrase in other.phrase
            and other.chats >= WITHIN * word.chats
            for other in found
        )

    return [word for word in found if not is_told(word)]
