"""Negative, neutral and positive messages."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from imchat.analytics.insight.embedding import embed
from imchat.analytics.insight.tones import NEGATIVE, POSITIVE, tones
from imchat.analytics.insight.valence import valence
from tests.analytics.labelled import labelled


def tones_of(*texts: str) -> list[int]:
    """The tone of each."""
    return [int(tone) for tone in tones(texts, embed(texts))]


def test_the_labelled_messages_are_told_better_than_by_their_words() -> None:
    """On the half that was not looked at, and beside VADER with the Chinese list."""
    unseen = [message for message in labelled() if not message.seen]
    truth = [message.tone for message in unseen]
    found = tones_of(*(message.text for message in unseen))
    by_words = [int(np.sign(good - bad)) for good, bad in (valence(m.text) for m in unseen)]
    assert f1_score(truth, found, average="macro") >= 0.85
    assert f1_score(truth, found, average="macro") > f1_score(truth, by_words, average="macro")


@pytest.mark.parametrize(
    ("glad", "sorry"),
    [
        ("I am satisfied with your answer", "I am not satisfied with your answer"),
        ("客服态度很好", "客服态度很不好"),
    ],
)
def test_a_negation_counts(glad: str, sorry: str) -> None:
    """Two messages that differ by it alone have opposite tones."""
    assert tones_of(glad, sorry) == [POSITIVE, NEGATIVE]


def test_the_tone_of_a_message_does_not_depend_on_the_others() -> None:
    """Alone or among others, once or twice, short or far too long."""
    texts = ["太感谢了", "so bad", "太感谢了", "x " * 5_000, ""]
    assert tones_of(*texts) == [tones_of(text)[0] for text in texts]
    assert tones_of() == []
