"""What happened and how things stand, as the Lua library tells it. Knows no wire.

Times are milliseconds of the store's clock. Facts travel as MessagePack maps with
their kind in `fact`, both as return values and in the streams.
"""

from typing import Literal

from msgspec import Raw, Struct

from imchat.ids import ChatId, Desk, Uid


class Fact(Struct, tag_field="fact", frozen=True, kw_only=True):
    """Something that is so."""


class Chat(Struct, frozen=True, kw_only=True):
    """The life of a chat, with what reports need of it.

    `wait_ms` adds up every time in the queue; `pending_at` is when the oldest
    unanswered customer message came; `responses` and `response_ms` count and add up
    the agents' answers (consecutive customer messages count once); `first_reply_at` is
    the present agent's. `position` counts
    from 1 while the chat waits; `last_seq` is the conversation's with this agent.
    """

    id: ChatId
    state: Literal["waiting", "active", "closed"]
    desk: Desk
    customer: Uid
    customer_name: str
    opened_at: int
    queued_at: int
    last_seq: int
    wait_ms: int
    requeues: int
    transfers: int = 0
    messages_customer: int
    messages_agent: int
    responses: int
    response_ms: int
    agent: Uid | None = None
    agent_name: str | None = None
    topic: str | None = None
    position: int | None = None
    assigned_at: int | None = None
    first_reply_at: int | None = None
    pending_at: int | None = None
    closed_at: int | None = None
    by: str | None = None
    reason: Literal["customer", "agent", "supervisor", "disconnected", "left_queue"] | None = None
    read_by_customer: int = 0
    read_by_agent: int = 0
    after_seq: int | None = None
    score: int | None = None
    """How the customer rated it, 1 to 5."""
    comment: str | None = None


class Assigned(Fact, tag="assigned", frozen=True, kw_only=True):
    """The chat is with its agent; `topic` is the message that the topic became, if it did."""

    chat: Chat
    topic: str | None = None


class Queued(Fact, tag="queued", frozen=True, kw_only=True):
    """The chat waits; `eta_s` is None until the desk's queue has moved."""

    chat: Chat
    eta_s: int | None = None


class Closed(Fact, tag="closed", frozen=True, kw_only=True):
    chat: Chat


class Transferred(Fact, tag="transferred", frozen=True, kw_only=True):
    """The chat as it is now; `sender` had it before, None if it waited."""

    chat: Chat
    sender: Uid | None = None
    by: Uid


class Rated(Fact, tag="rated", frozen=True, kw_only=True):
    chat: Chat


class AgentStatus(Fact, tag="status", frozen=True, kw_only=True):
    """How the agent stands; `by` is who said so, None at a hello."""

    uid: Uid
    state: Literal["online", "away"]
    load: int
    capacity: int
    by: Uid | None = None


class Posted(Fact, tag="posted", frozen=True, kw_only=True):
    """A message was stored; `message` is the stored JSON."""

    message: str


