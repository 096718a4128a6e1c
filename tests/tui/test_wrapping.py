"""Text in rows: nothing is lost, nothing is too wide, nothing is cut in the middle."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from imchat.client.text import clean
from imchat.tui.links import host_in_ascii, links_in
from imchat.tui.widgets.chat_rows import styled
from imchat.tui.wrapping import cells, characters, index_at, shown, wrap
from tests.tui.hostile import texts

TEXTS = texts().map(clean)
"""As a client has them."""
SPAN = st.integers(min_value=0, max_value=20)


@given(text=TEXTS, width=st.integers(min_value=2, max_value=120))
def test_no_row_is_wider_than_its_room(text: str, width: int) -> None:
    """What is drawn of a row fits, however wide the characters and long the words."""
    narrowest = max([width, *(wide for _, _, wide in characters(text))])
    for start, end in wrap(text, width):
        assert cells(text[start:end]) <= narrowest
        assert cell_len(shown(text[start:end])) == cells(text[start:end])


@given(text=TEXTS, width=st.integers(min_value=4, max_value=120))
def test_rows_hold_everything_but_the_spaces_where_they_break(text: str, width: int) -> None:
    """The rows stand in their order, and between them are only spaces and line ends."""
    behind = 0
    for start, end in wrap(text, width):
        assert behind <= start <= end <= len(text)
        assert not text[behind:start].strip(" \n")
        behind = end
    assert not text[behind:].strip(" \n")


@given(text=TEXTS, width=st.integers(min_value=4, max_value=40))
def test_a_row_never_cuts_a_character(text: str, width: int) -> None:
    """A row begins where a character as one sees it begins."""
    for line_start, line in _lines(text):
        starts = {line_start + start for start, _, _ in characters(line)} | {line_start}
        ends = line_start + len(line)
        for start, _ in wrap(text, width):
            if line_start < start < ends:
                assert start in starts


@given(text=TEXTS, cell=st.integers(min_value=-5, max_value=200))
def test_a_cell_belongs_to_the_character_that_covers_it(text: str, cell: int) -> None:
    """From a place in a row to the character there, and back."""
    row = text.replace("\n", " ")
    at = index_at(row, cell)
    assert 0 <= at <= len(row)
    if 0 <= cell < cells(row):
        behind = next(end for start, end, _ in characters(row) if start == at)
        assert cells(row[:at]) <= cell < cells(row[:behind])


def _lines(text: str) -> list[tuple[int, str]]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append((start, line))
        start += len(line) + 1
    return found


def test_words_are_kept_together() -> None:
    """English breaks at spaces; a word too long for a row is cut."""
    assert _rows("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert _rows("a unbreakablelongword b", 8) == ["a", "unbreaka", "blelongw", "ord b"]
    assert _rows("one\n\ntwo", 10) == ["one", "", "two"]


def test_chinese_is_broken_between_characters_but_not_before_a_full_stop() -> None:
    """Wide characters need no space between them; closing marks never begin a row."""
    assert _rows("你好世界你好世界", 8) == ["你好世界", "你好世界"]
    assert _rows("你好世界。再见", 8) == ["你好世", "界。再见"]


def _rows(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


def test_only_http_and_https_are_links() -> None:
    """Other schemes stay text, and so does what ends a sentence."""
    text = "see https://a.example/x_(y), (http://b.example) javascript://c file:///etc ftp://d 看https://e.example/路。"
    found = [text[start:end] for start, end in links_in(text)]
    assert found == [
        "https://a.example/x_(y)", "http://b.example", "https://e.example/路",
    ]


@given(text=TEXTS)
def test_a_link_is_all_that_is_seen_of_it(text: str) -> None:
    """No link holds anything that cannot be seen, whatever stands around it."""
    for start, end in links_in(f"{text}https://a.example/{text}"):
        url = f"{text}https://a.example/{text}"[start:end]
        assert url.lower().startswith(("http://", "https://"))
        assert not any(char.isspace() for char in url)


def test_a_host_that_only_looks_known_is_spelled_out() -> None:
    """Cyrillic letters that look Latin are told."""
    assert host_in_ascii("https://example.com/ü") is None
    assert host_in_ascii("https://аpple.com/") == "xn--pple-43d.com"


@given(
    text=st.text("a \t你👍🏽👩👦❤1\u200d\ufe0f\u0301", max_size=20).map(clean),
    width=st.integers(4, 40),
    spans=st.lists(st.tuples(SPAN, SPAN), max_size=4),
)
def test_what_stands_out_in_a_row_moves_nothing(
    text: str, width: int, spans: list[tuple[int, int]]
) -> None:
    """Whatever was found, is a link or is marked, the row has the cells of its text."""
    layers = [((min(span), max(span)), Style(bold=True)) for span in spans if len(set(span)) == 2]
    for start, end in wrap(text, width):
        row = styled(text, start, end, Style(), layers)
        assert "".join(part.text for part in row) == shown(text[start:end])
        assert sum(part.cell_length for part in row) == cells(text[start:end])
