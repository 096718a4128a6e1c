"""What the tests of a conversation say it in: messages made up, lines told by number and id."""

from imchat.client import Conversation
from imchat.ids import ChatId, Uid
from imchat.protocol import StoredMessage

ME = Uid("ann")
PEER = Uid("bob")
CHAT = ChatId("1")


def message(seq: int, *, id: str = "", sender: Uid = PEER, chat: ChatId = CHAT) -> StoredMessage:
    """What the server stores as number `seq`."""
    to = ME if sender == PEER else PEER
    id = id or f"their-{seq}"
    return StoredMessage(
        chat=chat, seq=seq, id=id, sender=sender, to=to, body=f"body of {id}", at=1000 + seq
    )


def seqs(messages: list[StoredMessage]) -> list[int]:
    """Their numbers, in the order given."""
    return [message.seq for message in messages]


def stored(conversation: Conversation) -> list[int]:
    """The numbers of the lines that are stored, in the order shown."""
    return [line.seq for line in conversation.lines if line.seq is not None]


def sending(conversation: Conversation) -> list[str]:
    """The ids of the lines that are not stored, in the order shown."""
    return [line.id for line in conversation.lines if line.seq is None]
