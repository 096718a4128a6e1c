"""A pair that speaks XMPP over TCP: `python -m benchmarks.peers.ejabberd_load`.

It reads no XML, only what it must know of it, as the other loads read no more JSON than
they must. A delivery takes the place of the ack, which plain XMPP has not.
"""

import asyncio
import base64
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from benchmarks.load import BODY, Pair, lost, main
from benchmarks.peers.ejabberd import PASSWORD
from imchat.tokens import uid_in

_OPEN = (
    b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams'>"
)
_AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>"
_BIND = b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
_END = b"</message>"
_ids = re.compile(rb"<message [^>]*\bid='(\d+)'").findall


class Stream(asyncio.Protocol):
    """One connection; `heard` is called with the id of each message."""

    def __init__(self, uid: str, heard: Callable[[bytes], None]) -> None:
        plain = base64.b64encode(f"\0{uid}\0{PASSWORD}".encode())
        self._steps = [
            (b"</stream:features>", _AUTH % plain),
            (b"<success", _OPEN),
            (b"</stream:features>", _BIND),
            (b"</iq>", b"<presence/>"),
            (b"<presence", b""),
        ]
        self._heard = heard
        self._rest = b""
        self.ready = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Send a stanza."""
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.write(_OPEN)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if self._steps:
            self._rest = self._begin(data)
            return
        end = data.rfind(_END)
        if end < 0:
            self._rest = data
            return
        self._rest = data[end + len(_END) :]
        for id in _ids(data[:end]):
            self._heard(id)

    def _begin(self, data: bytes) -> bytes:
        awaited, then = self._steps[0]
        if awaited not in data:
            return data
        del self._steps[0]
        self.write(then)
        if not self._steps:
            self.ready.set()
        return b""

    def connection_lost(self, exc: Exception | None) -> None:
        lost(self)


class XmppPair(Pair):
    """A customer that knows its agent's address."""

    _customer: Stream

    async def begin(self, tokens: tuple[str, str]) -> None:
        """Connect both."""
        target = urlsplit(self.task.urls[0])
        assert target.hostname is not None
        assert target.port is not None
        self._to = uid_in(tokens[1]).encode()
        for token in reversed(tokens):
            uid = uid_in(token)
            _, self._customer = await asyncio.get_running_loop().create_connection(
                lambda uid=uid: Stream(uid, self._arrived),  # type: ignore[misc]
                target.hostname, target.port,
            )
            await self._customer.ready.wait()

    def write(self, id: int) -> None:
        self._customer.write(
            b"<message to='%s@localhost' type='chat' id='%d'><body>%s</body></message>"
            % (self._to, id, BODY)
        )

    def _arrived(self, id: bytes) -> None:
        self.delivered(id, also_acked=True)


if __name__ == "__main__":
    main(XmppPair)
