"""The whole analysis: chats in, findings out. Pure; its memory does not grow with the chats.

Everything is counted over all chats, but what a question means and in which tone it is, which
costs a millisecond each, is found for a fair sample.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from imchat.analytics.chats import Chat, Interval
from imchat.analytics.insight import topics as grouping
from imchat.analytics.insight.answers import Answers
from imchat.analytics.insight.embedding import Vectors, embed
from imchat.analytics.insight.findings import (
    AgentTone,
    Insight,
    NoGoodAnswer,
    OpenQuestion,
    Tone,
    Topic,
)
from imchat.analytics.insight.languages import LANGUAGES, language_of
from imchat.analytics.insight.outcomes import Case, Outcomes, case_of
from imchat.analytics.insight.rising import Phrases
from imchat.analytics.insight.sample import Sample
from imchat.analytics.insight.tones import NEGATIVE, NEUTRAL, POSITIVE, Tones, tones
from imchat.analytics.insight.words import phrases_of
from imchat.ids import Desk, Uid

SAMPLED = 20_000
SAMPLED_BEFORE = 10_000
"""A share of 5 % is then found to 0.3 %, and of before to 0.4 %, nineteen times of twenty."""
TOPICS = 12
MOST_RISING = 20
MOST_REPLIES = 20
MOST_EXAMPLES = 12


def analyse(
    chats: Iterable[Chat],
    interval: Interval,
    *,
    agent: Uid | None = None,
    desk: Desk | None = None,
    topics: int = TOPICS,
) -> Insight:
    """Look at the chats that were opened in the interval, of an agent or a desk if asked for.

    `chats` come in the order in which they were opened: those of the interval before, of the
    interval, and of the day after it, by which it is known who had to come back.
    """
    analysis = Analysis(interval, agent=agent, desk=desk)
    for chat in chats:
        analysis.take(chat)
    return analysis.findings(topics=topics)


class Analysis:
    """The same for chats that come one by one: `take` each, then ask for the `findings`."""

    def __init__(
        self, interval: Interval, *, agent: Uid | None = None, desk: Desk | None = None
    ) -> None:
        self._interval, self._agent, self._desk = interval, agent, desk
        self._now: Sample[Case] = Sample(SAMPLED, seed=1)
        self._before: Sample[str] = Sample(SAMPLED_BEFORE, seed=2)
        self._phrases = Phrases()
        self._answers = Answers()
        self._outcomes = Outcomes()
        self._languages: Counter[str] = Counter(dict.fromkeys(LANGUAGES, 0))
        self._chats = Counter[bool]()
        self._answered = 0

    def take(self, chat: Chat) -> None:
        """Count a chat in."""
        self._outcomes.came(chat)
        is_before = chat.opened_at in self._interval.before
        if not (is_before or chat.opened_at in self._interval) or not self._is_wanted(chat):
            return
        case = case_of(chat)
        self._chats[is_before] += 1
        self._take_phrases(chat, is_before)
        if is_before:
            if case.question:
                self._before.offer(case.question)
            return
        self._outcomes.add(case)
        if case.question:
            self._now.offer(case)
        for message in chat.messages:
            if message.by == "agent":
                self._answered += 1
                self._answers.add(message.text, chat)
            else:
                self._languages[language_of(message.text)] += 1

    def _is_wanted(self, chat: Chat) -> bool:
        return self._agent in {None, chat.agent} and self._desk in {None, chat.desk}

    def _take_phrases(self, chat: Chat, is_before: bool) -> None:
        said: set[str] = set()
        for message in chat.messages:
            if message.by == "customer":
                said |= phrases_of(message.text)
        self._phrases.add(said, before=is_before)

    def findings(self, *, topics: int = TOPICS, undecodable: int = 0) -> Insight:
        """What was found in all that was taken."""
        cases = self._now.items
        questions = [case.question for case in cases]
        vectors = embed(questions) if questions else np.zeros((0, 512), dtype=np.float32)
        starts = tones(questions, vectors)
        ended = [place for place, case in enumerate(cases) if case.last_word is not None]
        words = [cases[place].last_word or "" for place in ended]
        ends = tones(words, embed(words)) if words else tones([], vectors)
        return Insight(
            since=self._interval.since, until=self._interval.until,
            agent=self._agent, desk=self._desk,
            chats=self._chats[False], chats_before=self._chats[True],
            customer_messages=self._languages.total(), agent_messages=self._answered,
            undecodable=undecodable,
            sampled=len(cases), sampled_before=len(self._before.items),
            languages=dict(self._languages),
            topics=self._topics(vectors, starts, topics),
            rising=self._phrases.rising(MOST_RISING),
            start=_tone(starts), end=_tone(ends),
            agents=_by_agent(cases, starts, ended, ends),
            no_good_answer=self._no_good_answer(),
            replies=self._answers.candidates(MOST_REPLIES),
        )

    def _topics(self, vectors: Vectors, starts: Tones, most: int) -> list[Topic]:
        cases, before = self._now.items, self._before.items
        if not cases:
            return []
        questions = [case.question for case in cases]
        both = questions + before
        every = np.vstack([vectors, embed(before)]) if before else vectors
        groups = grouping.grouped(both, every, most=most)
        phrases = grouping.KeyPhrases(both, groups)
        found = []
        for group in np.unique(groups).tolist():
            mine = np.flatnonzero(groups[: len(cases)] == group)
            theirs = int((groups[len(cases) :] == group).sum())
            served = [cases[place] for place in mine if cases[place].served]
            chats = _scaled(len(mine), len(cases), self._now.seen)
            chats_before = _scaled(theirs, len(before), self._before.seen)
            found.append(
                Topic(
                    phrases=phrases.of(group),
                    examples=grouping.typical([questions[p] for p in mine], vectors[mine]),
                    chats=chats, share=round(len(mine) / len(cases), 4),
                    chats_before=chats_before,
                    change=round(chats / chats_before - 1, 3) if chats_before else None,
                    negative=_share(int((starts[mine] == NEGATIVE).sum()), len(mine)),
                    no_good_answer=_share(sum(bool(c.why) for c in served), len(served)),
                )
            )
        return sorted(found, key=lambda topic: (-topic.chats, topic.phrases))

    def _no_good_answer(self) -> NoGoodAnswer:
        outcomes = self._outcomes
        worst = sorted(
            (case for case in self._now.items if case.why),
            key=lambda case: (-len(case.why), case.score or 5, -case.silence_ms, case.chat),
        )
        return NoGoodAnswer(
            served=outcomes.served,
            recontact=outcomes.by_reason["recontact"],
            low_rating=outcomes.by_reason["low_rating"],
            silence=outcomes.by_reason["silence"],
            chats=outcomes.without,
            examples=[
                OpenQuestion(
                    chat=case.chat, customer=case.customer, agent=case.agent or Uid(""),
                    question=case.question, why=case.why,
                    silence_s=case.silence_ms // 1000, score=case.score,
                )
                for case in worst[:MOST_EXAMPLES]
            ],
        )


def _by_agent(
    cases: list[Case], starts: Tones, ended: list[int], ends: Tones
) -> list[AgentTone]:
    end_of = dict(zip(ended, ends.tolist(), strict=True))
    chats_of: dict[Uid, list[int]] = {}
    for place, case in enumerate(cases):
        if case.agent is not None:
            chats_of.setdefault(case.agent, []).append(place)
    found = []
    for agent, places in chats_of.items():
        both = [place for place in places if place in end_of]
        lifts = [end_of[place] - int(starts[place]) for place in both]
        found.append(
            AgentTone(
                agent=agent, chats=len(places),
                start=_tone(starts[places]),
                end=_tone(np.array([end_of[place] for place in both], dtype=np.int8)),
                lift=round(sum(lifts) / len(lifts), 3) if lifts else None,
            )
        )
    return sorted(found, key=lambda tone: (-(tone.lift or 0), -tone.chats, tone.agent))


def _tone(found: Tones) -> Tone:
    def share(tone: int) -> float:
        return _share(int((found == tone).sum()), len(found))

    return Tone(
        texts=len(found), negative=share(NEGATIVE), neutral=share(NEUTRAL),
        positive=share(POSITIVE), mean=round(float(found.mean()), 3) if len(found) else 0.0,
    )


def _share(count: int, of: int) -> float:
    return round(count / of, 4) if of else 0.0


def _scaled(count: int, of: int, total: int) -> int:
    return round(count * total / of) if of else 0
