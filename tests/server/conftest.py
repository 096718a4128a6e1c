"""Raw connections for the tests of the server."""

from collections.abc import AsyncIterator

import pytest

from tests.server.wire import Wires


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    """Opens connections to any server."""
    async with Wires() as wires:
        yield wires