class Typing(Fact, tag="typing", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid
    to: Uid


class Read(Fact, tag="read", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid
    to: Uid
    seq: int


Told = Assigned | Queued | Closed | Transferred | Rated | AgentStatus | Posted | Typing | Read
"""What a node finds in its inbox."""


class Heard(Struct, frozen=True, array_like=True):
    """What an inbox holds: a fact for all connections of `to` but `skip`."""

    to: Uid
    skip: str
    fact: Told


# --- what only the caller of a function hears -------------------------------


class Refused(Fact, tag="refused", frozen=True, kw_only=True):
    """Nothing was changed; `code` is one of `imchat.errors`."""

    code: str
    message: str


class Done(Fact, tag="done", frozen=True, kw_only=True):
    """Nothing more to say."""


class Ended(Struct, frozen=True, kw_only=True):
    """A chat that ended between a uid and `peer`; `after` is the seq before its first message."""

    chat: Chat
    peer: Uid
    after: int


class Present(Fact, tag="present", frozen=True, kw_only=True):
    """The connection is known; the chats of its uid, and how an agent stands."""

    at: int
    chats: list[Chat]
    """The open ones."""
    ended: list[Ended] = []
    """Those that ended since the time that was asked for."""
    status: AgentStatus | None = None


class Note(Struct, frozen=True, kw_only=True):
    by: Uid
    at: int
    body: str


class Customer(Fact, tag="customer", frozen=True, kw_only=True):
    """What the staff knows of a customer: chats that ended, newest first; notes, oldest first."""

    uid: Uid
    chats: list[Chat]
    notes: list[Note]


class PostResult(Struct, frozen=True, kw_only=True, array_like=True):
    """`seq`, `chat` and `at` of the stored message, or `refused` with its `message`."""

    seq: int = 0
    chat: ChatId = ChatId("")
    at: int = 0
    refused: str | None = None
    message: str = ""


class Stored(Fact, tag="stored", frozen=True, kw_only=True):
    results: list[PostResult]


class Page(Fact, tag="page", frozen=True, kw_only=True):
    """Stored messages as JSON, oldest first; `more` in the direction asked for.

    `last_seq` is the conversation's.
    """

    messages: list[str]
    more: bool
    last_seq: int


class Lease(Fact, tag="lease", frozen=True, kw_only=True):
    """Whether the node still lives, and the names of the streams it reads."""

    held: bool
    inbox: str
    events: str


class Swept(Fact, tag="swept", frozen=True, kw_only=True):
    count: int


class Positions(Fact, tag="positions", frozen=True, kw_only=True):
    waiting: list[Queued]


class Agent(Struct, frozen=True, kw_only=True):
    """An agent that is not offline; `moved` orders the agents of a tier by arrival."""

    uid: Uid
    name: str
    state: Literal["online", "away"]
    in_grace: bool
    load: int
    capacity: int
    desks: list[Desk]
    customers: list[Uid]
    chats: list[ChatId]
    moved: int


class Head(Struct, frozen=True):
    customer: Uid
    chat: ChatId
    since: int


class DeskQueue(Struct, frozen=True):
    name: Desk
    waiting: int
    head: list[Head]


class Totals(Struct, frozen=True):
    """Counts since the site began."""

    requested: int
    assigned: int
    closed: int
    abandoned: int
    messages: int


class Site(Fact, tag="site", frozen=True, kw_only=True):
    """All of a site as of one moment."""

    at: int
    agents: list[Agent]
    desks: list[DeskQueue]
    totals: Totals


class Event(Struct, frozen=True, kw_only=True):
    """An entry of the site's audit log; `call.lua` says which there are.

    `position` orders the entries. What a later release says besides is left out.
    """

    position: tuple[int, int]
    at: int
    what: str
    chat: str = ""
    customer: str = ""
    agent: str = ""
    desk: str = ""
    tier: int | None = None
    reason: str = ""
    by: str = ""
    to: str = ""
    state: str = ""
    score: int | None = None


class RawLog(Fact, tag="log", frozen=True, kw_only=True):
    """Entries by their ids, each with its fields and values in turn."""

    read_to: str
    events: list[tuple[str, list[str]]]


class HalfRead(Struct, frozen=True):
    """A hash that the audit has looked at up to a cursor."""

    key: str
    cursor: str


class Place(Struct, frozen=True):
    """Where the audit goes on."""

    cursor: str
    hashes: list[HalfRead]


class Audit(Fact, tag="audit", frozen=True, kw_only=True):
    """A part of the audit: every fault as a sentence, how many of what it looked at."""

    faults: list[str]
    looked_at: dict[str, int]
    place: Place | None = None


class Examined(Struct, frozen=True, kw_only=True):
    """The audit as a whole; no fault is what should be.

    `nodes` to `waiting` were looked at together, at one moment; `closed` chats,
    `conversations` and their `messages` one after the other; `keys` is all of it. What
    the store moved meanwhile may have been counted twice.
    """

    faults: list[str]
    nodes: int = 0
    connections: int = 0
    agents: int = 0
    active: int = 0
    waiting: int = 0
    closed: int = 0
    conversations: int = 0
    messages: int = 0
    keys: int = 0


class PastChat(Struct, frozen=True, kw_only=True):
    """A chat as the analyses read it; each of its messages is the stored JSON, still packed.

    So that one that is no text does not spoil the others.
    """

    id: ChatId
    customer: Uid
    desk: Desk
    state: Literal["waiting", "active", "closed"]
    opened_at: int
    messages: list[Raw]
    customer_name: str = ""
    agent: Uid | None = None
    agent_name: str = ""
    assigned_at: int | None = None
    closed_at: int | None = None
    reason: str | None = None
    score: int | None = None


class PastPlace(Struct, frozen=True, array_like=True):
    """Where reading goes on: at a ticket, after so many seqs of its chat."""

    ticket: int
    skip: int = 0


class Past(Fact, tag="past", frozen=True, kw_only=True):
    """A part of all chats, by their tickets; `next` is None after the last of them."""

    chats: list[PastChat]
    last_ticket: int
    next: PastPlace | None = None
