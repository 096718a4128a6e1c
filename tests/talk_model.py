"""What customers and agents say, a second time: a list for each two, whoever they are."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.model import Refused, Role
from tests.site_model import Site

Pair = tuple[str, str]


@dataclass(frozen=True)
class Message:
    """What is stored, and what acks it."""

    seq: int
    chat: int
    at: int
    sender: str
    to: str
    id: str
    body: str


class Talk(Site):
    """A site where people talk. `now` gives the time, ms."""

    def __init__(self, now: Callable[[], int], **limits: int) -> None:
        super().__init__(**limits)
        self.said: dict[Pair, list[Message]] = {}
        self.pushed: dict[str, list[tuple[str, Message]]] = {}
        """By node: what its inbox was given, and for whom, in order."""
        self.marks: dict[int, dict[Role, int]] = {}
        """By chat: up to where each side has read."""
        self._now = now
        self._asking: str | None = None

    def between(self, one: str, other: str) -> list[Message]:
        """The conversation of two, in order."""
        return self.said.setdefault((min(one, other), max(one, other)), [])

    def _open(self, sender: str, to: str, role: Role) -> int:
        customer, agent = (sender, to) if role == "customer" else (to, sender)
        for ticket in self.open_chats(customer):
            if self.chats[ticket].agent == agent:
                return ticket
        raise Refused("not_found")

    def post(
        self, sender: str, to: str, role: Role, id: str, body: str, connection: str | None
    ) -> Message:
        """Gives what was stored, now or when this id came first. Raises Refused."""
        for message in self.between(sender, to):
            if (message.sender, message.id) == (sender, id):
                return message
        ticket = self._open(sender, to, role)
        seq = len(self.between(sender, to)) + 1
        message = Message(seq, ticket, self._now(), sender, to, id, body)
        self.between(sender, to).append(message)
        self._push(to, message, None)
        self._push(sender, message, connection)
        return message

    def _push(self, uid: str, message: Message, but: str | None) -> None:
        others = [c for c in self.connections_of(uid) if c != but]
        for node in {self.node_of[connection] for connection in others}:
            self.pushed.setdefault(node, []).append((uid, message))

    def typing(self, sender: str, to: str, role: Role) -> None:
        """Raises Refused, and does no more."""
        self._open(sender, to, role)

    def read(self, sender: str, to: str, role: Role, seq: int) -> None:
        """Never takes back what was read, and reads nothing that is not there."""
        marks = self.marks[self._open(sender, to, role)]
        marks[role] = max(marks[role], min(seq, len(self.between(sender, to))))

    # --- the topic, which the customer says to each agent of its chat once ------------

    def request(
        self, customer: str, desk: str, *, connection: str, call: int, topic: str | None = None
    ) -> int:
        self._asking = connection
        try:
            return super().request(customer, desk, connection=connection, call=call, topic=topic)
        finally:
            self._asking = None

    def _give_to(self, ticket: int, uid: str) -> None:
        super()._give_to(ticket, uid)
        chat = self.chats[ticket]
        last = len(self.between(chat.customer, uid))
        self.marks[ticket] = {"customer": last, "agent": last}
        if chat.topic:
            self.post(
                chat.customer, uid, "customer", f"topic-{ticket}", chat.topic, self._asking
            )
