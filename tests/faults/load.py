"""A steady load: agents whose slots are all full, customers of whom some always wait.

All are real clients in this process. Chats begin, are talked in and closed all the time, so
there is always something under way when a fault strikes.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from imchat import protocol
from imchat.client import Client, Connected, Missed
from imchat.errors import ImchatError, RequestError
from imchat.ids import ChatId, Uid
from tests.faults.ledger import Ledger, Said
from tests.support import POLL_S, eventually

T = TypeVar("T")

Token = Callable[[str, str], str]
"""Makes a token of a role and a uid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much load. With a capacity of 3, so many agents have three times as many slots."""

    agents: int = 72
    waiting: int = 30
    """Customers beyond those that fill the slots."""
    pace_s: float = 2.0
    """Between two messages of one side of a chat, in the mean."""
    life_s: float = 8.0
    """Of a chat, in the mean."""
    away: float = 0.005
    """How often an agent goes away when it has its turn."""
    leaves: float = 0.02
    """How often a customer that waits leaves the queue when it has its turn."""

    capacity = 3

    @property
    def slots(self) -> int:
        """Chats that can be at work at once."""
        return self.agents * self.capacity


class Bot:
    """Somebody who chats with everybody that it has an open chat with."""

    def __init__(self, load: "Load", role: str, uid: Uid, url: str) -> None:
        self.uid = uid
        self.client = Client(url, load.token(role, uid), in_flight=1)
        self.is_quiet = False
        """Whether it has had its last turn."""
        self._load = load
        self._is_agent = role == "agent"
        self._ages: dict[ChatId, float] = {}
        self._said = 0
        self._loading: set[Uid] = set()

    async def live(self) -> None:
        """Take turns until the load is to end, then only listen, until cancelled."""
        async with self.client, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(tasks))
            await self.client.ready()
            while not self._load.quiet.is_set():
                await self._take_turn()
                await self._pause()
            self.is_quiet = True

    async def _pause(self) -> None:
        pace = self._load.shape.pace_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0.5, 1.5) * pace):
                await self._load.quiet.wait()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        async for event in self.client:
            match event:
                case protocol.Message(sender=sender, to=to):
                    peer = to if sender == self.uid else sender
                    self._load.ledger.shown(self.uid, peer, Said.of(event))
                case Connected(welcome):
                    for chat in welcome.chats:
                        self._opened(chat, tasks)
                case protocol.Assigned(chat=chat):
                    self._opened(chat, tasks)
                case Missed(count):
                    self._load.faults.append(f"{count} events of {self.uid} were dropped")
                case protocol.Error():
                    self._load.refusals[f"pushed {event.code}"] += 1

    def _opened(self, chat: protocol.Chat, tasks: asyncio.TaskGroup) -> None:
        # As the screens do: a chat that is new here may have begun long ago.
        if chat.agent is not None:
            peer = chat.customer if self._is_agent else chat.agent
            if peer not in self._loading:
                self._loading.add(peer)
                tasks.create_task(self._load_earlier(peer))

    async def _load_earlier(self, peer: Uid) -> None:
        conversation = self.client.conversation(peer)
        try:
            while conversation.has_earlier:
                count = await self.client.load_earlier(peer)
                page = [Said.of(line) for line in conversation.lines[:count]]
                self._load.ledger.loaded(self.uid, peer, page)
        except RequestError as error:
            self._load.faults.append(f"{self.uid} cannot read on with {peer}: {error}")
        finally:
            self._loading.remove(peer)

    async def _take_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        chats = list(self.client.chats.values())
        self._ages = {chat.chat: self._ages.get(chat.chat, now) for chat in chats}
        for chat in chats:
            if chat.agent is not None:
                self._say(chat.customer if self._is_agent else chat.agent)
        if self._is_agent:
            await self._change_status()
        elif not chats:
            await self._ask(self.client.request(topic=f"I am {self.uid}"))
        for chat in chats:
            if self._is_over(chat, now):
                await self._ask(self.client.close(chat.chat))

    def _is_over(self, chat: protocol.Chat, now: float) -> bool:
        shape = self._load.shape
        if chat.agent is None:
            return not self._is_agent and random.random() < shape.leaves
        closes = int(chat.chat) % 2 == self._is_agent
        return closes and now - self._ages[chat.chat] > random.uniform(0.5, 1.5) * shape.life_s

    def _say(self, peer: Uid) -> None:
        self._said += 1
        self._load.send(self, peer, f"{self.uid}-{self._said}")

    async def _change_status(self) -> None:
        if self._is_away:
            if random.random() < 1 / 3:
                await self._set_status("online")
        elif random.random() < self._load.shape.away:
            await self._set_status("away")

    _is_away = False

    async def _set_status(self, state: str) -> None:
        assert state in ("online", "away")
        await self._ask(self.client.set_status(state))  # type: ignore[arg-type]
        self._is_away = state == "away"

    async def _ask(self, asked: Awaitable[T]) -> None:
        try:
            await asked
        except RequestError as error:
            self._load.refusals[error.code] += 1


class Load:
    """Use `loading()`. Each bot connects to the next of the given URLs."""

    def __init__(self, urls: Sequence[str], token: Token, shape: Shape) -> None:
        self.shape = shape
        self.token = token
        self.ledger = Ledger()
        self.quiet = asyncio.Event()
        """Set when nobody is to say any more."""
        self.faults: list[str] = []
        self.refusals: Counter[str] = Counter()
        """Requests other than messages that were refused, by code."""
        names = [("agent", f"agent-{n}") for n in range(shape.agents)]
        names += [("customer", f"customer-{n}") for n in range(shape.slots + shape.waiting)]
        self.bots = [
            Bot(self, role, Uid(uid), urls[n % len(urls)]) for n, (role, uid) in enumerate(names)
        ]
        self._under_way: set[asyncio.Future[protocol.Ack]] = set()

    def send(self, bot: Bot, peer: Uid, id: str) -> None:
        """Send a message and keep account of it."""
        clock = asyncio.get_running_loop().time
        self.ledger.sent(bot.uid, peer, id, at=clock())

        def done(ack: "asyncio.Future[protocol.Ack]") -> None:
            self._under_way.discard(ack)
            if ack.cancelled():
                return
            error = ack.exception()
            if error is None:
                self.ledger.acked(bot.uid, peer, id, ack.result().seq, at=clock())
            else:
                code = error.code if isinstance(error, RequestError) else repr(error)
                self.ledger.refused(bot.uid, peer, id, code)

        ack = bot.client.send(peer, f"This is message {id}.", id=id)
        self._under_way.add(ack)
        ack.add_done_callback(done)

    @property
    def active(self) -> int:
        """Chats at work, as their customers know them."""
        return sum(
            chat.agent is not None
            for bot in self.bots
            for chat in bot.client.chats.values()
            if chat.customer == bot.uid
        )

    @property
    def online(self) -> int:
        """Bots with a connection."""
        return sum(bot.client.state == "online" for bot in self.bots)

    async def full(self) -> None:
        """Wait until (nearly) all slots are taken."""
        wanted = 0.95 * self.shape.slots
        await eventually(lambda: self.active >= wanted, "all slots are full", timeout=60)

    async def all_online(self, *, timeout: float = 45) -> None:
        """Wait until everybody has a connection."""
        await eventually(
            lambda: self.online == len(self.bots), "everybody is back", timeout=timeout
        )

    async def hush(self, *, timeout: float) -> None:
        """Have nobody say any more, and wait until all that was said is answered.

        What is not by then is left for the ledger to find.
        """
        self.quiet.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._under_way or not all(bot.is_quiet for bot in self.bots):
                    await asyncio.sleep(POLL_S)


@contextlib.asynccontextmanager
async def loading(urls: Sequence[str], token: Token, shape: Shape) -> AsyncIterator[Load]:
    """A load until the end of the block."""
    load = Load(urls, token, shape)

    async def live(bot: Bot) -> None:
        try:
            await bot.live()
        except* ImchatError as errors:
            load.faults.append(f"{bot.uid} ended: {errors.exceptions[0]}")

    bots = [asyncio.create_task(live(bot)) for bot in load.bots]
    try:
        yield load
        for bot in bots:
            if bot.done():
                bot.result()
    finally:
        for bot in bots:
            bot.cancel()
        await asyncio.gather(*bots, return_exceptions=True)
