"""Makes text that others wrote harmless before anything shows, logs or stores it."""

import msgspec

from imchat import protocol

_REPLACED = [*range(0x20), 0x7F, *range(0x80, 0xA0)]
_KEPT = [0x0A, 0x09]
# Marks, embeddings, overrides and isolates that reorder what stands around them.
_DROPPED = [0x0D, 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]

_TABLE: dict[int, str | None] = (
    dict.fromkeys(_REPLACED, "\N{REPLACEMENT CHARACTER}")
    | {code: chr(code) for code in _KEPT}
    | dict.fromkeys(_DROPPED)
)


def clean(text: str) -> str:
    """`text` without what a terminal obeys instead of showing.

    C0 but newline and tab, DEL and C1 become U+FFFD; carriage returns and the
    bidirectional controls go.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_TABLE)


def clean_line(text: str) -> str:
    """`clean`, for what is shown on one line: names, topics."""
    return " ".join(clean(text).split())


def clean_chat(chat: protocol.Chat) -> protocol.Chat:
    """The chat with its names and topic cleaned."""
    return msgspec.structs.replace(
        chat,
        customer_name=clean_line(chat.customer_name),
        agent_name=None if chat.agent_name is None else clean_line(chat.agent_name),
        topic=None if chat.topic is None else clean(chat.topic),
    )


def clean_frame(frame: protocol.ServerFrame) -> protocol.ServerFrame:
    """The frame with every text that a person wrote cleaned."""
    replace = msgspec.structs.replace
    match frame:
        case protocol.Message(body=body):
            return replace(frame, body=clean(body))
        case protocol.History(messages=messages):
            return replace(frame, messages=[replace(m, body=clean(m.body)) for m in messages])
        case protocol.Assigned() | protocol.Waiting() | protocol.Closed():
            return replace(frame, chat=clean_chat(frame.chat))
        case protocol.Welcome(chats=chats, name=name):
            return replace(
                frame, name=clean_line(name), chats=[clean_chat(chat) for chat in chats]
            )
        case protocol.Snapshot(agents=agents):
            return replace(
                frame, agents=[replace(agent, name=clean_line(agent.name)) for agent in agents]
            )
        case protocol.Error(message=message):
            return replace(frame, message=clean_line(message))
    return frame
