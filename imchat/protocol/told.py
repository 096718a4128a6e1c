"""What a server sends; a frame is named by what it tells."""

from typing import Literal

from msgspec import Struct, field

from imchat.ids import ChatId, Desk, Uid
from imchat.protocol.words import ChatStatus, CloseReason, Frame, Role


class Chat(Struct, frozen=True, kw_only=True):
    """CHAT of the protocol. `position` counts from 1 and is null unless waiting.

    The messages of the chat with its agent begin behind `after_seq`.
    """

    chat: ChatId
    desk: Desk
    customer: Uid
    agent: Uid | None
    state: ChatStatus
    opened_at: int
    assigned_at: int | None
    last_seq: int
    position: int | None
    customer_name: str
    agent_name: str | None
    topic: str | None
    read_by_customer: int
    read_by_agent: int
    after_seq: int | None = None
    score: int | None = None
    """How the customer rated it, 1 to 5."""
    closed_at: int | None = None
    reason: CloseReason | None = None
    """Why it was closed; null while it is open, or if the server does not tell."""
    wait_ms: int | None = None
    """How long the customer stood in queues, without a wait that is not over; null if the
    server does not tell."""


class AgentStatus(Struct, frozen=True, kw_only=True):
    """How an agent stands."""

    state: Literal["online", "away"]
    load: int
    capacity: int


class Ended(Struct, frozen=True, kw_only=True, rename={"peer": "with"}):
    """A chat that ended between this uid and `peer`, whose messages there begin behind `after`."""

    chat: Chat
    peer: Uid
    after: int


class Welcome(Frame, tag="welcome", frozen=True, kw_only=True):
    uid: Uid
    role: Role
    name: str
    node: str
    at: int
    chats: list[Chat]
    ended: list[Ended] = []
    """Those chats that ended since the time that hello gave."""
    status: AgentStatus | None = None
    """An agent's; null for others."""


class Assigned(Frame, tag="assigned", frozen=True, kw_only=True):
    chat: Chat


class Waiting(Frame, tag="waiting", frozen=True, kw_only=True):
    """`eta_s` is null until the desk has served enough of its queue to tell."""

    chat: Chat
    position: int
    eta_s: int | None


class Status(Frame, tag="status", frozen=True, kw_only=True):
    uid: Uid
    state: Literal["online", "away", "offline"]
    load: int
    capacity: int
    by: Uid | None = None
    """Who said so; null if the server does not tell."""


class Ack(Frame, tag="ack", frozen=True, kw_only=True):
    id: str
    chat: ChatId
    seq: int
    at: int


class StoredMessage(Struct, frozen=True, kw_only=True):
    """MESSAGE of the protocol, as it stands in a history."""

    chat: ChatId
    seq: int
    id: str
    sender: Uid = field(name="from")
    to: Uid
    body: str
    at: int


class Message(StoredMessage, tag_field="type", tag="message", frozen=True, kw_only=True):
    """A message pushed to who did not send it on this connection."""


class History(Frame, tag="history", frozen=True, kw_only=True):
    """Oldest first; `more` says that there is more in the direction asked for.

    `last_seq` is the conversation's at that moment: what is missing up to there, and
    not for want of room, has expired. Of a conversation `between` two others `peer` is
    the second.
    """

    peer: Uid = field(name="with")
    between: tuple[Uid, Uid] | None = None
    messages: list[StoredMessage]
    more: bool
    last_seq: int


