"""The whole analysis."""

import msgspec

from benchmarks.chats import chats
from imchat.analytics.chats import DAY_MS, Interval
from imchat.analytics.insight.analysis import analyse
from imchat.ids import Desk, Uid
from tests.analytics.talks import AT, HOUR_MS, chat

WEEK = Interval(AT, AT + 7 * DAY_MS)


def test_the_same_chats_give_the_same_findings() -> None:
    """To the last byte."""
    until = AT + 7 * DAY_MS
    once, again = (
        msgspec.json.encode(analyse(chats(1_500, until=until), WEEK)) for _ in range(2)
    )
    assert once == again


def test_everything_of_a_week_is_counted_beside_the_week_before() -> None:
    """A chat belongs to the time in which it was opened; others are not counted."""
    told = [
        chat("C too old", at=AT - 7 * DAY_MS - 1),
        chat("C before", at=AT - 7 * DAY_MS),
        chat("C before", at=AT - 1),
        chat("C 你好", "A hi", "C 我的 parcel 呢", at=AT),
        chat("C now", at=WEEK.until - 1),
        chat("C after", at=WEEK.until),
    ]
    found = analyse(told, WEEK)
    assert (found.chats, found.chats_before) == (2, 2)
    assert (found.customer_messages, found.agent_messages) == (3, 1)
    assert found.languages == {"english": 1, "chinese": 1, "mixed": 1, "neither": 0}


def test_who_comes_back_after_the_end_is_known() -> None:
    """The day after the interval is read for that, and for nothing else."""
    last = chat("C where is it?", "A soon", at=WEEK.until - HOUR_MS)
    found = analyse([last, chat("C still nothing", at=WEEK.until + HOUR_MS)], WEEK)
    assert (found.chats, found.no_good_answer.recontact) == (1, 1)
    [question] = found.no_good_answer.examples
    assert (question.question, question.why) == ("where is it?", ["recontact"])


def test_the_chats_of_an_agent_or_a_desk_alone_are_looked_at() -> None:
    """But who had to come back may have come to anybody."""
    told = [
        chat("C is it lost?", "A no", agent="ann", at=AT),
        chat("C it is lost!", "A sorry", agent="joe", at=AT + HOUR_MS, desk=Desk("sales")),
    ]
    found = analyse(told, WEEK, agent=Uid("ann"))
    assert (found.chats, found.no_good_answer.recontact) == (1, 1)
    assert [tone.agent for tone in found.agents] == ["ann"]
    assert analyse(told, WEEK, desk=Desk("sales")).no_good_answer.recontact == 0


def test_a_customer_that_is_cheered_up_is_to_the_agents_credit() -> None:
    """From a negative question to a positive last word is a lift of two."""
    told = [
        chat("C This is the worst service ever, I am furious", "A sorry, solved now",
             "C Wonderful, thank you so much!", agent="ann", at=AT),
        chat("C Where can I download the invoice for my order?", "A no idea",
             "C What a useless answer, I am very disappointed", agent="joe", at=AT + HOUR_MS),
    ]  # fmt: skip
    found = analyse(told, WEEK)
    assert {tone.agent: tone.lift for tone in found.agents} == {"ann": 2, "joe": -1}
    assert (found.start.negative, found.end.positive) == (0.5, 0.5)


def test_topics_are_told_with_their_change() -> None:
    """What is asked more often than before, in two languages at once."""
    refunds = ["I want my money back for order {}", "我要退款，订单{}"]
    logins = ["I forgot my password for account {}", "密码忘了登录不上，账号{}"]
    before = [(line, n) for n in range(10) for line in refunds + logins]
    now = before + [(line, n) for n in range(10, 30) for line in refunds]
    told = [
        chat(f"C {line.format(n)}", "A done", customer=f"c{start}-{at}", at=start + at * HOUR_MS)
        for start, lines in ((AT - 7 * DAY_MS, before), (AT, now))
        for at, (line, n) in enumerate(lines)
    ]
    found = analyse(told, WEEK, topics=2)
    refund, login = found.topics
    assert (refund.chats, refund.chats_before, refund.change) == (60, 20, 2.0)
    assert (login.chats, login.chats_before, login.change) == (20, 20, 0.0)
    assert len(refund.examples) == 2


def test_nothing_is_found_in_nothing() -> None:
    """No chat, or one in which nobody said a word."""
    assert analyse([], WEEK).chats == 0
    silent = analyse([chat(agent=None)], WEEK)
    assert (silent.chats, silent.topics, silent.sampled) == (1, [], 0)
