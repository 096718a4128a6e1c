"""In which language a message is, by its script.

For two languages with a script each this is right more often than a detector that guesses
from the frequency of letters, which needs longer texts (figures in docs/insight.md).
"""

import re
from typing import Literal

Language = Literal["english", "chinese", "mixed", "neither"]
LANGUAGES: tuple[Language, ...] = ("english", "chinese", "mixed", "neither")

HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# A single letter is a size or an option; letters beside digits are a number of something.
_LATIN = re.compile("(?<![A-Za-z0-9])[A-Za-z][A-Za-z']+(?![A-Za-z0-9])")
_AT_HOME = frozenset({"app", "id", "ios", "ipad", "iphone", "ok", "pc", "vip", "wifi"})
"""Words of Latin letters that Chinese has no other word for: they make no mixture."""


def language_of(text: str) -> Language:
    """English, Chinese, a mixture of both, or neither: numbers, emoji, another script."""
    latin = _LATIN.findall(text)
    if HAN.search(text) is None:
        return "english" if latin else "neither"
    return "mixed" if any(word.lower() not in _AT_HOME for word in latin) else "chinese"
