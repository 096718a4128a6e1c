"""What became of a question: whether its chat gave it a good answer."""

from collections import Counter
from dataclasses import dataclass

from imchat.analytics.chats import DAY_MS, Chat, Said
from imchat.analytics.insight.answers import weight
from imchat.ids import ChatId, Uid

LOW_SCORE = 2
"""A rating of so much or less is low."""
SILENCE_MS = 300_000
"""Waiting so long for an answer is a long silence."""
SAID_ENOUGH = 24
"""Letters after which the customer has said what it is about; a Chinese character is three."""
MOST_OPENING = 3
MOST_LETTERS = 400
_PRUNE_EVERY = 10_000


@dataclass(slots=True)
class Case:
    """A question, the last word on it, and what speaks against the answer."""

    chat: ChatId
    customer: Uid
    agent: Uid | None
    closed_at: int | None
    question: str
    last_word: str | None
    """The customer's last message after its question, if there is one."""
    score: int | None
    silence_ms: int
    recontacted: bool = False

    @property
    def served(self) -> bool:
        """Whether an agent had the chat."""
        return self.agent is not None

    @property
    def why(self) -> list[str]:
        """Why it had no good answer; nothing if it had one, or as far as is known."""
        if not self.served:
            return []
        signs = {
            "recontact": self.recontacted,
            "low_rating": self.score is not None and self.score <= LOW_SCORE,
            "silence": self.silence_ms >= SILENCE_MS,
        }
        return [name for name, so in signs.items() if so]


def case_of(chat: Chat) -> Case:
    """What a chat was about and how it went."""
    said = [message.text for message in chat.messages if message.by == "customer"]
    opening = _opening(said)
    return Case(
        chat=chat.id, customer=chat.customer, agent=chat.agent, closed_at=chat.closed_at,
        question="\n".join(said[:opening])[:MOST_LETTERS],
        last_word=said[-1][:MOST_LETTERS] if len(said) > opening else None,
        score=chat.score, silence_ms=longest_silence_ms(chat),
    )


def _opening(said: list[str]) -> int:
    """How many of the customer's first messages are its question: after "hi" comes more."""
    letters = 0
    for count, text in enumerate(said[:MOST_OPENING], start=1):
        letters += weight(text)
        if letters >= SAID_ENOUGH:
            return count
    return min(len(said), MOST_OPENING)


def longest_silence_ms(chat: Chat) -> int:
    """How long the customer waited at most for the agent's next message.

    The wait in the queue does not count. What was never answered counts until the chat was
    closed, if the agent said nothing at all or the last word was a question.
    """
    longest, pending = 0, None
    for message in chat.messages:
        if message.by == "customer":
            pending = pending or max(message.at, chat.assigned_at or 0)
        elif pending is not None:
            longest, pending = max(longest, message.at - pending), None
    if pending is not None and chat.closed_at is not None and _is_open(chat.messages):
        longest = max(longest, chat.closed_at - pending)
    return longest


def _is_open(messages: tuple[Said, ...]) -> bool:
    unanswered = all(message.by == "customer" for message in messages)
    return unanswered or messages[-1].text.rstrip().endswith(("?", "？"))


class Outcomes:
    """Counts over chats in the order in which they were opened; finds who came back."""

    def __init__(self) -> None:
        self.served = 0
        self.without = 0
        self.by_reason: Counter[str] = Counter()
        self._last: dict[Uid, Case] = {}
        self._seen = 0

    def came(self, chat: Chat) -> None:
        """A chat of anybody was opened: whose last one ended within a day has come back."""
        self._seen += 1
        if self._seen % _PRUNE_EVERY == 0:
            self._prune(chat.opened_at)
        case = self._last.pop(chat.customer, None)
        if case is None or not self._is_within(case, chat.opened_at):
            return
        self.without += not case.why
        case.recontacted = True
        self.by_reason["recontact"] += 1

    def add(self, case: Case) -> None:
        """Count a chat of those that are looked at."""
        if not case.served:
            return
        self.served += 1
        self.by_reason.update(case.why)
        self.without += bool(case.why)
        if case.closed_at is not None:
            self._last[case.customer] = case

    @staticmethod
    def _is_within(case: Case, at: int) -> bool:
        return case.closed_at is not None and 0 <= at - case.closed_at < DAY_MS

    def _prune(self, now: int) -> None:
        self._last = {
            uid: case
            for uid, case in self._last.items()
            if case.closed_at is not None and now - case.closed_at < DAY_MS
        }
