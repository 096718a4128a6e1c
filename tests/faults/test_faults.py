"""A selection of the matrix, with short loads; all of it is `python -m tests.faults --all`."""

import pytest

from tests.faults.bench import run
from tests.faults.bots import Shape
from tests.faults.matrix import FAULTS

STEADY_S = 2.0
SELECTED = (
    "node-kill", "client-cut", "client-kill", "store-kill", "store-cut-after", "rolling-upgrade",
    "grace",
)  # fmt: skip


@pytest.mark.timeout(600)
async def test_nothing_is_lost(subtests: pytest.Subtests) -> None:
    """Under load, all that was acked is stored and shown once, in order; all indexes agree.

    One test, for two at once would disturb each other.
    """
    for name in SELECTED:
        with subtests.test(name):
            result = await run(FAULTS[name], shape=Shape(), steady_s=STEADY_S)
            assert result.faults == [], result.logs
            assert result.chats >= 200
            assert result.count.acked > 500
