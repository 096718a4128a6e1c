"""The good and the bad that words say."""

import pytest

from imchat.analytics.insight.valence import valence


def mean(text: str) -> float:
    """The good less the bad."""
    good, bad = valence(text)
    return good - bad


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("the service was good", "the service was not good"),
        ("服务好", "服务不好"),
        ("我很满意", "我很不满意"),
        ("好用", "不太好用"),
    ],
)
def test_a_negation_turns_a_word(plain: str, negated: str) -> None:
    """In both languages, also with a word between the two."""
    assert mean(plain) > 0 > mean(negated)


@pytest.mark.parametrize(
    ("plain", "more"),
    [
        ("this is good", "this is very good"),
        ("漂亮", "非常漂亮"),
        ("慢", "慢死了"),
        ("垃圾", "垃圾！！"),
    ],
)
def test_an_intensifier_makes_more_of_a_word(plain: str, more: str) -> None:
    """Before it or behind it."""
    assert abs(mean(more)) > abs(mean(plain)) > 0


def test_a_mixture_says_what_either_part_says() -> None:
    """The bad of one language is not hidden by the other."""
    assert mean("this is terrible，谢谢") < mean("谢谢")
    assert valence("寄到哪里 where to") == (0, 0)
