"""Whether a question had a good answer."""

import pytest

from imchat.analytics.chats import DAY_MS, Chat
from imchat.analytics.insight.outcomes import Outcomes, case_of, longest_silence_ms
from tests.analytics.talks import AT, HOUR_MS, MINUTE_MS, chat


def outcomes(*chats: Chat) -> Outcomes:
    """Of all of these."""
    found = Outcomes()
    for each in chats:
        found.came(each)
        found.add(case_of(each))
    return found


@pytest.mark.parametrize(("later", "times"), [(DAY_MS - 1, 1), (DAY_MS, 0)])
def test_who_comes_back_within_a_day_had_no_good_answer(later: int, times: int) -> None:
    """Counted from the end of the chat, and for the same customer alone."""
    first = chat("C where is it?", "A on its way")
    assert first.closed_at is not None
    again = chat("C still nothing", "A sorry", at=first.closed_at + later)
    other = chat("C hello", "A hello", customer="eve", at=first.closed_at + later)
    found = outcomes(first, again, other)
    assert (found.by_reason["recontact"], found.without, found.served) == (times, times, 3)


def test_a_chat_has_no_good_answer_once_whatever_the_reasons() -> None:
    """Each reason is counted, the chat once."""
    bad = chat("C help", *["C help?"] * 6, "A yes", score=1)
    found = outcomes(bad, chat("C again", "A yes", at=AT + HOUR_MS))
    assert dict(found.by_reason) == {"low_rating": 1, "silence": 1, "recontact": 1}
    assert found.without == 1


@pytest.mark.parametrize(("score", "times"), [(1, 1), (2, 1), (3, 0), (5, 0), (None, 0)])
def test_a_low_rating_is_one_or_two(score: int | None, times: int) -> None:
    """No rating is no low one."""
    assert outcomes(chat("C hi", "A hi", score=score)).by_reason["low_rating"] == times


def test_the_longest_wait_for_an_answer_is_the_silence() -> None:
    """From the first message without one; the queue does not count."""
    served = chat("C hi", "C hello?", "C ?", "A hi", "C thanks", assigned_at=AT + MINUTE_MS)
    assert longest_silence_ms(served) == 2 * MINUTE_MS


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        (("C hi", "A hi", "C thanks, bye"), 1),
        (("C hi", "A hi", "C and when?"), 8),
        (("C hi", "A hi", "C 什么时候？"), 8),
        (("C hi", "C bye"), 10),
    ],
)
def test_what_was_never_answered_counts_if_it_was_a_question(
    said: tuple[str, ...], minutes: int
) -> None:
    """A farewell wants no answer, unless there was none at all."""
    assert longest_silence_ms(chat(*said, closed_at=AT + 10 * MINUTE_MS)) == minutes * MINUTE_MS


def test_the_question_is_what_is_said_until_enough_is_said() -> None:
    """After a greeting comes more; the last word is none of it."""
    case = case_of(chat("C hi", "C my invoice 3320 has a wrong name", "C thanks"))
    assert case.question == "hi\nmy invoice 3320 has a wrong name"
    assert case.last_word == "thanks"
    assert case_of(chat("C 密码忘了怎么找回")).last_word is None


def test_a_chat_without_an_agent_is_not_judged() -> None:
    """It had no answer, but that is the queue's doing, which the reports tell."""
    found = outcomes(chat("C hi", agent=None, assigned_at=None), chat("C hi", at=AT + HOUR_MS))
    assert (found.served, found.without) == (1, 0)
