"""Which address a connection counts for. Pure."""


import pytest

from imchat.server.addresses import Addresses

PROXIES = ["10.0.0.0/8", "2001:db8:aaaa::/48"]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "counted"),
    [
        # who is no proxy is whom it comes from
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        # of IPv6 the first half says who it is; an IPv4 address may be written as IPv6
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("::1", [], "::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        # proxies
        ("10.0.0.1", [], None),
        ("::ffff:10.0.0.1", [], None),
        ("10.0.0.1", [""], None),
        ("10.0.0.1", [" , ,"], None),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("2001:db8:aaaa::1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1 , 10.0.0.2", "10.0.0.3,"], "192.0.2.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], None),
        ("10.0.0.1", ["2001:db8:1:2::7"], "2001:db8:1:2::/64"),
        # some add a port
        ("10.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("10.0.0.1", ["[2001:db8:1:2::7]:4711"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["[2001:db8:1:2::7]"], "2001:db8:1:2::/64"),
        # or write another name
        ("10.0.0.1", ["192.0.2.1, unknown"], "unknown"),
        ("10.0.0.1", ["192.0.2.1, _hidden"], "_hidden"),
        ("10.0.0.1", ["]["], "]["),
    ],
)
def test_whom_a_connection_counts_for(
    peer: str, forwarded_for: list[str], counted: str | None
) -> None:
    """The last one in the chain that no trusted proxy is."""
    assert Addresses(PROXIES).of(peer, forwarded_for) == counted


def test_what_is_gone_is_forgotten() -> None:
    """Nothing is kept of an address without connections."""
    addresses = Addresses([])
    for _ in range(2):
        assert addresses.enter("a")
    addresses.leave("a")
    assert dict(addresses._open) == {"a": 1}
    addresses.leave("a")
    assert dict(addresses._open) == {}
