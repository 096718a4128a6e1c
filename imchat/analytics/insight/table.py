"""The findings as text for a terminal, a hundred columns wide."""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from imchat.analytics.insight import wording
from imchat.analytics.insight.findings import AgentTone, Insight, Tone

WIDTH = 100
INDENT = "  "
NAME = 20
"""A wider column holds names."""


def table(found: Insight) -> str:
    """All of it; foreign text in it is on one line, but not made harmless."""
    return "\n".join(line.rstrip() for line in _lines(found)) + "\n"


def _lines(found: Insight) -> Iterator[str]:
    yield wording.title(found)
    yield from wording.summary(found)
    yield from _section("What customers ask about", _topics(found))
    yield from _section("Words that rise", _rising(found))
    yield from _section("How customers feel", _tones(found))
    yield from _section("Questions without a good answer", _open_questions(found))
    yield from _section("Candidates for canned replies", _replies(found))


def _section(name: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield name
    yield from (INDENT + line for line in lines)


def _topics(found: Insight) -> Iterator[str]:
    head = ("chats", "share", "change", "negative", "no good answer")
    widths = (9, 7, 8, 9, 15)
    yield _row(head, widths)
    for topic in found.topics:
        cells = (
            f"{topic.chats:,}", wording.percent(topic.share),
            wording.change(topic.change) if found.chats_before else wording.NONE,
            wording.percent(topic.negative), wording.percent(topic.no_good_answer),
        )  # fmt: skip
        yield _row(cells, widths) + INDENT + fitted(" · ".join(topic.phrases), 46)
        for example in topic.examples:
            yield " " * 12 + fitted(f"“{on_one_line(example)}”", 84)


def _rising(found: Insight) -> Iterator[str]:
    if not found.rising:
        yield "None that rise surely."
        return
    widths = (9, 9, 8)
    yield _row(("chats", "before", "rise"), widths)
    for word in found.rising:
        cells = (f"{word.chats:,}", f"{word.chats_before:,}", wording.times(word.times))
        yield _row(cells, widths) + INDENT + fitted(word.phrase, 60)


def _tones(found: Insight) -> Iterator[str]:
    widths = (22, 9, 10, 9, 9, 8)
    yield _row(("", "texts", "negative", "neutral", "positive", "mean"), widths)
    yield _row(_tone("at the start", found.start), widths)
    yield _row(_tone("at the end", found.end), widths)
    yield ""
    columns = (22, 9, 17, 15, 8)
    yield _row(("agent", "chats", "negative: start", "positive: end", "lift"), columns)
    for agent in found.agents:
        yield _row(_agent(agent), columns)


def _tone(name: str, tone: Tone) -> Sequence[str]:
    shares = (tone.negative, tone.neutral, tone.positive)
    return (
        name, f"{tone.texts:,}", *(wording.percent(share) for share in shares),
        wording.signed(tone.mean),
    )  # fmt: skip


def _agent(agent: AgentTone) -> Sequence[str]:
    return (
        fitted(agent.agent, 22), f"{agent.chats:,}", wording.percent(agent.start.negative),
        wording.percent(agent.end.positive) if agent.end.texts else wording.NONE,
        wording.signed(agent.lift),
    )  # fmt: skip


def _open_questions(found: Insight) -> Iterator[str]:
    yield wording.no_good_answer(found.no_good_answer)
    for question in found.no_good_answer.examples:
        yield ""
        who = f"chat {question.chat}, {question.customer} with {question.agent}"
        yield fitted(f"{who}: {wording.why(question)}", WIDTH - 2)
        yield INDENT + fitted(f"“{on_one_line(question.question)}”", WIDTH - 4)


def _replies(found: Insight) -> Iterator[str]:
    if not found.replies:
        yield "None: no answer was typed five times."
        return
    widths = (8, 10, 8)
    yield _row(("times", "wordings", "agents"), widths)
    for reply in found.replies:
        cells = (f"{reply.times:,}", f"{reply.wordings:,}", f"{reply.agents:,}")
        yield _row(cells, widths) + INDENT + fitted(reply.text, WIDTH - 32)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers to the right; a first cell that is wide enough for a name, to the left."""
    row = ""
    for cell, width in zip(cells, widths, strict=True):
        space = " " * (width - _columns(cell))
        row += cell + space if width > NAME else space + cell
    return row


def on_one_line(text: str) -> str:
    """The text without its line ends."""
    return " ".join(text.split())


def fitted(text: str, width: int) -> str:
    """As much of the text as fits into so many columns."""
    if _columns(text) <= width:
        return text
    while _columns(text) > width - 1:
        text = text[:-1]
    return text + "…"


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
