"""The customers of this node that wait, and the place that each was told last."""

from dataclasses import dataclass

from imchat.ids import ChatId
from imchat.store import facts


@dataclass(frozen=True, slots=True)
class Told:
    """What a waiting customer's screen says."""

    position: int | None
    eta_s: int | None


class Waiting:
    """Kept by listening to every fact that this node tells a customer."""

    def __init__(self) -> None:
        self.told: dict[ChatId, Told] = {}

    def note(self, fact: facts.Told) -> None:
        """Learn from a fact that a customer of this node is told now."""
        match fact:
            case facts.Posted():
                pass  # first, as most are
            case facts.Queued(chat=chat, eta_s=eta_s):
                self.told[chat.id] = Told(chat.position, eta_s)
            case (
                facts.Assigned(chat=chat) | facts.Closed(chat=chat) | facts.Transferred(chat=chat)
            ):  # if it waits elsewhere now, that is told next
                self.told.pop(chat.id, None)
            case _:
                pass

    def forget(self, chat: ChatId, told: Told) -> None:
        """The chat waits no more, and nobody here was told since `told`: its customer is gone."""
        if self.told.get(chat) is told:
            del self.told[chat]
