"""An agent's chats: which slot each has, and those that ended last. Pure."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from imchat.ids import ChatId, Uid
from imchat.protocol import Chat

RECENT = 8
"""Chats that ended and stay within reach."""


@dataclass(frozen=True, slots=True)
class Past:
    """A chat that ended: how, in a word or two, and when (ms)."""

    chat: Chat
    how: str
    at: int


class Caseload:
    """The open chats by slot, and the recent ones.

    A chat takes the lowest free slot and keeps it until it ends, so that a number means
    the same customer all the time. What was *heard* is kept, not what the client knows
    by now: a chat must not be gone from one place before it has come to another.
    """

    def __init__(self) -> None:
        self._slots: dict[int, Chat] = {}
        self._past: list[Past] = []

    @property
    def slots(self) -> list[tuple[int, Chat]]:
        """The open chats with their slots, from 1 up."""
        return sorted(self._slots.items())

    @property
    def recent(self) -> list[Past]:
        """The chats that ended last, newest first; not those of customers who are back."""
        here = {chat.customer for chat in self._slots.values()}
        return [past for past in self._past if past.chat.customer not in here]

    @property
    def chats(self) -> list[Chat]:
        """All, in the order of the list."""
        return [chat for _, chat in self.slots] + [past.chat for past in self.recent]

    def get(self, id: ChatId | None) -> Chat | None:
        """The chat that is open under this id."""
        return next((chat for chat in self._slots.values() if chat.chat == id), None)

    def in_slot(self, number: int) -> Chat | None:
        """The chat that has this slot."""
        return self._slots.get(number)

    def sync(self, chats: Iterable[Chat]) -> None:
        """Take the server's word on what is open."""
        chats = list(chats)
        open_now = {chat.chat for chat in chats}
        self._slots = {n: chat for n, chat in self._slots.items() if chat.chat in open_now}
        for chat in chats:
            self.opened(chat)

    def opened(self, chat: Chat) -> None:
        """A chat is this agent's, or is known better now."""
        slot = self._slot_of(chat.chat)
        if slot is None:
            slot = next(n for n in range(1, len(self._slots) + 2) if n not in self._slots)
        self._slots[slot] = chat
        self._past = [past for past in self._past if past.chat.chat != chat.chat]

    def ended(self, chat: Chat, how: str, at: int, *, kept: Container[Uid] = ()) -> None:
        """A chat is this agent's no more.

        Those of the customers in `kept` stay, beside the RECENT newest.
        """
        slot = self._slot_of(chat.chat)
        if slot is not None:
            del self._slots[slot]
        # The server's last word on it may have been missed, or come late; and of one customer's
        # chats, which are one conversation, the newest is enough.
        others = [past for past in self._past if past.chat.chat != chat.chat]
        ended = Past(replace(chat, state="closed"), how, at)
        newest_first = sorted([ended, *others], key=lambda past: -past.at)
        past: list[Past] = []
        for one in newest_first:
            if one.chat.customer not in {newer.chat.customer for newer in past}:
                past.append(one)
        self._past = past[:RECENT] + [p for p in past[RECENT:] if p.chat.customer in kept]

    def _slot_of(self, id: ChatId) -> int | None:
        return next((n for n, chat in self._slots.items() if chat.chat == id), None)
