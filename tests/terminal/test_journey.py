"""The real commands in real terminals: a server, two agents, seven customers, a dashboard."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imchat.client import Client
from imchat.ids import Uid
from tests.support import token_of
from tests.terminal.terminal import Terminal

F4, CTRL_DOWN, CTRL_Q, ENTER = "\x1bOS", "\x1b[1;5B", "\x11", "\r"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Everything of this test in one directory."""
    return {"IMCHAT_DATA_DIR": str(tmp_path / "data")}


@contextlib.contextmanager
def serving(env: dict[str, str]) -> Iterator[dict[str, str]]:
    """`imchat serve` on a free port; gives what commands need to find it."""
    with Terminal("serve", "--port", "0", size=(120, 24), env=env) as server:
        server.shows("Ctrl-C stops the server.")
        found = re.search(r"listens on (ws://\S+)", server.text)
        assert found is not None
        yield env | {"IMCHAT_URL": found[1]}
        server.type("\x03")
        assert server.ends() == 0


def send_as_a_bot(env: dict[str, str], to: str, body: str) -> None:
    """Post one message from a client that is no screen, as customer `bot`."""

    async def post() -> None:
        token = token_of(Path(env["IMCHAT_DATA_DIR"]), "customer", "bot")
        async with Client(env["IMCHAT_URL"], token) as client:
            await client.ready()
            await client.request(topic="a bot's topic")
            await client.send(Uid(to), body)

    with asyncio.Runner() as runner:
        runner.run(post())


def test_two_agents_serve_seven_customers(env: dict[str, str]) -> None:
    """Six are served and one waits; a chat is closed and the seventh is assigned at once."""
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(serving(env))

        def start(*command: str, size: tuple[int, int] = (80, 24)) -> Terminal:
            return stack.enter_context(Terminal(*command, size=size, env=env))

        agents = {
            name.lower(): start("agent", "--uid", name.lower(), "--name", name)
            for name in ("Ann", "Ben")
        }
        for agent in agents.values():
            agent.shows("The next customer appears here")
        customers = {}
        for n in range(1, 8):
            customers[n] = start("customer", "--uid", f"c{n}", "--topic", f"topic {n}")
            customers[n].shows("is here for you" if n < 7 else "You are number 1 in the queue")
        for agent in agents.values():
            agent.shows("tier 3  0 of 3 slots free")
        dashboard = start("dashboard", size=(120, 40))
        dashboard.shows("c7")

        # Messages in both directions, Chinese among them.
        name = "Ann" if "Ann is here" in customers[1].text else "Ben"
        agent = agents[name.lower()]
        customers[1].type("Hello ", "你好", ENTER)
        customers[1].shows("Hello 你好")
        agent.until(lambda: "Hello 你好" in agent.text, "the customer's message at the agent")
        agent.type_until(CTRL_DOWN, "Write to c1…")
        agent.type("How can I help?", ENTER)
        customers[1].shows("How can I help?")

        # The agent closes, the seventh is assigned.
        agent.type(F4)
        agent.shows("Close the chat with c1?")
        agent.type("y")
        customers[1].shows(f"{name} closed the chat.")
        customers[7].shows(f"{name} is here for you.")
        agent.shows("topic 7")

        for agent in agents.values():
            agent.type(CTRL_Q)
            agent.shows("Leave with")
            agent.type(CTRL_Q)  # the same key again means it
            assert agent.ends() == 0
        for screen in (*customers.values(), dashboard):
            screen.type(CTRL_Q)
            assert screen.ends() == 0


def test_no_escape_sequence_of_another_reaches_the_terminal(env: dict[str, str]) -> None:
    """A message that would set the window title and ring the bell is shown as text."""
    with (
        serving(env) as found,
        Terminal("agent", "--uid", "ann", env=found) as agent,
    ):
        agent.shows("The next customer appears here")
        send_as_a_bot(found, "ann", "look \x1b]2;owned\x07 \x1b[2J\x9b2J here")
        agent.shows("]2;owned")
        assert agent.screen.title != "owned"
        assert b"\x1b]2;owned" not in agent.raw
        assert b"owned\x07" not in agent.raw
        assert "\x9b" not in agent.raw.decode("utf-8", "replace")


def test_a_server_that_was_killed_loses_nothing(env: dict[str, str]) -> None:
    """After a kill -9 the next server finds the chat, its messages and its Valkey."""
    with Terminal("serve", "--port", "0", size=(120, 24), env=env) as first:
        first.shows("Ctrl-C stops the server.")
        port = re.search(r"listens on ws://[^:]+:(\d+)", first.text)
        assert port is not None
        found = env | {"IMCHAT_URL": f"ws://127.0.0.1:{port[1]}/ws"}
        with (
            Terminal("agent", "--uid", "ann", "--name", "Ann", env=found) as agent,
            Terminal("customer", "--uid", "bob", env=found) as customer,
        ):
            agent.shows("● online")
            customer.shows("Ann is here for you.")
            customer.type("before the crash", ENTER)
            agent.shows("before the crash")
            first.process.kill(9)
            customer.shows("reconnecting")
            customer.type("during the crash", ENTER)
            with Terminal("serve", "--port", port[1], size=(120, 24), env=env) as second:
                second.shows("Ctrl-C stops the server.")
                agent.shows("during the crash")
                agent.type("after the crash", ENTER)
                customer.shows("after the crash")
