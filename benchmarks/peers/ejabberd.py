"""ejabberd as a distribution packages it: acked by nobody; stored only with mod_mam.

It needs no root and no ejabberdctl: the virtual machine is started on a configuration, a
database and a log of its own, in a temporary directory.
"""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.peers.environment import NotHere, free_port
from benchmarks.servers import SECRET, Running

PASSWORD = "secret"
ACCOUNTS = 50

_CONFIG = """\
hosts: [localhost]
loglevel: none
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: false, access: all}}
auth_method: internal
auth_password_format: plain
modules: {modules}
"""
_MAM = "{mod_mam: {default: always, db_type: mnesia}}"
_BEGIN = """\
{{ok, _}} = application:ensure_all_started(ejabberd),
[ok = ejabberd_auth:try_register(<<Who/binary, (integer_to_binary(N))/binary>>,
    <<"localhost">>, <<"{password}">>)
    || Who <- [<<"customer-">>, <<"agent-">>], N <- lists:seq(0, {last})],
io:format("ready~n").
"""


@contextlib.asynccontextmanager
async def running(*, stored: bool = False) -> AsyncIterator[Running]:
    """One server that knows everybody. Raises NotHere when it is not installed."""
    libraries = _libraries()
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        config = _configure(Path(directory), port, stored=stored)
        server = await asyncio.create_subprocess_exec(
            "erl", "+K", "true", "-noinput", "-mnesia", "dir", f'"{directory}/mnesia"',
            "-eval", _BEGIN.format(password=PASSWORD, last=ACCOUNTS - 1),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {
                "ERL_LIBS": libraries,
                "EJABBERD_CONFIG_PATH": str(config),
                "EJABBERD_LOG_PATH": f"{directory}/ejabberd.log",
            },
        )
        assert server.stdout is not None
        try:
            async for line in server.stdout:
                if line == b"ready\n":
                    break
            else:
                raise NotHere("it did not start")
            yield Running(
                [f"xmpp://127.0.0.1:{port}"], [server.pid], None, SECRET,
                load="benchmarks.peers.ejabberd_load",
            )
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.kill()
            await server.wait()


def _configure(directory: Path, port: int, *, stored: bool) -> Path:
    path = directory / "ejabberd.yml"
    path.write_text(_CONFIG.format(port=port, modules=_MAM if stored else "{}"))
    return path


def _libraries() -> str:
    """Where ejabberd's part of the Erlang libraries is, as its own command knows."""
    command = shutil.which("ejabberdctl")
    if command is None or shutil.which("erl") is None:
        raise NotHere("it is not installed (apt-get install ejabberd)")
    found = re.search(r"^ERL_LIBS='?([^'\n]+)'?$", Path(command).read_text(), re.MULTILINE)
    if found is None:
        raise NotHere(f"{command} does not say where its libraries are")
    return found[1]
