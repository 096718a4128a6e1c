"""A site with one node that lives, on which a test puts people."""

import pytest

from imchat.store.store import Store
from tests.store.people import People


@pytest.fixture
async def people(store: Store) -> People:
    """The site of the test, its clock at `BEGAN`."""
    people = People(store)
    await people.join()
    return people
