"""Words that rise."""

from collections.abc import Iterable

from imchat.analytics.insight.rising import Phrases
from imchat.analytics.insight.words import phrases_of


def phrases(now: Iterable[str], before: Iterable[str]) -> Phrases:
    """What was said in chats of one text each."""
    counted = Phrases()
    for text in before:
        counted.add(phrases_of(text), before=True)
    for text in now:
        counted.add(phrases_of(text), before=False)
    return counted


def test_what_more_customers_say_than_before_rises() -> None:
    """By its share of the chats, not by its number; what is as frequent does not."""
    now = ["parcel lost"] * 40 + ["invoice wrong"] * 60
    before = ["parcel lost"] * 10 + ["invoice wrong"] * 190
    [lost] = phrases(now, before).rising(10)
    assert (lost.phrase, lost.chats, lost.chats_before) == ("parcel lost", 40, 10)
    assert lost.times == 8


def test_a_new_word_of_either_language_rises() -> None:
    """Chinese words are found within their sentences."""
    now = ["支付宝付款失败"] * 20 + ["my discount is gone"] * 80
    before = ["my discount is gone"] * 100
    found = {word.phrase: word.times for word in phrases(now, before).rising(10)}
    assert any("付款" in phrase for phrase in found)
    assert set(found.values()) == {None}


def test_what_may_be_chance_does_not_rise() -> None:
    """Four more chats of a hundred prove nothing."""
    now = ["keyboard"] * 9 + ["lamp"] * 91
    before = ["keyboard"] * 5 + ["lamp"] * 95
    assert phrases(now, before).rising(10) == []


def test_without_a_before_nothing_rises() -> None:
    """There is nothing to compare with."""
    assert phrases(["parcel"] * 50, []).rising(10) == []
    assert phrases([], ["parcel"] * 50).rising(10) == []
