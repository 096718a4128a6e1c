"""What an analysis found. Times are ms; shares are from 0 to 1; every list is best first."""

from msgspec import Struct

from imchat.ids import ChatId, Uid


class Topic(Struct, frozen=True, kw_only=True):
    """What a group of customers asked about.

    `chats` is counted in the sample and scaled up; so is `chats_before`, in the interval
    before. `change` is the one against the other, None when there were none before.
    `negative` is the share that began in a negative tone, `no_good_answer` the share of its
    served chats in which the question had none.
    """

    phrases: list[str]
    examples: list[str]
    chats: int
    share: float
    chats_before: int
    change: float | None
    negative: float
    no_good_answer: float


class Rising(Struct, frozen=True, kw_only=True):
    """A word or phrase that customers say in more chats than in the interval before.

    `times` is by how much, of the share of chats, None if it is new; `certainty` in
    standard deviations.
    """

    phrase: str
    chats: int
    chats_before: int
    times: float | None
    certainty: float


class Tone(Struct, frozen=True, kw_only=True):
    """In which tone so many texts are; `mean` is from -1, all negative, to 1."""

    texts: int
    negative: float
    neutral: float
    positive: float
    mean: float


class AgentTone(Struct, frozen=True, kw_only=True):
    """How the customers of an agent began and ended, in the sample.

    `lift` is the mean change of those that wrote something after their question.
    """

    agent: Uid
    chats: int
    start: Tone
    end: Tone
    lift: float | None


class OpenQuestion(Struct, frozen=True, kw_only=True):
    """A question without a good answer, and why: `recontact`, `low_rating`, `silence`."""

    chat: ChatId
    customer: Uid
    agent: Uid
    question: str
    why: list[str]
    silence_s: int
    score: int | None


class NoGoodAnswer(Struct, frozen=True, kw_only=True):
    """Of the `served` chats those whose question had no good answer, by reason and in all."""

    served: int
    recontact: int
    low_rating: int
    silence: int
    chats: int
    examples: list[OpenQuestion]


class CannedReply(Struct, frozen=True, kw_only=True):
    """An answer that agents type again and again, in so many wordings.

    What differs each time is cut out of `text`: {number}, {mail}, {link}, {customer}, {agent}.
    """

    text: str
    times: int
    wordings: int
    agents: int


class Insight(Struct, frozen=True, kw_only=True):
    """All of it. `sampled` chats of the interval were read for their meaning and tone."""

    since: int
    until: int
    agent: Uid | None
    desk: str | None
    chats: int
    chats_before: int
    customer_messages: int
    agent_messages: int
    undecodable: int
    sampled: int
    sampled_before: int
    languages: dict[str, int]
    topics: list[Topic]
    rising: list[Rising]
    start: Tone
    end: Tone
    agents: list[AgentTone]
    no_good_answer: NoGoodAnswer
    replies: list[CannedReply]
