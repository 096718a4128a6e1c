"""Candidates for canned replies."""

from imchat.analytics.insight.answers import Answers, cut
from tests.analytics.talks import chat


def answers(*texts: str, agent: str = "ann") -> Answers:
    """All of them given by one agent, who is called Ann Lee, to Bob Ray."""
    given = Answers()
    for text in texts:
        given.add(text, chat(agent=agent, customer_name="Bob Ray", agent_name="Ann Lee"))
    return given


def test_what_differs_each_time_is_cut_out() -> None:
    """Names, also the first alone, numbers, addresses; not the text around them."""
    text = "Hi Bob, Ann Lee here: order AB-4471, see https://example.com/x or mail a@example.com."
    assert cut(text, customer="Bob Ray", agent="Ann Lee") == (
        "Hi {customer}, {agent} here: order {number}, see {link} or mail {mail}."
    )
    cut_out = cut("20号之前到，运单PX99881。", customer="", agent="")
    assert cut_out == "{number}号之前到，运单{number}。"


def test_nearly_the_same_answers_are_one_candidate() -> None:
    """The wording that was typed most often stands for all."""
    often = "Thank you for your patience, I am looking into it right now."
    seldom = "thank you for your patience; I'm looking into it right now!"
    other = "Your refund will arrive within three to five working days."
    found = answers(*[often] * 5, *[seldom] * 2, *[other] * 5).candidates(10)
    assert [(reply.text, reply.times, reply.wordings) for reply in found] == [
        (often, 7, 2), (other, 5, 1),
    ]  # fmt: skip


def test_chinese_answers_are_grouped_alike() -> None:
    """They have fewer letters, and say as much."""
    lines = ["感谢您的耐心等待，我马上为您核实处理。", "感谢您的耐心等待，我马上为您核实处理一下。"]
    [reply] = answers(*lines * 3).candidates(10)
    assert (reply.times, reply.wordings) == (6, 2)


def test_what_is_short_or_seldom_is_none() -> None:
    """Typed faster than looked for, or typed four times."""
    seldom = "Please hold the line while I connect you to the warehouse."
    assert answers(*["You're welcome!"] * 50, *["不客气"] * 50, *[seldom] * 4).candidates(10) == []


def test_the_agents_who_type_it_are_counted() -> None:
    """Each once."""
    given = Answers()
    for number in range(9):
        given.add("Is there anything else I can help you with?", chat(agent=f"agent-{number % 3}"))
    [reply] = given.candidates(10)
    assert (reply.times, reply.agents) == (9, 3)
