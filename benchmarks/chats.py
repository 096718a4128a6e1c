"""Chats as a shop would have them, as many as are asked for, the same for the same seed.

The plays of the demo, filled in and mistyped; agents who answer soon or late; customers who
come back, rate, or leave; in the last half of the days more parcels are late than before.
"""

from collections.abc import Iterator
from random import Random

from imchat.analytics.chats import DAY_MS, Chat, Said
from imchat.demo.cast import Casting, Part, team
from imchat.ids import ChatId, Desk, Uid
from imchat.tokens import Identity

AGENTS = 40
TYPOS = 0.3
"""Of the customers' messages."""
SMALL_TALK = 0.4
"""Of the chats in which an agent ends with one of its standing phrases."""
RETURNS = 0.08
RATES = 0.35
LEAVES = 0.04
LATE = 1.5
"""So many more chats about parcels there are in the last half."""

_STANDING = (
    "Is there anything else I can help you with today?",
    "Thank you for contacting us, have a nice day and stay healthy!",
    "Thank you for your patience, {name}. I am looking into it right now.",
    "请问还有其他可以帮您的吗？",
    "感谢您的耐心等待，我这边马上为您核实处理。",
    "祝您生活愉快，期待您的再次光临，麻烦给个五星好评哦",
)


def chats(messages: int, *, until: int, days: int = 14, seed: int = 1) -> Iterator[Chat]:
    """Chats with so many messages in all, in the order in which they were opened.

    They end at `until`, ms; nine messages are about one chat.
    """
    random = Random(seed)
    casting = Casting(random)
    agents = team(AGENTS)
    backlog: list[Part] = []
    since, left, number = until - days * DAY_MS, messages, 0
    step = days * DAY_MS / max(1, messages / 9.3)
    at = float(since)
    while left > 0:
        number += 1
        at = min(at + random.expovariate(1 / step), float(until - 1))
        part = backlog.pop() if backlog else casting.next_part()
        late = at >= since + days * DAY_MS / 2
        if late and "parcel" in part.dialogue.subject and random.random() < LATE / (1 + LATE):
            backlog.append(part)
        if random.random() < RETURNS:
            casting.farewell(part.person)
        agent = agents[random.randrange(AGENTS)]
        chat = _chat(number, round(at), part, agent, random)
        chat = _cut(chat, left)
        left -= len(chat.messages)
        yield chat


def _chat(number: int, opened_at: int, part: Part, agent: Identity, random: Random) -> Chat:
    agent_name = agent.name or agent.uid
    who = {"name": part.person.name.split()[0], "agent": agent_name.split()[0]}
    said_by = [(line.side, line.text) for line in part.dialogue.lines]
    lines = [(side, text.replace("{agent}", who["agent"])) for side, text in said_by]
    if random.random() < SMALL_TALK:
        lines.append(("agent", random.choice(_STANDING).format_map(who)))
    if random.random() < LEAVES:
        lines = lines[:1]
    patience = random.lognormvariate(0, 0.8)
    assigned_at = at = opened_at + round(random.expovariate(1 / 20_000))
    said = []
    for side, text in lines:
        if side == "customer":
            at += round(random.lognormvariate(9.6, 0.7))
        else:
            at += round(random.lognormvariate(10.2, 0.9) * patience)
        typo = side == "customer" and random.random() < TYPOS
        said.append(Said(side, at, mistyped(text, random) if typo else text))
    score = None
    if random.random() < RATES:
        score = max(1, min(5, round(5.4 - 1.1 * patience + random.gauss(0, 0.7))))
    return Chat(
        id=ChatId(str(number)), customer=part.person.uid, agent=Uid(agent.uid),
        desk=Desk(part.dialogue.desk), opened_at=opened_at, assigned_at=assigned_at,
        closed_at=at + round(random.expovariate(1 / 60_000)), score=score,
        reason="customer" if random.random() < 0.6 else "agent",
        customer_name=part.person.name, agent_name=agent_name, messages=tuple(said),
    )


def _cut(chat: Chat, left: int) -> Chat:
    if len(chat.messages) <= left:
        return chat
    fields = {name: getattr(chat, name) for name in Chat.__dataclass_fields__}
    return Chat(**(fields | {"messages": chat.messages[:left]}))


def mistyped(text: str, random: Random) -> str:
    """The text with a letter doubled, left out, or swapped with the next."""
    if len(text) < 4:
        return text
    place = random.randrange(1, len(text) - 2)
    before, one, other, after = text[:place], text[place], text[place + 1], text[place + 2 :]
    return random.choice(
        (before + one + one + other + after, before + other + after, before + other + one + after)
    )
