"""Forgetting a customer."""

import secrets
from collections import Counter
from collections.abc import Callable

from msgspec.msgpack import Decoder

from imchat.ids import Uid
from imchat.store.facts import Fact, Refused
from imchat.store.library import Library


class Erased(Fact, tag="erased", frozen=True, kw_only=True):
    """What is gone by now, by kind: messages, chats, comments, notes, events of the customer.

    Who is `connected` is still known as that; there may be more to do.
    """

    gone: dict[str, int] = {}
    cursor: str = "0"
    more: bool = False
    connected: bool = False


_ERASED: "Decoder[Erased | Refused]" = Decoder(Erased | Refused)


class Erasing:
    """Of a site."""

    library: Library

    async def erase(self, customer: Uid, *, passed: Callable[[], object] = lambda: None) -> Erased:
        """Remove all that is of a customer, and its name from the log; what is counted stays.

        `passed` hears of each part that is done. The store is asked to write its file anew,
        without it. Raises Conflict while the customer has an
        open chat, or another is being erased, and Unavailable; then it is to be done again.
        """
        gone: Counter[str] = Counter()
        part = Erased(more=True)
        while part.more:
            part = await self.library.call("erase", _ERASED, customer=customer, cursor=part.cursor)
            gone.update(part.gone)
            passed()
        connected = part.connected
        call, part = secrets.token_hex(8), Erased(more=True)
        begins = True
        while part.more:
            part = await self.library.call(
                "erase_events", _ERASED, customer=customer, call=call, begins=begins
            )
            begins = False
            gone.update(part.gone)
            passed()
        await self.library.compact()
        return Erased(gone=dict(gone), connected=connected)
