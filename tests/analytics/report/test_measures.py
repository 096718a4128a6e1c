"""Each measure is defined once, and the page says of each what it is."""

import re
from pathlib import Path

from imchat.analytics.report.measures import BY_NAME, MEASURES, measured
from imchat.analytics.report.shown import COLUMNS
from imchat.analytics.report.sums import Sums

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "reports.md"


def test_the_page_has_every_measure_in_order() -> None:
    """In the one table of docs/reports.md, and no other."""
    table = PAGE.read_text("utf-8").partition("| measure | what it is |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    said = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert said == [measure.name for measure in MEASURES]


def test_a_name_is_one_measure() -> None:
    """None is defined twice, and a table shows only such as there are."""
    assert len(BY_NAME) == len(MEASURES)
    assert COLUMNS.keys() <= BY_NAME.keys()


def test_of_nothing_counts_are_0_and_the_rest_is_nothing() -> None:
    """No mean, share or percentile is made of no time at all."""
    found = measured(Sums(), soon_s=20)
    for measure in MEASURES:
        is_a_sum = measure.unit == "count" or measure.name in ("online_s", "away_s", "grace_s")
        assert found[measure.name] == (0 if is_a_sum else None), measure.name


def test_who_was_served_and_then_left_is_no_wait_that_nobody_ended() -> None:
    """The service level is of first waits: three served, one of them late, one that left."""
    sums = Sums({
        "served": 3, "wait:0": 1, "wait:15000": 1, "wait:45000": 1, "wait_ms": 58_000,
        "abandoned": 2, "again": 1,
    })  # fmt: skip
    found = measured(sums, soon_s=20)
    assert found["service_level"] == 2 / 4
    assert found["abandonment"] == 1 / 4
    assert measured(sums, soon_s=45)["service_level"] == 3 / 4
    assert measured(sums, soon_s=20, of_agent=True)["service_level"] is None
