"""Somebody who chats with everybody that it has an open chat with, and keeps account of it."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from imchat import protocol
from imchat.client import Client, Connected, Missed
from imchat.errors import RequestError
from imchat.ids import ChatId, Uid
from tests.faults.ledger import Ledger, Said

T = TypeVar("T")


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


@dataclass(slots=True, kw_only=True)
class Stage:
    """What bots share."""

    shape: Shape
    ledger: Ledger
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nobody is to say any more."""
    faults: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    """Requests other than messages that were refused, by code."""


class Bot:
    """A customer or an agent, as `uid`. What it says has ids that begin with `prefix`."""

    def __init__(self, stage: Stage, role: str, uid: Uid, url: str, token: str) -> None:
        self.uid = uid
        self.client = Client(url, token, in_flight=1)
        self.prefix = f"{uid}-"
        self._stage = stage
        self.is_agent = role == "agent"
        self._is_away = False
        self._had_its_last_turn = False
        self._ages: dict[ChatId, float] = {}
        self._said = 0
        self._under_way: set[asyncio.Future[protocol.Ack]] = set()
        self._loading: set[Uid] = set()

    @property
    def is_quiet(self) -> bool:
        """Whether it says no more, and all that it said is answered."""
        return self._had_its_last_turn and not self._under_way

    def send(self, peer: Uid, id: str) -> None:
        """Send the message of this id, for the first time or again, and see what comes of it."""
        ack = self.client.send(peer, f"This is message {id}.", id=id)
        self._under_way.add(ack)
        ack.add_done_callback(lambda ack: self._answered(ack, peer, id))

    def _answered(self, ack: "asyncio.Future[protocol.Ack]", peer: Uid, id: str) -> None:
        self._under_way.discard(ack)
        error = ack.exception()
        ledger = self._stage.ledger
        if error is None:
            ledger.acked(self.uid, peer, id, ack.result().seq, at=time.monotonic())
        else:
            code = error.code if isinstance(error, RequestError) else repr(error)
            ledger.refused(self.uid, peer, id, code)

    async def live(self) -> None:
        """Take turns until the load is to end, then only listen, until cancelled."""
        async with self.client, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(tasks))
            await self.client.ready()
            while not self._stage.quiet.is_set():
                await self._take_turn()
                await self._pause()
            self._had_its_last_turn = True

    async def _pause(self) -> None:
        pace = self._stage.shape.pace_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0.5, 1.5) * pace):
                await self._stage.quiet.wait()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        async for event in self.client:
            match event:
                case protocol.Message(sender=sender, to=to):
                    peer = to if sender == self.uid else sender
                    self._stage.ledger.shown(self.uid, peer, Said.of(event))
                case Connected(welcome):
                    for chat in welcome.chats:
                        self._opened(chat, tasks)
                case protocol.Assigned(chat=chat):
                    self._opened(chat, tasks)
                case Missed(count):
                    self._stage.faults.append(f"{count} events of {self.uid} were dropped")
                case protocol.Error():
                    self._stage.refusals[f"pushed {event.code}"] += 1

    def _opened(self, chat: protocol.Chat, tasks: asyncio.TaskGroup) -> None:
        # As the screens do: a chat that is new here may have begun long ago.
        if chat.agent is not None:
            peer = chat.customer if self.is_agent else chat.agent
            self._stage.ledger.opened(self.uid, peer)
            if peer not in self._loading:
                self._loading.add(peer)
                tasks.create_task(self._load_earlier(peer))

    async def _load_earlier(self, peer: Uid) -> None:
        conversation = self.client.conversation(peer)
        try:
            while conversation.has_earlier:
                count = await self.client.load_earlier(peer)
                page = [Said.of(line) for line in conversation.lines[:count]]
                self._stage.ledger.loaded(self.uid, peer, page)
        except RequestError as error:
            self._stage.faults.append(f"{self.uid} cannot read on with {peer}: {error}")
        finally:
            self._loading.remove(peer)

    async def _take_turn(self) -> None:
        now = time.monotonic()
        chats = list(self.client.chats.values())
        self._ages = {chat.chat: self._ages.get(chat.chat, now) for chat in chats}
        for chat in chats:
            if chat.agent is not None:
                self._say(chat.customer if self.is_agent else chat.agent)
        if self.is_agent:
            await self._change_status()
        elif not chats:
            await self._ask(self.client.request(topic=f"I am {self.uid}"))
        for chat in chats:
            if self._is_over(chat, now):
                await self._ask(self.client.close(chat.chat))

    def _is_over(self, chat: protocol.Chat, now: float) -> bool:
        shape = self._stage.shape
        if chat.agent is None:
            return not self.is_agent and random.random() < shape.leaves
        closes = int(chat.chat) % 2 == self.is_agent
        return closes and now - self._ages[chat.chat] > random.uniform(0.5, 1.5) * shape.life_s

    def _say(self, peer: Uid) -> None:
        self._said += 1
        id = f"{self.prefix}{self._said}"
        self._stage.ledger.sent(self.uid, peer, id, at=time.monotonic())
        self.send(peer, id)

    async def _change_status(self) -> None:
        if self._is_away:
            if random.random() < 1 / 3:
                await self._set_status("online")
        elif random.random() < self._stage.shape.away:
            await self._set_status("away")

    async def _set_status(self, state: Literal["online", "away"]) -> None:
        await self._ask(self.client.set_status(state))
        self._is_away = state == "away"

    async def _ask(self, asked: Awaitable[T]) -> None:
        try:
            await asked
        except RequestError as error:
            self._stage.refusals[error.code] += 1
