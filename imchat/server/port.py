"""The port that clients connect to: what it is called, and how several processes share it."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from imchat.errors import SetupError


def url_of(host: str, port: int) -> str:
    """Where clients connect to."""
    return f"ws://{f'[{host}]' if ':' in host else host}:{port}/ws"


def cannot_listen(host: str, port: int, error: OSError) -> SetupError:
    """What to raise when the system does not give us a port."""
    return SetupError(
        f"cannot listen on {host}:{port}: {error.strerror};"
        " is another server running? Give another --port"
    )


@contextlib.contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Hold a port on which processes of this user are to listen with SO_REUSEPORT.

    Gives its number, which is of the system's choice if `port` is 0. The port is bound
    and not listened on, so it gets no connection that nobody would answer. Raises
    SetupError when somebody listens there, or when no port can be shared here.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise SetupError("this system cannot share a port among processes; leave out --workers")
    with contextlib.ExitStack() as held:
        try:
            for family, (address, _, *scope) in _addresses(host, port):
                # Without SO_REUSEPORT first: with it we would be let in beside another
                # server's workers, and clients would reach now the one and now the other.
                with _bound(family, (address, port, *scope), shared=False) as alone:
                    port = alone.getsockname()[1]
                held.enter_context(_bound(family, (address, port, *scope), shared=True))
        except OSError as error:
            raise cannot_listen(host, port, error) from None
        yield port


def _addresses(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    """All that a server on `host` listens on."""
    found = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return [(family, address) for family, *_, address in found]


def _bound(family: int, address: tuple[Any, ...], *, shared: bool) -> socket.socket:
    """A socket set up as the servers of asyncio and uvloop are, which has to stand beside them."""
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
