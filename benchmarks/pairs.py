"""A pair that speaks imchat's protocol, also with a relay: `python -m benchmarks.pairs`."""

import msgspec

from benchmarks.load import BODY, Pair, id_in, lost, main
from benchmarks.wire import Wire, dial
from imchat import protocol
from imchat.ids import Uid
from imchat.tokens import uid_in


class ImchatPair(Pair):
    """A customer that was given its agent by the server."""

    _customer: Wire
    _agent: Uid
    _to: bytes

    async def begin(self, tokens: tuple[str, str]) -> None:
        """Connect both and have the customer assigned."""
        self._agent = uid_in(tokens[1])
        for url, token, heard in (
            (self.task.urls[-1], tokens[1], self._agent_heard),
            (self.task.urls[0], tokens[0], self._customer_heard),
        ):
            self._customer = await dial(
                url, protocol.Hello(token=token), heard, lost, address="127.0.0.1"
            )
        await self.ready.wait()

    def write(self, id: int) -> None:
        self._customer.write(
            b'{"type":"message","id":"%d","to":"%s","body":"%s"}' % (id, self._to, BODY)
        )

    def _agent_heard(self, _: Wire, data: bytes) -> None:
        if data.startswith(b'{"type":"message"'):
            self.delivered(id_in(data), also_acked=self.task.relay)

    def _customer_heard(self, wire: Wire, data: bytes) -> None:
        if data.startswith(b'{"type":"ack"'):
            self.acked(id_in(data))
        elif data.startswith(b'{"type":"welcome"'):
            if self.task.relay:
                self._talk_to(self._agent)
            else:
                wire.say(protocol.Request())
        elif data.startswith(b'{"type":"assigned"'):
            self._talk_to(msgspec.json.decode(data)["chat"]["agent"])

    def _talk_to(self, agent: str) -> None:
        self._to = agent.encode()
        self.ready.set()


if __name__ == "__main__":
    main(ImchatPair)
