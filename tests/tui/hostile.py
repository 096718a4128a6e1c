"""Text that means harm, and text that is merely hard to draw, for property tests."""

from hypothesis import strategies as st

MARKUP = ["[bold red]", "[/]", "[/bold]", "[", "]", "[/", "[@click=app.quit]x[/]", "[link=http://x]",
          "$primary", "[$error on $error]", "\\[", "[b]$n[/b]", "[#ff0000]"]
ESCAPES = ["\x1b[31m", "\x1b]2;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b]8;;http://evil\x1b\\",
           "\x1b[2J", "\x1bc", "\x1bP+q\x1b\\", "\x9b31m", "\x9d52;c;eA==\x9c", "\x1b[?1049l",
           "\x07", "\x08\x08", "\x00", "\x7f", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\x1b"]
UNSEEN = ["\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u200b", "\u200d",
          "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\ufe0e", "\u2028", "\u2029", "\u180e"]
WIDE = ["你好", "世界。", "（安妮）", "ｆｕｌｌ", "한국어", "日本語", "👍", "👍🏽", "👩‍👩‍👧‍👦",
        "🏳️‍🌈", "🇩🇪", "🇩", "❤️", "☎️", "e\u0301", "a" + "\u0310" * 40, "ﷺ", "𒐫", "ก็็็็็", "한"]
PLAIN = ["hello", "a", " ", "   ", "\t", "\n", "\n\n", "x" * 300, "你" * 150, "-", "https://a.example/x",
         "word " * 12]

NASTY = MARKUP + ESCAPES + UNSEEN + WIDE
"""Each a text by itself."""
_PIECES = NASTY + PLAIN

SIZES = st.sampled_from([(80, 24), (50, 16), (120, 40)])


def texts(max_pieces: int = 12) -> st.SearchStrategy[str]:
    """Pieces of all kinds next to each other, and whatever else there is in Unicode."""
    piece = st.one_of(st.sampled_from(_PIECES), st.text(max_size=6))
    return st.lists(piece, max_size=max_pieces).map("".join)
