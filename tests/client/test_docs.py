"""Every example of docs/client.md is run against a real server."""

import ast
import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imchat import protocol
from imchat.errors import SetupError
from tests.client.support import ANN, BOB, heard, talking
from tests.support import Server

PAGE = Path(__file__).parents[2] / "docs" / "client.md"

Example = Callable[..., Any]


def blocks() -> list[str]:
    """The examples as they stand on the page."""
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def example(name: str) -> Example:
    """A function of an example, in a module of its own."""
    for block in blocks():
        module: dict[str, Any] = {}
        exec(compile(block, str(PAGE), "exec"), module)
        if name in module:
            found: Example = module[name]
            return found
    raise AssertionError(f"no example defines {name}")


def test_every_example_has_a_test() -> None:
    """An example is one function besides its imports, and this file runs it."""
    here = Path(__file__).read_text("utf-8")
    for block in blocks():
        *imports, function = ast.parse(block).body
        assert all(isinstance(line, ast.Import | ast.ImportFrom) for line in imports)
        assert isinstance(function, ast.AsyncFunctionDef)
        assert f'example("{function.name}")' in here


async def test_the_customer_and_the_bot_talk(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first two examples are two sides of one chat."""
    bot = asyncio.create_task(example("answer")(server.url, server.token("agent", ANN)))
    asking = asyncio.create_task(
        example("ask")(server.url, server.token("customer", BOB, name="Bob"))
    )
    assert await asking == "Hello Bob!"
    bot.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bot
    assert "ann is here for you." in capsys.readouterr().out


async def test_a_message_is_told_of(server: Server) -> None:
    """It is stored, or refused for a reason."""
    async with talking(server):
        token = server.token("customer", BOB)
        tell = example("tell")
        assert await tell(server.url, token, ANN, "hello") == "stored as number 1"
        assert await tell(server.url, token, "nobody", "hello") == (
            "refused: there is no open chat between you and nobody"
        )


async def test_a_transcript_has_everything(server: Server) -> None:
    """Of a chat that is over as well."""
    async with talking(server) as talk:
        await talk.bob.send(ANN, "hello")
        await talk.ann.send(BOB, "good day")
        await talk.bob.close(talk.chat)
        lines = await example("transcript")(server.url, server.token("customer", BOB), ANN)
        assert [line.partition(" ")[2] for line in lines] == ["bob: hello", "ann: good day"]


async def test_a_supervisor_sees_who_waits(server: Server) -> None:
    """Nobody is there to serve, so one does."""
    async with server.client("customer", BOB) as bob:
        await bob.request()
        token = server.token("supervisor", "eve")
        assert await example("waiting_now")(server.url, token) == 1


async def test_tokens_are_tried(server: Server) -> None:
    """A good one is, another is not."""
    is_welcome = example("is_welcome")
    assert await is_welcome(server.url, lambda: server.token("customer", BOB))
    assert not await is_welcome(server.url, lambda: "no token")
    with pytest.raises(SetupError):
        await is_welcome("no url", lambda: "no token")


async def test_what_the_page_says_of_the_topic_is_so(server: Server) -> None:
    """It comes as a message of the customer's own."""
    async with server.client("agent", ANN) as ann, server.client("customer", BOB) as bob:
        await ann.ready()
        await bob.request(topic="Where is my parcel?")
        topic = await heard(bob, protocol.Message)
        assert (topic.sender, topic.body) == (BOB, "Where is my parcel?")
