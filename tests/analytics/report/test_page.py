"""The page with plots: well formed, and nothing on it is obeyed."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from imchat.analytics.report.page import by_hours, page
from imchat.analytics.report.plots import Series, bars, lines
from imchat.analytics.report.reading import DAY_MS, HOUR_MS, Of, Read
from imchat.analytics.report.report import Query
from imchat.analytics.report.sums import Sums

BEGAN = 20_000 * DAY_MS
values = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=60)


def made(query: Query, *, agent: str = "ann", desk: str = "sales") -> str:
    """A page of a site with one agent."""
    width = HOUR_MS if by_hours(query) else DAY_MS
    cells = {}
    for at in range(query.since, query.until, width):
        cells[Of(at, "", desk)] = Sums(offered=4, abandoned=1, left_ms=9_000, **{"left:9000": 1})
        cells[Of(at, agent, desk)] = Sums(
            served=3, wait_ms=30_000, wait_max=20_000, closed=3, handled=3, handle_ms=600_000,
            online_ms=width, held_ms=width, busy_ms=width // 2, slots_ms=3 * width, score_4=2,
            **{"wait:5000": 2, "wait:20000": 1, "handle:200000": 3},
        )
    return page(query, Read(query.until, cells))


class Tags(HTMLParser):
    """Sees that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_well_formed() -> None:
    """By days and by hours; its plots are XML."""
    for days in (2, 9):
        text = made(Query(BEGAN, BEGAN + days * DAY_MS))
        tags = Tags()
        tags.feed(text)
        assert tags.open == []
        plots = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        assert len(plots) > 6
        for plot in plots:
            ElementTree.fromstring(plot)
        assert ("by hour" in text) == (days == 2)


def test_a_page_of_an_agent_has_no_other() -> None:
    """And nothing that cannot be told of one."""
    text = made(Query(BEGAN, BEGAN + DAY_MS, agent="ann"))  # type: ignore[arg-type]
    assert "abandoned" not in text
    assert "<h2>Agents</h2>" not in text


def test_names_are_text() -> None:
    """Whatever somebody called a desk in a token of their own making."""
    text = made(Query(BEGAN, BEGAN + DAY_MS), desk="<script>alert(1)</script>")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@given(values)
def test_any_values_can_be_plotted(found: list[float | None]) -> None:
    """Also none, and very large and small ones; nothing is drawn outside."""
    labels = [f"{n}<&" for n in range(len(found))]
    for plot in (
        bars(labels, [Series("a", "one", found), Series("b", "bad", found)], str),
        lines(labels, [Series("a", "one", found)], str),
        lines(labels, [Series("a", "one", found)], str, top=1, ticks=(1, 2, 5)),
    ):
        svg = ElementTree.fromstring(plot.partition("</figcaption>")[2].removesuffix("</figure>"))
        for shape in svg.iter("rect"):
            assert 0 <= float(shape.attrib["y"]) <= 240
            assert float(shape.attrib["height"]) >= 0
        for shape in svg.iter("circle"):
            assert 0 <= float(shape.attrib["cy"]) <= 240
