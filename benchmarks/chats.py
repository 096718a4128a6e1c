"""Chats as a shop would have them, as many as are asked for, the same for the same seed.

The plays of the demo, filled in and mistyped; agents who answer soon or late; customers who
come back, rate, or leave; in the last half of the days more parcels are late than before.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import msgspec
from redis.asyncio import Redis

from imchat.analytics.chats import DAY_MS, Chat, Said
from imchat.analytics.insight.languages import HAN
from imchat.demo.cast import Casting, Part, team
from imchat.ids import ChatId, Desk, Uid
from imchat.tokens import Identity

AGENTS = 40
TYPOS = 0.3
"""Of the customers' messages."""
ADDS = 0.5
"""Of them, how many have something added that is this customer's own."""
SMALL_TALK = 0.4
"""Of the chats in which an agent ends with one of its standing phrases."""
RETURNS = 0.08
RATES = 0.35
LEAVES = 0.04
LATE = 1.5
"""So many more chats about parcels there are in the last half."""
KEPT_S = 30 * 86_400
AT_ONCE = 200

_STANDING = (
    "Is there anything else I can help you with today?",
    "Thank you for contacting us, have a nice day and stay healthy!",
    "Thank you for your patience, {name}. I am looking into it right now.",
    "请问还有其他可以帮您的吗？",
    "感谢您的耐心等待，我这边马上为您核实处理。",
    "祝您生活愉快，期待您的再次光临，麻烦给个五星好评哦",
)
_ENGLISH_TAILS = (
    " It is about order {0}.", " (since the {1}th)", " My reference is {0}", " ... case {0} btw",
    ", I bought it {1} days ago for {0} points",
)
_CHINESE_TAILS = ("，订单{0}", "，{1}号买的", "（工单{0}）", "，会员号是{0}", "，已经{1}天了")


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
        said.append(Said(side, at, _own(text, random) if side == "customer" else text))
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


def _own(text: str, random: Random) -> str:
    """As this customer writes it: most messages are like no other."""
    if random.random() < ADDS:
        tail = random.choice(_CHINESE_TAILS if HAN.search(text) else _ENGLISH_TAILS)
        text += tail.format(random.randint(10_000, 99_999), random.randint(1, 28))
    return mistyped(text, random) if random.random() < TYPOS else text


def mistyped(text: str, random: Random) -> str:
    """The text with a letter doubled, left out, or swapped with the next."""
    if len(text) < 4:
        return text
    place = random.randrange(1, len(text) - 2)
    before, one, other, after = text[:place], text[place], text[place + 1], text[place + 2 :]
    return random.choice(
        (before + one + one + other + after, before + other + after, before + other + one + after)
    )


async def put(redis: Redis, site: str, some: Iterable[Chat]) -> int:
    """Write chats into a store as servers leave them when they are closed; gives how many.

    Past the function library, which would take an hour for a month of them.
    """
    prefix = f"imchat:{{{site}}}"
    seqs: dict[str, int] = {}
    count = 0
    pipe = redis.pipeline(transaction=False)
    for count, chat in enumerate(some, start=1):
        assert chat.agent is not None
        pair = ":".join(sorted((chat.customer, chat.agent)))
        after = seqs.get(pair, 0)
        seqs[pair] = after + len(chat.messages)
        pipe.hset(f"{prefix}:chat:{chat.id}", mapping=_fields(chat, after))
        pipe.expire(f"{prefix}:chat:{chat.id}", KEPT_S)
        stored: dict[Any, Any] = {
            seq: _json(chat, seq - after) for seq in range(after + 1, seqs[pair] + 1)
        }
        pipe.hsetex(f"{prefix}:history:{pair}", mapping=stored, ex=KEPT_S)
        pipe.set(f"{prefix}:seq:{pair}", seqs[pair], ex=KEPT_S + DAY_MS // 1000)
        pipe.set(f"{prefix}:tickets", chat.id)
        if count % AT_ONCE == 0:
            await pipe.execute()
    await pipe.execute()
    return count


def _fields(chat: Chat, after: int) -> dict[Any, Any]:
    by = [message.by for message in chat.messages]
    known = {
        "state": "closed", "customer": chat.customer, "customer_name": chat.customer_name,
        "agent": chat.agent, "agent_name": chat.agent_name, "desk": chat.desk,
        "opened_at": chat.opened_at, "queued_at": chat.opened_at, "assigned_at": chat.assigned_at,
        "closed_at": chat.closed_at, "reason": chat.reason, "score": chat.score,
        "after_seq": after, "wait_ms": 0, "requeues": 0,
        "parts": f"{chat.agent}:{after}:{after + len(chat.messages)} ",
        "messages_customer": by.count("customer"), "messages_agent": by.count("agent"),
    }  # fmt: skip
    return {name: value for name, value in known.items() if value is not None}


def _json(chat: Chat, number: int) -> bytes:
    said = chat.messages[number - 1]
    sender, to = chat.customer, chat.agent
    if said.by == "agent":
        sender, to = chat.agent or Uid(""), chat.customer
    return msgspec.json.encode({
        "v": 1, "chat": chat.id, "seq": number, "at": said.at, "from": sender, "to": to,
        "id": f"{chat.id}-{number}", "body": said.text,
    })  # fmt: skip
