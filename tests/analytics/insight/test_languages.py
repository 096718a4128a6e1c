"""The language of a message, by its script."""

import pytest

from imchat.analytics.insight.languages import language_of
from tests.analytics.labelled import labelled


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel?", "english"),
        ("我的快递呢", "chinese"),
        ("我的 parcel 呢", "mixed"),
        ("APP打不开，WiFi是好的", "chinese"),
        ("订单号 SF1402233，尺码 L", "chinese"),
        ("88213", "neither"),
        ("😡😡", "neither"),
        ("", "neither"),
        ("\x1b[2J\ud800", "neither"),
    ],
)
def test_the_script_tells_the_language(text: str, language: str) -> None:
    """A number, a size and a word at home in Chinese make no mixture."""
    assert language_of(text) == language


def test_the_labelled_messages_are_told_apart() -> None:
    """All but a few of each."""
    wrong = [m.text for m in labelled() if language_of(m.text) != m.language]
    assert len(wrong) <= 3, wrong
