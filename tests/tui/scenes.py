"""What is said and known in the pictures that tests keep of the screens."""

from typing import Any

from imchat.ids import Desk, Uid
from imchat.protocol import Chat, CloseReason, Colleague, Colleagues, Customer, Note
from imchat.tui.agent import AgentApp
from imchat.tui.widgets.customer_panel import CustomerPanel
from tests.tui.snapshots import AT_MS
from tests.tui.staging import AGENT, CUSTOMER, chat, talk, tell, welcome
from tests.tui.support import shows

CAT, DAN = Uid("cat"), Uid("dan")
DAY_S = 86_400
SAID = [
    (CUSTOMER, "Where is my parcel?", DAY_S + 100),
    (AGENT, "Hello Bob! Which one do you mean?", DAY_S),
    (CUSTOMER, "The one from https://shop.example/orders/7", 100),
    (CUSTOMER, "我的包裹还没有到，你能帮我看看吗？", 95),
    (AGENT, "It is on its way; it should be with you tomorrow before noon.\nAnything else?", 70),
    (CUSTOMER, "No, thank you 👍", 20),
]
LAMP = "The lamp that I bought does not switch on"
CAT_S = chat("2", customer=CAT, name="Cat 喵", topic="Refund")


async def at_work(app: AgentApp) -> None:
    """Two chats: one shown, with marks, days and a link; one with unread words."""
    talk(app, CUSTOMER, SAID)
    talk(app, CAT, [(CAT, "Refund", 90), (CAT, "Hello?", 30)])
    app.client.conversation(CUSTOMER).read_by_peer = 5
    app.client.conversation(CUSTOMER).read_by_me = 6
    tell(app, welcome(AGENT, "agent", "Ann", chat(), CAT_S))
    await shows(app, "No, thank you")


async def with_full_hands(app: AgentApp) -> None:
    """Three chats, of which one waits for an answer for long and one for far too long."""
    dan = chat("3", customer=DAN, name="Dan", topic=LAMP)
    talk(app, CUSTOMER, SAID)
    talk(app, CAT, [(CAT, "Refund", 90), (CAT, "Are you still there?", 25)])
    talk(app, DAN, [(DAN, LAMP, 700)])
    app.client.conversation(CUSTOMER).read_by_me = 6
    tell(app, welcome(AGENT, "agent", "Ann", chat(), CAT_S, dan))
    await shows(app, "0 of 3 slots free")


def over(id: str, reason: CloseReason, minutes: int, **more: Any) -> Chat:
    """A chat that took so long, and why it ended."""
    closed_at = AT_MS - 110_000 + minutes * 60_000
    return chat(id, state="closed", reason=reason, closed_at=closed_at, **more)


def known() -> Customer:
    """Three earlier chats, and notes of two agents."""
    earlier = [
        over("07", "agent", 24, topic="Where is my parcel?", score=5),
        over("06", "customer", 70, topic="A topic so long that it needs two rows, if not three"),
        over("05", "disconnected", 1, agent_is="ben"),
    ]
    notes = [
        Note(by=AGENT, at=AT_MS - 5 * DAY_S * 1000, body="Prefers to be called Bobby."),
        Note(by=Uid("ben"), at=AT_MS - 3_600_000, body="Is moving in May:\nask for the address."),
    ]
    return Customer(uid=CUSTOMER, chats=earlier, notes=notes)


def agent(uid: str, load: int, *desks: str, state: str = "online") -> Colleague:
    """An agent of three slots."""
    return Colleague(
        uid=Uid(uid), name=f"{uid.title()} Clark", state=state,  # type: ignore[arg-type]
        load=load, capacity=3, desks=[Desk(desk) for desk in desks],
    )


THERE = Colleagues(
    at=AT_MS,
    agents=[
        agent("ann", 2, "default"), agent("ben", 1, "default", "billing"),
        agent("cleo", 3, "default"), agent("dora", 0, "billing"),
        agent("eve", 1, "default", state="away"),
    ],
    desks={Desk("billing"): 0, Desk("default"): 4},
)


def make_known(app: AgentApp) -> None:
    """Have the panel know the customer."""
    app.query_one(CustomerPanel)._learn(known())
    app.stale()
