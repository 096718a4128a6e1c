"""`imchat serve` and `imchat token` as processes."""

import asyncio
import json
import os
import signal
import stat
from pathlib import Path

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from imchat import protocol, tokens
from imchat.ids import Uid
from tests.cli.commands import imchat, serving, store_processes
from tests.support import eventually, token_of


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: int, tmp_path: Path) -> None:
    """It exits 0, and its Valkey with it."""
    with serving(tmp_path / "data") as server:
        assert len(store_processes(server.data_dir)) == 1
        status, logged = server.stop(number)
        assert status == 0
        assert "Traceback" not in logged
        assert store_processes(server.data_dir) == []


async def test_clients_are_told_that_it_goes_away(tmp_path: Path) -> None:
    """A client is closed with 1001 when the server is stopped."""
    with serving(tmp_path / "data") as server:
        token = token_of(server.data_dir, "agent", "ann")
        async with connect(server.url) as socket:
            await socket.send(json.dumps({"type": "hello", "token": token}))
            assert json.loads(await socket.recv())["type"] == "welcome"
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == protocol.CloseCode.GOING_AWAY


def test_a_second_server_on_the_same_directory_says_so(tmp_path: Path) -> None:
    """It exits 1 and leaves the first alone."""
    with serving(tmp_path / "data") as server:
        said = imchat("serve", "--port", "0", "--data-dir", str(server.data_dir))
        assert said.returncode == 1
        assert f"another server (pid {server.process.pid}) uses" in said.stderr
        assert len(said.stderr.splitlines()) == 1
        assert server.stop()[0] == 0


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """It exits 1, and the store it had started with it."""
    with serving(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2].partition("/")[0]
        said = imchat("serve", "--port", port, "--data-dir", str(tmp_path / "other"))
        assert said.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in said.stderr
        assert len(said.stderr.splitlines()) == 1
        assert store_processes(tmp_path / "other") == []


async def test_a_killed_server_loses_nothing(tmp_path: Path) -> None:
    """After a kill -9 the next start ends the Valkey left behind and has every message."""
    data_dir = tmp_path / "data"
    with serving(data_dir) as server:
        async with server.client("agent", "ann") as ann, server.client("customer", "bob") as bob:
            await ann.ready()
            await bob.ready()
            await bob.request()
            for number in range(20):
                await bob.send(Uid("ann"), f"message {number}")
            server.process.kill()
            server.process.wait()
        (left,) = store_processes(data_dir)
    with serving(data_dir) as server:
        assert left not in store_processes(data_dir)
        async with server.client("customer", "bob") as bob:
            welcome = await bob.ready()
            assert welcome.chats[0].agent == "ann"
            page = await bob.history(Uid("ann"), limit=500)
            assert [m.body for m in page.messages] == [f"message {n}" for n in range(20)]


async def test_a_valkey_that_dies_is_started_again(tmp_path: Path) -> None:
    """The server goes on by itself, with what was stored."""
    with serving(tmp_path / "data") as server:
        async with server.client("agent", "ann") as ann, server.client("customer", "bob") as bob:
            await ann.ready()
            await bob.ready()
            await bob.request()
            await bob.send(Uid("ann"), "before")
            (store,) = store_processes(server.data_dir)
            os.kill(store, signal.SIGTERM)
            await asyncio.wait_for(bob.send(Uid("ann"), "after"), 20)
            await eventually(
                lambda: [line.body for line in ann.conversation(Uid("bob")).lines][-1:]
                == ["after"],
                "the agent has it",
            )
            page = await bob.history(Uid("ann"))
            assert [m.body for m in page.messages] == ["before", "after"]


def test_the_secret_and_its_directory_are_private(tmp_path: Path) -> None:
    """The directory is 0700 and the secret 0600; a second start keeps the secret."""
    with serving(tmp_path / "data") as server:
        assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((server.data_dir / "secret").stat().st_mode) == 0o600
        first = tokens.read_secret(server.data_dir)
    with serving(tmp_path / "data") as server:
        assert tokens.read_secret(server.data_dir) == first


def test_a_token_is_alone_on_the_last_line(tmp_path: Path) -> None:
    """What is printed verifies with the secret and names whom it was made for."""
    secret = tokens.ensure_secret(tmp_path)
    said = imchat(
        "token", "--role", "agent", "--uid", "ann", "--name", "Ann", "--desk", "sales", "--desk",
        "returns", "--capacity", "5", "--ttl", "2m", "--data-dir", str(tmp_path),
    )
    assert said.returncode == 0
    claims = jwt.decode(
        said.stdout.splitlines()[-1], secret, algorithms=["HS256"], audience="imchat"
    )
    del claims["exp"]
    assert claims == {
        "sub": "ann", "role": "agent", "name": "Ann", "desks": ["sales", "returns"],
        "capacity": 5, "aud": "imchat",
    }


def test_the_log_can_be_json(tmp_path: Path) -> None:
    """With --log-format json every line of the log is one object."""
    with serving(tmp_path / "data", "--log-format", "json") as server:
        _, logged = server.stop()
    lines = [json.loads(line) for line in logged.splitlines()]
    assert any("listening" in line["message"] for line in lines)


def test_a_settings_file_sets_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option of the file holds where the command line says nothing."""
    (tmp_path / "imchat").mkdir()
    (tmp_path / "imchat" / "config.toml").write_text(
        '[serve]\nlog_format = "json"\ngrace = 5\ntrusted_proxy = ["127.0.0.1", "10.0.0.0/8"]\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with serving(tmp_path / "data") as server:
        _, logged = server.stop()
    assert all(line.startswith("{") for line in logged.splitlines())
