"""A port that several processes are to share, and that nobody else may have meanwhile."""

import socket

import pytest

from imchat.errors import SetupError
from imchat.server.port import reserved, url_of


def listening(port: int, *, shared: bool, host: str = "127.0.0.1") -> socket.socket:
    """A server as asyncio sets it up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, reuse_port=shared)


def test_who_shares_a_reserved_port_can_listen_on_it() -> None:
    """Any number may; while nobody does, a connection is refused and not left to wait."""
    with reserved("127.0.0.1", 0) as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        with listening(port, shared=True), listening(port, shared=True):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with reserved("127.0.0.1", port) as again:
        assert again == port


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])
@pytest.mark.parametrize("shared", [False, True])
def test_a_port_that_somebody_listens_on_is_not_given(host: str, shared: bool) -> None:
    """Not even when that server would share it, nor under another address of this machine."""
    with listening(0, shared=shared) as other:
        port = other.getsockname()[1]
        taken = pytest.raises(SetupError, match=f":{port}: Address already in use")
        with taken, reserved(host, port):
            pass


def test_a_host_with_several_addresses_is_held_at_one_port() -> None:
    """Every address of it, so that the workers find the same port free at each."""
    try:
        listening(0, shared=True, host="::1").close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with (
        reserved("", 0) as port,
        listening(port, shared=True, host="127.0.0.1"),
        listening(port, shared=True, host="::1"),
    ):
        pass
    with (
        listening(0, shared=False, host="::1") as other,
        pytest.raises(SetupError, match="cannot listen"),
        reserved("", other.getsockname()[1]),
    ):
        pass


def test_a_name_that_is_no_host_is_said() -> None:
    """As a server of one process says it."""
    with pytest.raises(SetupError, match="cannot listen on nohost"), reserved("nohost.invalid", 0):
        pass


def test_a_system_that_cannot_share_a_port_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no SO_REUSEPORT."""
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(SetupError, match="leave out --workers"), reserved("127.0.0.1", 0):
        pass


def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    """RFC 3986, 3.2.2."""
    assert url_of("::1", 8765) == "ws://[::1]:8765/ws"
    assert url_of("127.0.0.1", 8765) == "ws://127.0.0.1:8765/ws"
