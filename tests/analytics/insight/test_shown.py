"""The findings as a table and as a page."""

import re

from imchat.analytics.chats import DAY_MS, Interval
from imchat.analytics.insight.analysis import analyse
from imchat.analytics.insight.findings import Insight
from imchat.analytics.insight.page import page
from imchat.analytics.insight.table import fitted, table
from tests.analytics.talks import AT, HOUR_MS, chat

EVIL = '<script>alert("1")</script>\n<img src=https://example.com/x>'


def found() -> Insight:
    """What is found in chats in which somebody writes HTML and line ends."""
    return analyse(
        [
            chat(f"C {EVIL} {n}", f"A {EVIL} you are welcome", score=1, at=AT + n * HOUR_MS)
            for n in range(6)
        ],
        Interval(AT, AT + DAY_MS),
    )


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    """What somebody wrote is shown, not obeyed; nothing is fetched from anywhere."""
    html = page(found())
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(script|img|link|iframe)|\burl\(|@import|<[^>]*\b(src|href)=", html)
    assert html.count("<section>") == html.count("</section>") == 5


def test_the_table_keeps_its_lines() -> None:
    """A message of many lines is on one, and none is far too wide."""
    lines = table(found()).splitlines()
    assert [line for line in lines if "<script>" in line]
    assert not [line for line in lines if line.startswith("<img")]
    assert max(map(len, lines)) <= 120


def test_chinese_is_cut_by_its_width() -> None:
    """A character takes two columns."""
    assert fitted("我的快递", 8) == "我的快递"
    assert fitted("我的快递呢", 8) == "我的快…"


def test_nothing_is_shown_as_nothing() -> None:
    """No chats, no rows, no error."""
    nothing = analyse([], Interval(AT, AT + DAY_MS))
    assert "0 chats" in table(nothing)
    assert "0 chats" in page(nothing)
