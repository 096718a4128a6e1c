"""Reading what was said long ago."""

from msgspec.msgpack import Decoder

from imchat.ids import Desk, Uid
from imchat.store.facts import Past, PastPlace, Refused
from imchat.store.library import Library

_PAST: "Decoder[Past | Refused]" = Decoder(Past | Refused)


class Remembering:
    """Of a site. Raises Unavailable when the store does not answer."""

    library: Library

    async def past(
        self,
        place: PastPlace,
        *,
        agent: Uid | None = None,
        desk: Desk | None = None,
        customer: Uid | None = None,
        messages: bool = True,
    ) -> Past:
        """A bounded part of all chats there are, the oldest first, and what was said in them.

        A chat that is cut short comes again with the rest. Of an `agent`, a `desk` or a `customer`,
        if given, the messages alone are read: the other chats come without.
        """
        return await self.library.call(
            "past", _PAST, ticket=place.ticket, skip=place.skip, agent=agent, desk=desk,
            customer=customer, messages=messages,
        )
