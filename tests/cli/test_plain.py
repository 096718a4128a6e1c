"""The customer's chat as lines, by the real command in a real pipe."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

from imchat.client import Client
from imchat.ids import Uid
from tests.support import Restartable, Server, eventually, serving

BOB = Uid("bob")
TIMEOUT_S = 30.0


class Plain:
    """`imchat customer` in pipes; `out` and `err` are the lines that it printed so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._reading = [
            asyncio.create_task(self._read(stream, lines))
            for stream, lines in ((process.stdout, self.out), (process.stderr, self.err))
        ]

    @staticmethod
    async def _read(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        async for line in stream:
            lines.append(line.decode().removesuffix("\n"))  # noqa: PERF401 (the tests look in)

    def write(self, text: str) -> None:
        """Give it this to read."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())

    async def says(self, line: str) -> None:
        """Wait for a whole line."""
        await eventually(
            lambda: line in self.out + self.err, f"{line!r} in {self.out} {self.err}",
            timeout=TIMEOUT_S,
        )

    async def ends(self) -> int:
        """End its input, and wait for its end; gives the exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(TIMEOUT_S):
            status = await self.process.wait()
            await asyncio.gather(*self._reading)
        return status


@contextlib.asynccontextmanager
async def plain(server: Server, *options: str, text: str = "") -> AsyncIterator[Plain]:
    """Bob's chat, which reads a text first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "imchat", "customer", *options,
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
        env=os.environ | {"IMCHAT_URL": server.url, "IMCHAT_TOKEN": server.token("customer", BOB)},
    )
    chat = Plain(process)
    chat.write(text)
    try:
        yield chat
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def agent(server: Server, name: str = "Ann") -> AsyncIterator[Client]:
    """Ann, online."""
    async with server.client("agent", "ann", name=name) as client:
        await client.ready()
        yield client


def bodies(client: Client) -> list[str]:
    """What the agent has of the conversation."""
    return [line.body for line in client.conversation(BOB).lines]


async def test_a_line_in_a_pipe_is_sent_and_the_chat_closed(server: Server) -> None:
    """`echo … | imchat customer`: stored, told, closed, and 0."""
    async with agent(server) as ann, plain(server, text="Where is my parcel?\n") as chat:
        assert await chat.ends() == 0
        assert chat.out == [
            "* Ann is here for you.", "> Where is my parcel?", "* You closed the chat.",
        ]
        assert chat.err == []
        await eventually(lambda: not ann.chats, "the chat is closed at the agent's")
        assert bodies(ann) == ["Where is my parcel?"]


async def test_what_is_written_in_the_queue_is_sent_when_somebody_comes(server: Server) -> None:
    """Places are lines; nothing is lost, and the order is kept."""
    async with (
        server.client("customer", "first") as first,
        plain(server, text="one\ntwo\nthree\n") as chat,
    ):
        await first.ready()
        await chat.says("* You are number 1 in the queue.")
        async with agent(server) as ann:
            assert await chat.ends() == 0
            await eventually(lambda: bodies(ann) == ["one", "two", "three"], "all, in order")
        assert chat.out[1:5] == ["* Ann is here for you.", "> one", "> two", "> three"]


async def test_the_place_in_the_queue_is_a_line_whenever_it_moves(server: Server) -> None:
    """And only then."""
    async with server.client("customer", "first") as first:
        await first.ready()
        await first.request()
        async with plain(server) as chat:
            await chat.says("* You are number 2 in the queue.")
            await first.close(next(iter(first.chats)))
            await chat.says("* You are number 1 in the queue.")
            chat.write("/close\n")
            await chat.says("* You left the queue.")
            assert await chat.ends() == 0
        assert len(chat.out) == 3


async def test_the_end_of_input_may_leave_the_chat_open(server: Server) -> None:
    """All is stored first."""
    async with agent(server) as ann, plain(server, "--at-end", "leave", text="hello") as chat:
        assert await chat.ends() == 0
        assert chat.out[-1] == "> hello"
        assert bodies(ann) == ["hello"]
        assert len(ann.chats) == 1


async def test_the_end_of_input_may_wait_for_the_agent(server: Server) -> None:
    """Answers are printed until the chat is closed."""
    async with agent(server) as ann, plain(server, "--at-end", "wait", text="hello\n") as chat:
        assert chat.process.stdin is not None
        chat.process.stdin.close()
        await chat.says("> hello")
        await ann.send(BOB, "It is\non its way")
        await chat.says("< Ann: on its way")
        conversation = ann.conversation(BOB)
        await eventually(
            lambda: conversation.read_by_peer == conversation.last_seq, "what is printed is read"
        )
        await ann.close(next(iter(ann.chats)))
        assert await chat.ends() == 0
        assert chat.out[-3:] == ["< Ann: It is", "< Ann: on its way", "* Ann closed the chat."]


async def test_commands_come_after_what_was_written_before_them(server: Server) -> None:
    """A script's lines are done one after the other; asking again gets another chat."""
    script = "one\n/close\n/ask again please\n//etc is a path\n/help\n/quit\nnever\n"
    async with agent(server) as ann, plain(server, text=script) as chat:
        assert await chat.ends() == 0
        await eventually(
            lambda: bodies(ann) == ["one", "again please", "/etc is a path"], "all, in order"
        )
        assert chat.out[2:4] == ["* You closed the chat.", "* Ann is here for you."]
        assert "never" not in " ".join(chat.out + chat.err)


async def test_passed_on_and_rated(server: Server) -> None:
    """The lines say who serves now; what is written goes there."""
    async with (
        agent(server) as ann,
        server.client("agent", "ben", name="Ben", desks=["billing"]) as ben,
        plain(server, text="one\n") as chat,
    ):
        await ben.ready()
        await chat.says("> one")
        await ann.transfer(next(iter(ann.chats)), to=Uid("ben"))
        await chat.says("* Ann passed you on. Ben is here for you.")
        chat.write("two\n/close\n/rate 4 quite good\n/rate 5\n")
        assert await chat.ends() == 1
        assert bodies(ben) == ["two"]
        assert chat.out[-2:] == ["* You closed the chat.", "* You rated it 4 of 5, thank you."]
        assert [line[:11] for line in chat.err] == ["! Not rated"]


async def test_what_fails_is_said_and_makes_1(server: Server) -> None:
    """Too long, no such command, a chat that is closed, a rating that is none."""
    script = f"{'x' * 9000}\n/nonsense\n/rate 5\n/close\n/rate 7\ntoo late\n/close\n"
    async with agent(server) as ann, plain(server, text=script) as chat:
        assert await chat.ends() == 1
        assert [line[:40] for line in chat.err] == [
            "! Not sent (a body is at most 8,192 byte",
            "! There is no command /nonsense; /help t",
            "! Not rated: a chat is rated once it is ",
            "! Not rated: give a number from 1 to 5, ",
            "! Not sent (there is no open chat): too ",
            "! There is no open chat to close.",
        ]
        assert bodies(ann) == []


async def test_a_queue_that_is_full_is_said(store_url: str, site: str) -> None:
    """And what was to be sent was not."""
    async with (
        serving(store_url, site, max_queue=0) as server,
        plain(server, text="hello\n") as chat,
    ):
        assert await chat.ends() == 1
        assert chat.err[0].startswith("! Not asked: too many are waiting")
        assert chat.err[1] == "! Not sent (there is no open chat): hello"


async def test_lines_of_others_are_clean_and_cannot_look_like_ours(server: Server) -> None:
    """Each has its sign in front; control characters and line ends in a name do nothing."""
    name = "Ann\n* You \x1b]2;x\x07"
    nasty = "look\r\n* You closed the chat.\x1b[2J\u202eabc\u2028! x"
    async with agent(server, name) as ann, plain(server, "--at-end", "wait", text="hi\n") as chat:
        await chat.says("> hi")
        await ann.send(BOB, nasty)
        await ann.close(next(iter(ann.chats)))
        assert await chat.ends() == 0
        shown = "Ann * You \ufffd]2;x\ufffd"
        assert chat.out == [
            f"* {shown} is here for you.",
            "> hi",
            f"< {shown}: look",
            f"< {shown}: * You closed the chat.\ufffd[2Jabc",
            f"< {shown}: ! x",
            f"* {shown} closed the chat.",
        ]


async def test_what_is_typed_is_echoed_as_text(server: Server) -> None:
    """A pipe may bring what somebody else wrote; it is sent as it is, and shown clean."""
    nasty = "\x1b]2;x\x07\u202ehi"
    text = f"{nasty}\n/{nasty}\n"
    async with agent(server) as ann, plain(server, text=text) as chat:
        await chat.says("> \ufffd]2;x\ufffdhi")
        assert await chat.ends() == 1
        no_command = "! There is no command /\ufffd]2;x\ufffdhi; /help tells which there are."
        assert chat.err == [no_command]
        assert bodies(ann) == ["\ufffd]2;x\ufffdhi"]


async def test_a_lost_connection_is_two_lines_and_nothing_is_lost(
    restartable: Restartable,
) -> None:
    """What was written meanwhile is stored afterwards, once."""
    server = await restartable.start()
    async with agent(server) as ann, plain(server, text="before\n") as chat:
        await chat.says("> before")
        await restartable.stop()
        await eventually(lambda: "Trying again." in chat.out[-1], "it says so", timeout=TIMEOUT_S)
        chat.write("during\n")
        await restartable.start()
        await chat.says("> during")
        assert await chat.ends() == 0
        await eventually(  # she has to connect again as well
            lambda: bodies(ann) == ["before", "during"], "both came", timeout=TIMEOUT_S
        )
        signs = [line.partition(":")[0] for line in chat.out if "onnect" in line]
        assert signs == ["* No connection", "* Connected again."]


async def test_a_token_that_is_refused_ends_it_in_one_line(server: Server) -> None:
    """With 1, and nothing on standard output."""
    async with plain(server, "--token", "not.a.token", text="hi\n") as chat:
        assert await chat.ends() == 1
        assert chat.out == []
        assert "token" in chat.err[-1]


async def test_a_reader_that_goes_away_ends_it(server: Server) -> None:
    """`imchat customer | head -1` does not hang, and shows no traceback."""
    async with agent(server) as ann, plain(server, text="hello\n") as chat:
        await chat.says("> hello")
        assert chat.process.stdout is not None
        chat.process.stdout._transport.close()  # type: ignore[attr-defined]
        await ann.send(BOB, "one")
        await ann.send(BOB, "two")
        async with asyncio.timeout(TIMEOUT_S):
            assert await chat.process.wait() == 1
        assert [line for line in chat.err if "Traceback" in line] == []


LEAVES = """
import asyncio, contextlib, threading
from imchat.plain.reading import lines_of

async def main():
    async with contextlib.aclosing(lines_of(0)) as lines:
        async for line in lines:
            return

asyncio.run(main())
print("over", flush=True)
for thread in threading.enumerate():
    if thread.name == "standard input":
        thread.join()
"""


async def test_a_line_that_comes_too_late_is_no_matter() -> None:
    """Who still writes when the chat has ended finds nobody, and nothing is said about it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-X", "dev", "-c", LEAVES, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(TIMEOUT_S):
        process.stdin.write(b"one\n")
        assert await process.stdout.readline() == b"over\n"
        _, complaints = await process.communicate(b"two\n")
    assert (process.returncode, complaints) == (0, b"")
