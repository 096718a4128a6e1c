"""How the findings are said, in the table and on the page alike."""

from imchat.analytics import telling
from imchat.analytics.insight.findings import Insight, NoGoodAnswer, OpenQuestion

WHY = {
    "recontact": "came back within 24 h",
    "low_rating": "rated 1 or 2",
    "silence": "waited 5 minutes or more",
}
LANGUAGES = {
    "english": "English", "chinese": "Chinese", "mixed": "mixed", "neither": "neither",
}  # fmt: skip
NONE = "–"


def percent(share: float) -> str:
    """A share, without decimals where they say nothing."""
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else f"{100 * share:.1f} %"


def change(by: float | None) -> str:
    """A change with its sign; "new" where there was nothing before."""
    if by is None:
        return "new"
    return f"{100 * by:+.0f} %".replace("-", "−")


def signed(value: float | None) -> str:
    """A number around zero, with its sign."""
    return NONE if value is None else f"{value:+.2f}".replace("-", "−")


def times(factor: float | None) -> str:
    """By how much something rose."""
    return "new" if factor is None else f"× {factor:.1f}"


def title(found: Insight) -> str:
    """Of what it is."""
    return telling.title("Chats", found.agent, found.desk, found.since, found.until)


def summary(found: Insight) -> list[str]:
    """What was looked at, a sentence each."""
    languages = ", ".join(
        f"{percent(count / found.customer_messages)} {LANGUAGES[language]}"
        for language, count in found.languages.items()
        if count
    )
    by = f" ({change(found.chats / found.chats_before - 1)})" if found.chats_before else ""
    messages = f"{found.customer_messages:,} messages of customers ({languages or 'none'})"
    said = [
        f"{found.chats:,} chats; {found.chats_before:,} in the same time before{by}.",
        f"{messages}, {found.agent_messages:,} of agents.",
    ]
    if found.sampled < found.chats or found.sampled_before < found.chats_before:
        said.append(
            f"Topics and tones are from a fair sample: {found.sampled:,} chats,"
            f" {found.sampled_before:,} of those before."
        )
    if not found.chats_before:
        said.append("There are no chats of before to compare with.")
    return said


def no_good_answer(found: NoGoodAnswer) -> str:
    """How many questions had none, and by what it is known."""
    if not found.served:
        return "No chat had an agent."
    reasons = ", ".join(f"{getattr(found, name):,} {why}" for name, why in WHY.items())
    return (
        f"{found.chats:,} of {found.served:,} chats with an agent"
        f" ({percent(found.chats / found.served)}): {reasons}."
    )


def why(question: OpenQuestion) -> str:
    """Why a question had no good answer, with the figures."""
    known = {
        "recontact": "came back",
        "low_rating": f"rated {question.score}",
        "silence": f"waited {question.silence_s // 60} min",
    }
    return ", ".join(known[name] for name in question.why)
