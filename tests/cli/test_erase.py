"""`imchat erase` as a process."""

import pytest

from imchat.store.store import Store
from tests.cli.commands import imchat
from tests.cli.past import said, week
from tests.store.people import People


@pytest.fixture
async def people(store: Store) -> People:
    """A site whose past a test writes."""
    return People(store)


async def test_a_customer_is_forgotten(people: People, store_url: str, site: str) -> None:
    """It says what it removed; a second time there is nothing, and the report is as before."""
    await week(people)
    report = ["--since", "7d", "--format", "csv"]
    before = await said("report", store_url, site, *report)
    told = await said("erase", store_url, site, "--customer", "bob", "--yes")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == (
        "bob is forgotten. Removed or made nobody's: chats: 2, messages: 5, comments: 0, notes: 0,"
        " events: 10.\n"
    )
    told = await said("erase", store_url, site, "--customer", "bob", "--yes")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "imchat: nothing is known of a customer 'bob'\n"
    assert (await said("report", store_url, site, *report)).stdout == before.stdout
    left = (await said("export", store_url, site)).stdout
    assert "bob" not in left
    assert "eve" in left


async def test_it_asks_first(people: People, store_url: str, site: str) -> None:
    """Without an answer nothing is removed."""
    await week(people)
    told = await said("erase", store_url, site, "--customer", "bob")
    assert told.returncode == 130
    assert "removed for good" in told.stdout
    assert "bob" in (await said("export", store_url, site)).stdout


async def test_an_open_chat_is_in_its_way(people: People, store_url: str, site: str) -> None:
    """One line, exit status 1."""
    people.now = 1_764_000_000_000
    await people.join()
    await people.asks("bob")
    told = await said("erase", store_url, site, "--customer", "bob", "--yes")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "imchat: 'bob' has an open chat; close it first\n"


def test_somebody_must_be_named() -> None:
    """A wrong usage."""
    told = imchat("erase", "--yes")
    assert told.returncode == 2
    assert "--customer" in told.stderr
