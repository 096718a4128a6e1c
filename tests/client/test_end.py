"""A client can be closed at any moment and leaves nothing: no task, no socket, no waiting call."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from errno import ECONNREFUSED, ENETUNREACH
from socket import gaierror

import pytest

from imchat import protocol
from imchat.client import Client, Disconnected, connection
from imchat.errors import ImchatError, Unavailable
from tests.client.scripted import TOKEN, chat, message, scripted
from tests.client.support import ANN, BOB, heard, talking
from tests.proxy import proxy_to
from tests.support import Server, eventually


@pytest.fixture(autouse=True)
async def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A socket that is not closed warns when it is collected, and warnings are errors."""
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_S", 0.1)
    before = asyncio.all_tasks()
    yield
    here = {asyncio.current_task()}
    await eventually(lambda: not asyncio.all_tasks() - before - here, "no task is left")
    gc.collect()


def tasks_of_clients() -> list[str]:
    """The tasks that clients made for themselves."""
    theirs = {"Client._run", "Connection._write", "Mirror._catch_up"}
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name in theirs]


async def ticks(count: int) -> None:
    """Let everything go on for so many rounds of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("count", [*range(12), 20, 30, 40, 60, 80, 120])
async def test_closed_so_many_rounds_after_it_began(server: Server, count: int) -> None:
    """While it dials, shakes hands, says hello, is welcomed, is answered."""
    async with server.client("customer", BOB) as bob:
        asked = asyncio.create_task(bob.request())
        stored = bob.send(ANN, "hello")
        bob.typing(ANN)
        await ticks(count)
    assert tasks_of_clients() == []
    with contextlib.suppress(ImchatError):
        await asked
    with contextlib.suppress(ImchatError):
        await stored


@pytest.mark.parametrize("count", [*range(12), 20, 40])
async def test_closed_so_many_rounds_after_it_was_cut(server: Server, count: int) -> None:
    """While it says goodbye to the old connection and dials a new one."""
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("customer", BOB)) as bob,
    ):
        await bob.ready()
        assert set(tasks_of_clients()) == {"Client._run", "Connection._write"}
        proxy.cut()
        await ticks(count)
        await bob.__aexit__()
        assert tasks_of_clients() == []


async def test_closed_while_nothing_answers(server: Server) -> None:
    """The connection is there, the handshake never comes."""
    async with proxy_to(server.url) as proxy:
        proxy.down.shut()
        async with Client(proxy.url, server.token("customer", BOB)):
            await eventually(lambda: proxy.down.held, "the handshake is held")
        assert tasks_of_clients() == []


async def test_closed_while_it_waits_to_try_again() -> None:
    """No server there at all."""
    async with Client("ws://127.0.0.1:1/ws", TOKEN) as bob:
        assert (await heard(bob, Disconnected)).reason == "connection refused"
    assert tasks_of_clients() == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(ECONNREFUSED, "Connect call failed"), "connection refused"),
        (
            OSError(f"Multiple exceptions: [Errno {ECONNREFUSED}] x, [Errno {ENETUNREACH}] y"),
            "connection refused, network is unreachable",
        ),
        (gaierror(-2, "Name or service not known"), "name or service not known"),
        (TimeoutError("timed out during opening handshake"), "timed out during opening handshake"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_why_there_is_no_connection_is_told_in_words(error: OSError, told: str) -> None:
    """Whatever asyncio calls it; an agent reads it, and has no room for numbers."""
    assert connection._why(error) == told


async def test_closed_while_the_server_is_silent(server: Server) -> None:
    """Its goodbye is not answered either; that is waited for only so long."""
    async with (
        proxy_to(server.url) as proxy,
        Client(proxy.url, server.token("customer", BOB)) as bob,
    ):
        await bob.ready()
        proxy.down.shut()
        asked = asyncio.create_task(bob.request())
        await eventually(lambda: proxy.down.held, "the reply is held")
        async with asyncio.timeout(2):
            await bob.__aexit__()
        assert tasks_of_clients() == []
        with pytest.raises(Unavailable):
            await asked


async def test_closed_while_the_server_does_not_read() -> None:
    """More waits to be sent than any buffer holds."""
    async with (
        scripted() as server,
        proxy_to(server.url) as proxy,
        Client(proxy.url, TOKEN, in_flight=5000) as bob,
    ):
        await bob.ready()
        proxy.up.shut()
        for _ in range(5000):
            bob.send(ANN, "x" * 8000)
        await eventually(lambda: proxy.up.held, "nothing goes through")
        assert bob._connection is not None
        transport = bob._connection._socket.transport
        await eventually(transport.get_write_buffer_size, "the buffers are full")
        async with asyncio.timeout(2):
            await bob.__aexit__()
        assert tasks_of_clients() == []


async def test_closed_while_it_heals_and_pauses() -> None:
    """The history is not answered, a message was refused for a minute."""
    def script(frame: dict[str, object]) -> list[dict[str, object]]:
        if frame["type"] != "message":
            return []
        return [
            {"type": "error", "code": "rate_limited", "message": "slowly", "ref": frame["id"],
             "retry_after_ms": 60_000}
        ]

    async with scripted(script) as server:
        server.welcome["chats"] = [chat()]
        async with Client(server.url, TOKEN) as bob:
            await bob.ready()
            await server.say({"type": "message", **message(5)})
            await server.until_asked("history")
            assert "Mirror._catch_up" in tasks_of_clients()
            stored = bob.send(ANN, "hello")
            await server.until_asked("message")
        assert tasks_of_clients() == []
        with pytest.raises(Unavailable):
            await stored


async def test_ended_by_the_server_while_it_heals(caplog: pytest.LogCaptureFixture) -> None:
    """The healing ends with it, without a word: the history was not refused."""
    async with scripted() as server:
        server.welcome["chats"] = [chat()]
        async with Client(server.url, TOKEN) as bob:
            await bob.ready()
            await server.say({"type": "message", **message(5)})
            await server.until_asked("history")
            await server.close(4401, "expired")
            with pytest.raises(ImchatError, match="expired"):
                await heard(bob, Disconnected)
            await eventually(lambda: tasks_of_clients() == [], "all have ended")
            assert caplog.text == ""


async def test_cancelled_around_a_client(server: Server) -> None:
    """Who uses it may be cancelled wherever it waits: for the welcome, a reply, an event."""
    async def wait_for_ready(client: Client) -> None:
        await client.ready()
        await client.ready()
        await asyncio.Event().wait()

    async def iterate(client: Client) -> None:
        async for _ in client:
            pass

    async def ask(client: Client) -> None:
        while True:
            await client.history(ANN)

    async def use(work: Callable[[Client], Awaitable[None]]) -> None:
        async with server.client("customer", BOB) as client:
            await work(client)

    for work in (wait_for_ready, iterate, ask):
        for count in (0, 1, 5, 30, 60):
            task = asyncio.create_task(use(work))
            await ticks(count)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert tasks_of_clients() == []


async def test_an_error_in_the_client_is_not_swallowed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of our own is logged and raised wherever somebody waits, once for all."""
    async with scripted() as server, Client(server.url, TOKEN) as bob:
        server.welcome["chats"] = [chat(last_seq=5)]
        await bob.ready()
        await server.say({"type": "message", **message(9)})
        await server.until_asked("history")
        stored = bob.send(ANN, "hello")

        def break_down(_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(bob._mirror, "learn", break_down)
        await server.say({"type": "typing", "chat": "1", "from": "ann", "to": "bob"})
        await heard(bob, protocol.Typing)
        for waiting in (stored, anext(bob), bob.request()):
            with pytest.raises(ZeroDivisionError):
                await waiting
        assert "the client ends" in caplog.text


async def test_a_client_may_be_closed_by_who_iterates_over_it(server: Server) -> None:
    """Leaving the block inside the loop is the usual way to end a bot."""
    async with talking(server) as talk:
        async with server.client("customer", BOB) as bob:
            async for _ in bob:
                break
        assert bob.state == "closed"
        assert talk.bob.state == "online"
