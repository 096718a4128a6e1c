"""Which address a connection comes from, and how many of this node come from each."""

import ipaddress
import logging
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from imchat.server import limits

log = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV6_PREFIX = 64
"""Bits; what follows them, whoever has the first may choose freely."""
WARN_EVERY_S = 60.0


class Addresses:
    """Counts connections by address; those of trusted proxies by whom they are forwarded for."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = [ipaddress.ip_network(network) for network in trusted]
        self._open: Counter[str] = Counter()
        self._warned_at = -math.inf

    def of(self, peer: str, forwarded_for: Iterable[str]) -> str | None:
        """What a connection counts for; None if a trusted proxy does not say for whom it is.

        `forwarded_for` are the values of its X-Forwarded-For headers. Each proxy adds
        whom it heard from to the end, so only what trusted ones added is believed.
        """
        for text in (peer, *_backwards(forwarded_for)):
            address = _parsed(text)
            if address is None:
                return text
            if not any(address in network for network in self._trusted):
                return _counted_as(address)
        return None

    def enter(self, address: str) -> bool:
        """Count a connection, unless the address has as many as it may; gives whether it did."""
        if self._open[address] < limits.CONNECTIONS_AN_ADDRESS:
            self._open[address] += 1
            return True
        self._warn(address)
        return False

    def leave(self, address: str) -> None:
        """A connection that was counted is gone."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def _warn(self, address: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= WARN_EVERY_S:
            self._warned_at = now
            log.warning(
                "%s has %d connections and gets no more; if it is a proxy, name it with"
                " --trusted-proxy", address, limits.CONNECTIONS_AN_ADDRESS,
            )


def _backwards(values: Iterable[str]) -> Iterator[str]:
    """The entries of a list that stands in any number of headers, the last one first."""
    entries = (entry.strip() for entry in ",".join(values).split(","))
    return reversed([entry for entry in entries if entry])


def _parsed(text: str) -> Address | None:
    """The address, which some write with a port and IPv6 then in brackets; None for another name.

    An IPv4 address is one, also when it is written as IPv6.
    """
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _counted_as(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address), IPV6_PREFIX), strict=False))
