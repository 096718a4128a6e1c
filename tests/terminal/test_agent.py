"""An agent in a real terminal, with the bytes that a terminal without any extras sends."""

import contextlib
from pathlib import Path

import pytest

from tests.terminal.terminal import Terminal, home
from tests.terminal.test_journey import CTRL_DOWN, ENTER, F4, serving

ALT_A, ALT_W, CTRL_G, CTRL_J, CTRL_Q = "\x1ba", "\x1bw", "\x07", "\n", "\x11"
PASTE = "\x1b[200~first pasted\r\nsecond pasted\rthird pasted\r\x1b[201~"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Everything of this test in one directory, with a canned reply."""
    replies = tmp_path / "config" / "imchat" / "replies.toml"
    replies.parent.mkdir(parents=True)
    replies.write_text('hello = "Hello {customer}, I am {agent}."', encoding="utf-8")
    return home(tmp_path)


def test_an_agent_serves_three_customers_by_keyboard_alone(env: dict[str, str]) -> None:
    """Canned replies, Chinese, lines, a paste, from chat to chat, and the end of one."""
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(serving(env))

        def start(*command: str, size: tuple[int, int] = (80, 24)) -> Terminal:
            return stack.enter_context(Terminal(*command, size=size, env=env))

        agent = start("agent", "--uid", "ann", "--name", "Ann", size=(120, 40))
        agent.shows("The next customer appears here")
        customers = {}
        for uid in ("bob", "cat", "dan"):
            customers[uid] = start("customer", "--uid", uid, "--topic", f"topic of {uid}")
            customers[uid].shows("Ann is here for you.")
        agent.shows("3 dan")

        agent.type("/hel")
        agent.shows("canned replies")
        agent.type(ENTER)
        agent.shows("Hello bob, I am Ann.")
        agent.type(ENTER)
        customers["bob"].shows("Hello bob, I am Ann.")

        agent.type(CTRL_G, "2", ENTER)
        agent.shows("Write to cat…")
        agent.type("你好，cat！", CTRL_J, "Second line", ENTER)
        customers["cat"].shows("Second line")
        assert "你好，cat！" in customers["cat"].text.replace(" ", "")

        agent.type(ALT_A)
        agent.shows("Write to dan…")
        agent.type(PASTE)
        agent.shows("third pasted")
        assert "first pasted" not in customers["dan"].text
        agent.type(ENTER)
        customers["dan"].shows("second pasted")

        agent.type(ALT_W, "thrid")
        agent.shows("not found")
        agent.type("\x7f" * 3, "ird")
        agent.shows("1 of 1")
        agent.type("\x1b")
        agent.until(lambda: "1 of 1" not in agent.text, "nothing is looked for")

        agent.type(CTRL_DOWN)
        agent.shows("Write to bob…")
        agent.type(F4)
        agent.shows("Close the chat with bob?")
        agent.type("y")
        customers["bob"].shows("Ann closed the chat.")
        agent.shows("closed now")
        for customer in customers.values():
            customer.type(CTRL_Q)
        agent.type(CTRL_Q)
        agent.shows("Leave with")
        agent.type("y")
        assert agent.ends() == 0
