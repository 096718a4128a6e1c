"""Questions grouped by what they mean."""

from collections import Counter

import numpy as np

from imchat.analytics.insight.embedding import embed
from imchat.analytics.insight.topics import Groups, KeyPhrases, grouped, typical
from tests.analytics.labelled import labelled

REFUNDS = ("I want a refund for order {}", "please refund my order {}", "我要退款，订单{}",
           "怎么申请退款，订单{}")  # fmt: skip
LOGINS = ("I forgot my password, user {}", "cannot log in with my password, user {}",
          "密码忘了，账号{}", "登录不上，密码不对，账号{}")  # fmt: skip
TEXTS = [line.format(n) for n in range(8) for line in REFUNDS + LOGINS]


def test_a_question_is_with_its_like_in_the_other_language() -> None:
    """Refunds are one group and passwords another, English and Chinese alike."""
    groups = grouped(TEXTS, embed(TEXTS), most=2)
    is_refund = [text.startswith(tuple(line[:5] for line in REFUNDS)) for text in TEXTS]
    refunds = {int(g) for g, refund in zip(groups, is_refund, strict=True) if refund}
    logins = {int(g) for g, refund in zip(groups, is_refund, strict=True) if not refund}
    assert len(refunds) == len(logins) == 1
    assert refunds != logins


def test_a_group_is_told_by_its_phrases_and_its_middle() -> None:
    """In both languages, and no phrase is a part of another."""
    vectors = embed(TEXTS)
    groups = grouped(TEXTS, vectors, most=2)
    refund = int(groups[0])
    phrases = KeyPhrases(TEXTS, groups).of(refund)
    assert "退款" in " ".join(phrases)
    assert "refund" in " ".join(phrases)
    assert "password" not in " ".join(phrases)
    assert not [(a, b) for a in phrases for b in phrases if a != b and a in b]
    mine = [text for text, group in zip(TEXTS, groups, strict=True) if group == refund]
    examples = typical(mine, vectors[groups == refund])
    assert len(examples) == 2
    assert set(examples) < set(mine)


def test_the_intents_of_the_labelled_messages_are_found_again() -> None:
    """Purer than by chance (0.18), and than where tone or language make groups of their own.

    One seed may be lucky, so it is the mean of some.
    """
    texts = [message.text for message in labelled()]
    vectors = embed(texts)
    found = [purity(grouped(texts, vectors, most=12, seed=seed)) for seed in range(8)]
    assert sum(found) / len(found) > 0.58


def purity(groups: Groups) -> float:
    """Of all messages, how many are in a group that is of their intent for the most part."""
    intents = np.array([message.intent for message in labelled()])
    purest = [Counter(intents[groups == g]).most_common(1)[0][1] for g in set(groups.tolist())]
    return sum(purest) / len(intents)


def test_few_or_equal_questions_are_no_trouble() -> None:
    """One is a group; a hundred that are the same are found without a warning."""
    assert grouped(["hi"], embed(["hi"]), most=12).tolist() == [0]
    same = ["where is it?"] * 100
    assert len(grouped(same, embed(same), most=12)) == 100
    assert KeyPhrases(["hi"], np.zeros(1, dtype=np.int64)).of(0) == []