class Typing(Frame, tag="typing", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid = field(name="from")
    to: Uid


class Read(Frame, tag="read", frozen=True, kw_only=True):
    chat: ChatId
    sender: Uid = field(name="from")
    to: Uid
    seq: int


class Closed(Frame, tag="closed", frozen=True, kw_only=True):
    chat: Chat
    by: str
    reason: CloseReason


class Rated(Frame, tag="rated", frozen=True, kw_only=True):
    """The customer rated a chat of its own; its `score` says how."""

    chat: Chat


class Transferred(Frame, tag="transferred", frozen=True, kw_only=True):
    """The chat as it is now: with another agent, or waiting at a desk; `sender` had it before.

    `by` is the agent itself or a supervisor, who may also move a chat that waits; then
    `sender` is null.
    """

    chat: Chat
    sender: Uid | None = field(name="from")
    by: Uid


class Note(Struct, frozen=True, kw_only=True):
    by: Uid
    at: int
    body: str


class Customer(Frame, tag="customer", frozen=True, kw_only=True):
    """What is known of a customer: chats that ended, newest first, and notes, oldest first."""

    uid: Uid
    chats: list[Chat]
    notes: list[Note]


class Colleague(Struct, frozen=True, kw_only=True):
    """An agent that is there, as other agents are told of it."""

    uid: Uid
    name: str
    state: Literal["online", "away", "grace"]
    load: int
    capacity: int
    desks: list[Desk]


class Colleagues(Frame, tag="colleagues", frozen=True, kw_only=True):
    """The agents that are there, the asker among them, and how many wait at each desk."""

    at: int
    agents: list[Colleague]
    desks: dict[Desk, int]


class QueueHead(Struct, frozen=True):
    customer: Uid
    chat: ChatId
    since: int


class DeskSnapshot(Struct, frozen=True, kw_only=True):
    """`tiers` holds every online agent by load, in the order of arrival in that tier."""

    tier: int | None
    tiers: dict[str, list[Uid]]
    waiting: int
    oldest_wait_s: int | None
    head: list[QueueHead]


class AgentSnapshot(Colleague, frozen=True, kw_only=True):
    """`chats` are those with `customers`, in their order; a server before them tells none."""

    customers: list[Uid]
    chats: list[ChatId] = []


class Totals(Struct, frozen=True, kw_only=True):
    """Now: `waiting`, `active`, agents by state, `slots`. Since the site began: the rest."""

    waiting: int
    active: int
    online: int
    away: int
    grace: int
    slots: int
    requested: int
    assigned: int
    closed: int
    abandoned: int
    messages: int


class Snapshot(Frame, tag="snapshot", frozen=True, kw_only=True):
    at: int
    desks: dict[str, DeskSnapshot]
    agents: list[AgentSnapshot]
    totals: Totals


class Happening(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of the site's log of events; what `what` and `reason` may be, see the protocol.

    `id` is two numbers with a dash between; compared as a pair they order the entries.
    """

    id: str
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


class Log(Frame, tag="log", frozen=True, kw_only=True):
    """What happened, oldest first."""

    events: list[Happening]


class Today(Struct, frozen=True, kw_only=True):
    """A desk's sums since midnight UTC; times in ms are sums, to be divided by their counts."""

    offered: int = 0
    """Chats that were requested."""
    served: int = 0
    """Those that came to an agent for the first time."""
    abandoned: int = 0
    """Those that ended while they waited and never came to an agent."""
    within_20_s: int = 0
    """Of the served: those that waited no longer than that."""
    within_60_s: int = 0
    wait_ms: int = 0
    """Of the served."""
    replied: int = 0
    """Of the handled: those in which the agent wrote."""
    first_reply_ms: int = 0
    """Of the replied: from the assignment to the agent's first message."""
    handled: int = 0
    """Times of agents with chats that ended: by a close, a transfer, or the loss of the agent."""
    handle_ms: int = 0
    """Of the handled: from the assignment to their end."""


class DeskTrend(Struct, frozen=True, kw_only=True):
    """A number for each step, oldest first; the last step is not over yet."""

    waiting: list[int]
    """The longest that the queue was."""
    arrived: list[int]
    served: list[int]
    today: Today


class Trends(Frame, tag="trends", frozen=True, kw_only=True):
    """The last hour in steps of `step_s`, the last of which holds `at`; and today."""

    at: int
    step_s: int
    desks: dict[str, DeskTrend]


class Report(Frame, tag="report", frozen=True, kw_only=True):
    """Measures of `days` days up to `at`; each list has a value for each of `measures`.

    Their names and definitions are those of `docs/reports.md`; null is nothing to measure.
    """

    at: int
    today: int
    """When the day began, ms."""
    days: int
    service_level_s: int
    measures: list[str]
    total: list[int | float | None]
    agents: dict[Uid, list[int | float | None]]
    """Of everybody who was there, or of the one that was asked for."""
    daily: list[list[int | float | None]]
    """Of all, or of the one that was asked for: each of the last 7 days, today the last."""


class Error(Frame, tag="error", frozen=True, kw_only=True):
    code: str
    message: str
    retry_after_ms: int | None = None


ServerFrame = (
    Welcome | Assigned | Waiting | Status | Ack | Message | History | Typing | Read | Closed
    | Rated | Transferred | Customer | Colleagues | Snapshot | Log | Trends | Report | Error
)
