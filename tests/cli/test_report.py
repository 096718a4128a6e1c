"""`imchat report` as a process, on stores with a past."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imchat.store.store import Store
from tests.cli.commands import imchat, serving
from tests.cli.past import DAY_MS, said, week
from tests.store.people import People


@pytest.fixture
async def people(store: Store) -> People:
    """A site whose past a test writes."""
    return People(store)


def day(at: int) -> str:
    """The UTC day of a time, as the options take it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


async def test_what_happened_is_told_as_json(people: People, store_url: str, site: str) -> None:
    """The whole and a row for each agent, with the numbers as they are."""
    await week(people)
    told = await said("report", store_url, site, "--by", "agent", "--format", "json")
    assert (told.returncode, told.stderr) == (0, "")
    found = json.loads(told.stdout)
    assert (found["by"], found["service_level_s"]) == ("agent", 20)
    total = found["total"]
    assert (total["offered"], total["served"], total["closed"]) == (3, 3, 3)
    assert (total["service_level"], total["wait_mean_s"]) == (1.0, 0.0)
    assert (total["ratings"], total["rating_mean"], total["score_4"]) == (2, 3.0, 1)
    assert total["recontacts"] == 0
    rows = {row["agent"]: row for row in found["rows"]}
    assert set(rows) == {"ann", "joe"}
    assert (rows["ann"]["served"], rows["joe"]["served"]) == (2, 1)
    assert rows["ann"]["offered"] is None
    assert rows["joe"]["first_response_mean_s"] == 60.0


async def test_the_days_are_the_same_from_what_is_kept_longer(
    people: People, store_url: str, site: str
) -> None:
    """When the log is gone, whole days are known; of others it is said that they are not."""
    first = await week(people)
    whole = ["--since", day(first), "--until", day(first + 2 * DAY_MS), "--format", "json"]
    before = json.loads((await said("report", store_url, site, *whole)).stdout)
    await people.redis.xtrim(people.key("events"), maxlen=1, approximate=False)
    after = json.loads((await said("report", store_url, site, *whole)).stdout)
    assert after["total"] == before["total"]
    assert after["total"]["served"] == 3
    for options in (["--since", "7d"], [*whole[:4], "--by", "hour"]):
        told = await said("report", store_url, site, *options)
        assert (told.returncode, told.stdout) == (1, "")
        assert "only whole days are known" in told.stderr
        assert len(told.stderr.splitlines()) == 1


async def test_a_row_for_each_day_or_hour(people: People, store_url: str, site: str) -> None:
    """Also for those in which nothing happened; as CSV for a spreadsheet."""
    first = await week(people)
    told = await said(
        "report", store_url, site, "--since", day(first), "--until", day(first + 3 * DAY_MS),
        "--by", "day", "--format", "csv",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(told.stdout)))
    assert [(row["day"], row["served"]) for row in rows] == [
        (day(first), "1"), (day(first + DAY_MS), "2"), (day(first + 2 * DAY_MS), "0"),
    ]  # fmt: skip
    assert rows[2]["wait_mean_s"] == ""
    told = await said(
        "report", store_url, site, "--since", f"{day(first)}T09:00", "--until",
        f"{day(first)}T11:00", "--by", "hour", "--desk", "default", "--format", "csv",
    )  # fmt: skip
    assert [row["served"] for row in csv.DictReader(io.StringIO(told.stdout))] == ["1", "0"]


async def test_it_is_told_for_people_as_well(
    people: People, store_url: str, site: str, tmp_path: Path
) -> None:
    """As a table on a terminal, and as a page that needs nothing from anywhere."""
    await week(people)
    told = await said("report", store_url, site)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Report from ")
    assert "answered in 20 s" in told.stdout
    rows = await said("report", store_url, site, "--by", "desk", "--sl", "30")
    assert "in 30 s" in rows.stdout
    assert rows.stdout.splitlines()[-1].startswith("all")
    page = tmp_path / "report.html"
    told = await said("report", store_url, site, "--html", str(page))
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    text = page.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert text.count("<svg") > 5
    for foreign in ("<script", "http:", "https:", "<link", "<img", "url(", "@import"):
        assert foreign not in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--agent", "nobody"], "there was no agent 'nobody' between "),
        (["--desk", "nowhere"], "there was no desk 'nowhere' between "),
        (["--since", "30m"], "nothing happened between "),
        (["--html", "/nowhere/report.html"], "cannot write /nowhere/report.html: "),
    ],
)
async def test_where_there_is_nothing_it_says_so(
    people: People, store_url: str, site: str, options: list[str], words: str
) -> None:
    """One line and the exit status of a failure, not a table of zeros."""
    await week(people)
    told = await said("report", store_url, site, *options)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"imchat: {words}")
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--since", "2099-01-01"], "--since is in the future"),
        (["--since", "1d", "--until", "2d"], "no time between --since and --until"),
        (["--since", "500d"], "the 397 days that are kept"),
        (["--since", "soon"], "'soon' is no time"),
        (["--sl", "61"], "take 60 or 65"),
        (["--by", "customer"], "'customer'"),
    ],
)
def test_a_wrong_usage_is_one_line_and_exits_2(options: list[str], words: str) -> None:
    """It is known before any store is asked."""
    told = imchat("report", "--redis", "unix:///nowhere.sock", *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert words in told.stderr
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_store_that_is_away_is_said(command: str) -> None:
    """One line, exit status 1."""
    told = imchat(command, "--redis", "unix:///nowhere.sock")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("imchat: the store does not answer")
    assert len(told.stderr.splitlines()) == 1


async def test_a_server_at_work_is_looked_at_and_goes_on(tmp_path: Path) -> None:
    """On its own store, found by its data directory; an agent that is online now counts."""
    with serving(tmp_path / "data") as server:
        async with server.client("agent", "ann") as ann, server.client("customer", "bob") as bob:
            await ann.ready()
            await bob.request(topic="Where is my parcel?")
            told = await asyncio.to_thread(
                imchat, "report", "--data-dir", str(server.data_dir), "--format", "json"
            )
        assert (told.returncode, told.stderr) == (0, "")
        total = json.loads(told.stdout)["total"]
        assert (total["served"], total["handled"]) == (1, 0)
        assert total["online_s"] > 0
