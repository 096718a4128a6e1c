"""What a customer is told of its chat, in the same words on a screen and in plain lines."""

from imchat import protocol
from imchat.protocol.words import CloseReason

_ENDED: dict[CloseReason, str] = {
    "customer": "You closed the chat.",
    "agent": "{agent} closed the chat.",
    "supervisor": "A supervisor closed the chat.",
    "disconnected": "The chat was closed while you were away.",
    "left_queue": "You left the queue.",
}


def agent_of(chat: protocol.Chat | None) -> str:
    """The name of who serves in a chat; empty when nobody does."""
    return (chat.agent_name or chat.agent or "") if chat is not None else ""


def ended(chat: protocol.Chat, reason: CloseReason) -> str:
    """How a chat ended."""
    return _ENDED[reason].format(agent=agent_of(chat) or "The agent")


def duration(seconds: int) -> str:
    """A time to come, no more precisely than it is known."""
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    return f"{round(seconds / 60)} minutes"


def had_agent(before: protocol.Chat | None, now: protocol.Chat) -> bool:
    """Whether somebody served in this chat who does so no more."""
    return (
        before is not None
        and before.chat == now.chat
        and before.agent is not None
        and before.agent != now.agent
    )


def passed_on(before: protocol.Chat | None, frame: protocol.Transferred) -> str:
    """Who gave a chat to somebody else: who served in it, or a supervisor."""
    by = agent_of(before) if frame.by == frame.sender else ""
    return f"{by or 'A supervisor'} passed you on."
