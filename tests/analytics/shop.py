"""A shop's days on a test's site: who comes, asks, writes, leaves and is lost, by chance."""

import contextlib
from random import Random
from typing import Any

from imchat.errors import Conflict, NotFound
from imchat.ids import ChatId, Desk, Uid
from imchat.store import facts
from tests.analytics.books import Message
from tests.store.people import NODE, People

AGENTS = {
    "ann": ("sales",), "ben": ("sales", "returns"), "cat": ("returns",),
    "dan": ("returns", "sales"), "eve": ("sales",),
}  # fmt: skip
CUSTOMERS = 60


class Shop:
    """Moves the clock by seconds, at times by hours, so that days pass. Remembers what was said."""

    def __init__(self, people: People, random: Random) -> None:
        self.people = people
        self.said: list[Message] = []
        self.topics: set[str] = set()
        self._random = random
        self._here: dict[str, bool] = {}
        """The agents that are connected, and whether they are online."""
        self._waiting: dict[str, str] = {}
        self._served: dict[str, tuple[str, str]] = {}
        self._closed: list[facts.Chat] = []

    async def open(self, chats: int, *, folds: bool = True) -> None:
        """Go on until so many more chats were asked for."""
        asked = 0
        acts = (
            (self._asks, 30), (self._writes, 60), (self._closes, 26), (self._leaves, 2),
            (self._agent_comes, 4), (self._agent_goes, 2), (self._turns, 3), (self._vanishes, 1),
            (self._rates, 8), (self._transfers, 5),
        )  # fmt: skip
        choices, weights = zip(*acts, strict=True)
        while asked < chats:
            await self._wait()
            act = self._random.choices(choices, weights)[0]
            asked += bool(await act())
            if folds and self._random.random() < 0.05:
                await self.people.store.fold()

    async def _wait(self) -> None:
        chance = self._random.random()
        seconds = self._random.expovariate(1 / 8)
        if chance < 0.003:
            seconds = self._random.uniform(3_600, 20_000)
        elif chance < 0.02:
            seconds = self._random.uniform(60, 900)
        elif chance < 0.3:
            seconds = 0
        await self.people.pass_time(seconds)
        await self._look()

    async def _look(self) -> None:
        """Who waits and who serves whom, after what the sweep did."""
        site = await self.people.store.site()
        self._here = {
            a.uid: a.state == "online" for a in site.agents if not a.in_grace
        }
        self._served = {
            customer: (agent.uid, customer)
            for agent in site.agents for customer in agent.customers
        }  # fmt: skip
        self._waiting = {
            head.customer: desk.name for desk in site.desks for head in desk.head
        }

    async def _asks(self) -> bool:
        free = [
            name for name in (f"c{n}" for n in range(CUSTOMERS))
            if name not in self._waiting and name not in self._served
        ]  # fmt: skip
        if not free or len(self._waiting) > 12:
            return False
        customer = self._random.choice(free)
        topic = self._random.choice([None, "Where is it?"])
        desk = self._random.choice(["sales", "sales", "returns"])
        asked = await self.people.asks(customer, desk=desk, topic=topic)
        if topic:
            self.topics.add(asked.chat.id)
        return True

    async def _writes(self) -> None:
        if not self._served:
            return
        agent, customer = self._served[self._random.choice(sorted(self._served))]
        if self._random.random() < 0.5:
            sender, to, role = agent, customer, "agent"
        else:
            sender, to, role = customer, agent, "customer"
        result = await self.people.say(sender, to, role)  # type: ignore[arg-type]
        if result.refused is None:
            events = await self.people.redis.xlen(self.people.key("events"))
            self.said.append(
                Message(result.chat, self.people.now, by_agent=role == "agent", after=events)
            )

    async def _closes(self) -> None:
        if self._served:
            agent, customer = self._served[self._random.choice(sorted(self._served))]
            chat = (await self.people.redis.get(self.people.key(f"open:{customer}"))).decode()
            by = customer if self._random.random() < 0.5 or agent not in self._here else agent
            if await self._is_there(by):
                self._closed.append((await self.people.close(by, chat=chat)).chat)

    async def _is_there(self, uid: str) -> bool:
        return bool(await self.people.redis.exists(self.people.key(f"presence:{uid}")))

    async def _leaves(self) -> None:
        for customer in sorted(self._waiting)[:1]:
            if await self._is_there(customer):
                await self.people.close(customer)

    async def _rates(self) -> None:
        """A chat that closed lately, by a customer that is there; again is refused."""
        for chat in self._random.sample(self._closed[-20:], min(1, len(self._closed))):
            if await self._is_there(chat.customer):
                with contextlib.suppress(Conflict):
                    await self.people.store.rate(
                        chat.id, uid=chat.customer, score=self._random.randint(1, 5),
                        comment="", connection=f"{chat.customer}@{NODE}",
                    )

    async def _transfers(self) -> None:
        """A chat, by its agent or a supervisor, to an agent or a desk that may refuse."""
        chats = [*self._served, *self._waiting]
        if not chats:
            return
        customer = self._random.choice(sorted(chats))
        chat = (await self.people.redis.get(self.people.key(f"open:{customer}"))).decode()
        await self.people.connect("sue", "supervisor")
        where: dict[str, Any] = (
            {"to": Uid(self._random.choice(sorted(AGENTS)))}
            if self._random.random() < 0.5
            else {"desk": Desk(self._random.choice(["sales", "returns"]))}
        )
        with contextlib.suppress(Conflict, NotFound):
            await self.people.store.transfer(
                ChatId(chat), uid=Uid("sue"), role="supervisor", connection=f"sue@{NODE}", **where
            )

    async def _agent_comes(self) -> None:
        uid = self._random.choice(sorted(AGENTS))
        await self.people.connect(
            uid, "agent", desks=AGENTS[uid], capacity=self._random.choice([2, 3, 3])
        )

    async def _agent_goes(self) -> None:
        if self._here:
            await self.people.disconnect(self._random.choice(sorted(self._here)))

    async def _turns(self) -> None:
        if self._here:
            uid = self._random.choice(sorted(self._here))
            await self.people.status(uid, "away" if self._here[uid] else "online")

    async def _vanishes(self) -> None:
        gone = sorted(self._served | self._waiting)
        if gone:
            await self.people.disconnect(self._random.choice(gone))
