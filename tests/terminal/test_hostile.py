"""What others wrote, in a real terminal that measures some characters otherwise than we do."""

import contextlib
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.commands import imchat
from tests.terminal.terminal import Terminal, home
from tests.terminal.test_journey import serving

DISPUTED = "❤️ 1️⃣ ☎️ | 👍🏽👍🏽 | 👩‍👩‍👧‍👦 | 🏳️‍🌈 🇩🇪 ok"
"""pyte, as many terminals, adds up the code points."""
HARMFUL = "\x1b]2;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\x9b31mred\u202e[bold]x[/] end"
EDGES = {
    "agent": {0: "│", 29: "│", 30: "│", 79: "│"},
    "customer": {0: "│", 79: "│"},
}
"""What stands in which columns, in the rows of the list and the conversation."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Everything of this test in one directory."""
    return home(tmp_path)


def test_the_frame_keeps_its_place_and_nothing_is_obeyed(env: dict[str, str]) -> None:
    """The agent's console and the customer's window, with lines of both kinds."""
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(serving(env))
        agent = stack.enter_context(
            Terminal("agent", "--uid", "ann", "--name", f"Ann {HARMFUL[:9]}", env=env)
        )
        agent.shows("The next customer appears here")
        told = imchat(
            "customer", "--uid", "bob", "--at-end", "leave", "--topic", DISPUTED,
            text=f"{HARMFUL}\n{DISPUTED}\nthe last of it\n", env=env,
        )
        assert told.returncode == 0, told.stderr
        agent.shows("the last of it")
        customer = stack.enter_context(Terminal("customer", "--uid", "bob", env=env))
        customer.shows("the last of it")
        for name, terminal in (("agent", agent), ("customer", customer)):
            first = next(n for n, row in enumerate(terminal.screen.display) if "❤" in row)
            rows = range(first, first + 5)
            for row in rows:
                cells = terminal.screen.buffer[row]
                for column, sign in EDGES[name].items():
                    assert cells[column].data == sign, terminal.text
            assert "ok" in terminal.text
            assert b"\x1b]52" not in terminal.raw
            assert b"owned\x07" not in terminal.raw
            assert "owned" not in terminal.screen.title
        assert "[bold]x[/] end" in customer.text
        row = next(n for n, row in enumerate(customer.screen.display) if "❤" in row)
        at = len("│   ") + cell_len(DISPUTED.removesuffix("ok"))
        assert [customer.screen.buffer[row][at + n].data for n in (-1, 0, 1, 2)] == [*" ok "]
