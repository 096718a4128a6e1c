"""A shop's days on a test's site: who comes, asks, writes, leaves and is lost, by chance."""

from random import Random

from tests.analytics.books import Message
from tests.store.people import People

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
        self._random = random
        self._here: dict[str, bool] = {}
        """The agents that are connected, and whether they are online."""
        self._waiting: dict[str, str] = {}
        self._served: dict[str, tuple[str, str]] = {}

    async def open(self, chats: int, *, folds: bool = True) -> None:
        """Go on until so many more chats were asked for."""
        asked = 0
        acts = (
            (self._asks, 30), (self._writes, 60), (self._closes, 26), (self._leaves, 2),
            (self._agent_comes, 4), (self._agent_goes, 2), (self._turns, 3), (self._vanishes, 1),
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
        await self.people.asks(customer, desk=desk, topic=topic)
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
            by_agent = role == "agent"
            self.said.append(Message(result.chat, self.people.now, by_agent=by_agent))

    async def _closes(self) -> None:
        if self._served:
            agent, customer = self._served[self._random.choice(sorted(self._served))]
            chat = (await self.people.redis.get(self.people.key(f"open:{customer}"))).decode()
            by = customer if self._random.random() < 0.5 or agent not in self._here else agent
            if await self._is_there(by):
                await self.people.close(by, chat=chat)

    async def _is_there(self, uid: str) -> bool:
        return bool(await self.people.redis.exists(self.people.key(f"presence:{uid}")))

    async def _leaves(self) -> None:
        for customer in sorted(self._waiting)[:1]:
            if await self._is_there(customer):
                await self.people.close(customer)

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


async def topics_of(people: People, shop: Shop) -> None:
    """Note the topics, which became messages when their chats were assigned."""
    keys = [key async for key in people.redis.scan_iter(people.key("chat:*"), count=1000)]
    topics = set()
    for key in keys:
        if await people.redis.hget(key, "topic"):
            topics.add(key.decode().rpartition(":")[2])
    spoken: set[tuple[str, str]] = set()
    for event in await people.events("assigned"):
        # To an agent that had it before it is not said again.
        of = (event["chat"], event["agent"])
        if event["chat"] in topics and of not in spoken:
            spoken.add(of)
            # Before all else that was said at that moment.
            shop.said.insert(0, Message(event["chat"], int(event["at"]), by_agent=False))
