"""The findings as one HTML page that needs nothing else: no network, no script."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files

from imchat.analytics.insight import wording
from imchat.analytics.insight.findings import Insight, Tone
from imchat.analytics.telling import document


def page(found: Insight) -> str:
    """A whole document; all foreign text in it is escaped."""
    style = (files(__package__) / "page.css").read_text("utf-8")
    return document(wording.title(found), style, "\n".join(_body(found)))


def _body(found: Insight) -> Iterator[str]:
    yield "".join(f"<p>{escape(line)}</p>" for line in wording.summary(found))
    yield _section("What customers ask about", _topics(found))
    yield _section("Words that rise", _rising(found))
    yield _section("How customers feel", _tones(found))
    yield _section("Questions without a good answer", _open_questions(found))
    yield _section("Candidates for canned replies", _replies(found))


def _section(name: str, parts: Iterable[str]) -> str:
    return f"<section>\n<h2>{escape(name)}</h2>\n" + "\n".join(parts) + "\n</section>"


def _topics(found: Insight) -> Iterator[str]:
    most = max((topic.share for topic in found.topics), default=1)
    yield _table(
        ("", "Chats", "Change", "Negative", "No good answer"),
        (
            (
                _bar(topic.share / most)
                + f"<strong>{escape(' · '.join(topic.phrases))}</strong>"
                + "".join(f"<q>{escape(example)}</q>" for example in topic.examples),
                f"{topic.chats:,}<small>{wording.percent(topic.share)}</small>",
                wording.change(topic.change) if found.chats_before else wording.NONE,
                wording.percent(topic.negative),
                wording.percent(topic.no_good_answer),
            )
            for topic in found.topics
        ),
    )


def _rising(found: Insight) -> Iterator[str]:
    if not found.rising:
        yield "<p>None that rise surely.</p>"
        return
    yield _table(
        ("", "Chats", "Before", "Rise"),
        (
            (
                f"<strong>{escape(word.phrase)}</strong>", f"{word.chats:,}",
                f"{word.chats_before:,}", wording.times(word.times),
            )
            for word in found.rising
        ),
    )  # fmt: skip


def _tones(found: Insight) -> Iterator[str]:
    yield _table(
        ("", "Texts", "Negative, neutral, positive", "Mean"),
        (
            (name, f"{tone.texts:,}", _spread(tone), wording.signed(tone.mean))
            for name, tone in (("At the start", found.start), ("At the end", found.end))
        ),
    )
    yield _table(
        ("Agent", "Chats", "Start", "End", "Lift"),
        (
            (
                escape(agent.agent), f"{agent.chats:,}", _spread(agent.start),
                _spread(agent.end), wording.signed(agent.lift),
            )
            for agent in found.agents
        ),
    )  # fmt: skip
    yield (
        "<p class=note>Lift is the mean change of tone from the question to the customer’s last"
        " message, where negative is −1 and positive +1.</p>"
    )


def _open_questions(found: Insight) -> Iterator[str]:
    yield f"<p>{escape(wording.no_good_answer(found.no_good_answer))}</p>"
    yield _table(
        ("Some of them", "Chat", "Agent", "Why"),
        (
            (
                f"<q>{escape(question.question)}</q>", escape(question.chat),
                escape(question.agent), escape(wording.why(question)),
            )
            for question in found.no_good_answer.examples
        ),
    )  # fmt: skip


def _replies(found: Insight) -> Iterator[str]:
    if not found.replies:
        yield "<p>None: no answer was typed five times.</p>"
        return
    yield _table(
        ("", "Times", "Wordings", "Agents"),
        (
            (escape(reply.text), f"{reply.times:,}", f"{reply.wordings:,}", f"{reply.agents:,}")
            for reply in found.replies
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The cells of `rows` are HTML already."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{heads}</tr>\n" + "\n".join(lines) + "\n</table>"


def _bar(share: float) -> str:
    return f'<i class="bar" style="width:{100 * share:.1f}%"></i>'


def _spread(tone: Tone) -> str:
    """A bar of three colours."""
    if not tone.texts:
        return wording.NONE
    shares = {"bad": tone.negative, "so": tone.neutral, "good": tone.positive}
    said = ", ".join(wording.percent(share) for share in shares.values())
    parts = "".join(
        f'<i class="{name}" style="width:{100 * share:.1f}%"></i>'
        for name, share in shares.items()
    )
    return f'<span class="spread" title="{said}">{parts}</span><small>{said}</small>'
