"""Agents and customers that know a client and nothing else of the system."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from imchat import protocol, tokens
from imchat.client import Client, ClosedMeanwhile, Event
from imchat.demo.dialogues import Side
from imchat.demo.talk import Talk
from imchat.errors import QueueFull, Unavailable
from imchat.ids import ChatId, Uid
from imchat.tokens import Identity

if TYPE_CHECKING:
    from imchat.demo.stage import Stage, Visit

T = TypeVar("T")

PAGE = 500
# How fast they type, tuned so that five agents with three slots each are busy but not
# swamped by one customer a second (Little's law): a chat has ten lines and takes about
# fourteen seconds, so fourteen of fifteen slots are taken on average, and a break or a
# few customers more let a queue build up and drain again.
READING_S = 0.5
COLUMN_S = 0.0153
LONGEST_TYPING_S = 2.2
PATIENCE_S = (4.0, 12.0)
"""The least, and how much more on average, that a customer waits."""
GONE_S = (1.0, 5.0)
"""How long a lost connection is lost; well within the grace."""
LOST_CUSTOMERS = 0.12
LOST_CUSTOMER_AFTER_S = (1.0, 12.0)
AGENT_LOST_EVERY_S = 150.0
BREAK_EVERY_S = 90.0
BREAK_S = (6.0, 14.0)


class Bot:
    """Someone whose connection may be lost and come back; what it does meanwhile waits."""

    side: ClassVar[Side]

    def __init__(self, stage: "Stage", identity: Identity) -> None:
        self.stage = stage
        self.uid: Uid = identity.uid
        self._identity = identity
        self._talks: dict[ChatId, Talk] = {}
        self._client: Client | None = None
        self._online = asyncio.Event()
        self._strays: deque[protocol.Message] = deque(maxlen=100)

    async def ask(self, do: Callable[[Client], Awaitable[T]]) -> T:
        """Do something with the client, again with the next one when that one is lost.

        Raises what the server refuses it with; all that bots ask for may be repeated.
        """
        while True:
            await self._online.wait()
            assert self._client is not None
            with contextlib.suppress(Unavailable):  # this client is closed: the reply is lost
                return await do(self._client)

    async def history(self, peer: Uid, *, after: int) -> list[protocol.StoredMessage]:
        """The whole conversation from behind `after` on."""
        return await self.ask(lambda client: _pages(client, peer, after))

    async def write(self, peer: Uid, text: str) -> None:
        """Take the time that typing `text` takes, and show it."""
        if self._client is not None and not self.stage.hurry.is_set():
            self._client.typing(peer)
        columns = sum(1 if ord(character) < 0x2E80 else 3 for character in text)
        seconds = min(READING_S + COLUMN_S * columns, LONGEST_TYPING_S)
        await self.stage.pause(seconds * self.stage.random.uniform(0.75, 1.25))

    # --- the connection ------------------------------------------------------

    async def _stay(self) -> None:
        """Be connected until cancelled, but for the losses."""
        while True:
            async with Client(self.stage.url, self.stage.token(self._identity)) as client:
                await self._catch_up(client, await client.ready())
                self._client = client
                self._online.set()
                try:
                    async with asyncio.timeout(self._loss_after_s()) as loss:
                        async for event in client:
                            self._hear(client, event)
                except TimeoutError:
                    if not loss.expired():
                        raise
                finally:
                    self._client = None
                    self._online.clear()
            self._count_loss()
            await self.stage.pause(self.stage.random.uniform(*GONE_S))

    def _loss_after_s(self) -> float | None:
        """How long this connection lasts; None is to the end."""
        raise NotImplementedError

    def _count_loss(self) -> None:
        raise NotImplementedError

    async def _catch_up(self, client: Client, welcome: protocol.Welcome) -> None:
        """Hear what was missed, up to where the events of the new client begin."""
        open_chats = {chat.chat: chat for chat in welcome.chats}
        for chat in (*welcome.chats, *self._missed()):
            self._stands(chat)
        for talk in list(self._talks.values()):
            still = open_chats.get(talk.chat)
            missed = await _pages(client, talk.peer, talk.seen)
            talk.catch_up(m for m in missed if not still or m.seq <= still.last_seq)
            if not still:
                talk.end()

    def _missed(self) -> list[protocol.Chat]:
        """Chats of which all was missed: begun and closed while the connection was lost."""
        return []

    def _hear(self, client: Client, event: Event) -> None:
        match event:
            case protocol.Assigned(chat=chat) | protocol.Waiting(chat=chat):
                self._stands(chat)
            case protocol.Message(chat=id):
                if talk := self._talks.get(id):
                    talk.hear(event)
                    client.mark_read(talk.peer, event.seq)
                else:
                    self._strays.append(event)
            case protocol.Closed(chat=chat) | ClosedMeanwhile(chat=chat):
                self._stands(chat)
                if talk := self._talks.get(chat.chat):
                    talk.end()
            case protocol.Error(code=code, message=message):
                self.stage.summary.fault(f"{self.uid} was told {code}: {message}")

    def _stands(self, chat: protocol.Chat) -> None:
        """Take part in the chat if it is new and has an agent."""
        if chat.agent is None or chat.chat in self._talks:
            return
        visit = self.stage.visits.get(chat.customer)
        if visit is None:
            return
        visit.chat = chat
        talk = self._talks[chat.chat] = Talk(self, chat, visit.part.dialogue, self.side)
        for message in self._strays:  # a push may overtake the reply that gives the agent
            if message.chat == chat.chat:
                talk.hear(message)
        self._begin(visit, talk)

    def _begin(self, visit: "Visit", talk: Talk) -> None:
        raise NotImplementedError


class AgentBot(Bot):
    """Serves whoever it is given, takes a break now and then."""

    side: ClassVar[Side] = "agent"

    async def work(self) -> None:
        """Be at work until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._stay())
            self._tasks.create_task(self._take_breaks())

    async def arrived(self) -> None:
        """Wait until it is online."""
        await self._online.wait()

    def _loss_after_s(self) -> float:
        return self.stage.random.expovariate(1 / AGENT_LOST_EVERY_S)

    def _count_loss(self) -> None:
        self.stage.summary.agents_lost += 1

    def _missed(self) -> list[protocol.Chat]:
        given = (v.chat for v in self.stage.visits.values() if self.side not in v.accounts)
        return [chat for chat in given if chat is not None and chat.agent == self.uid]

    def _begin(self, visit: "Visit", talk: Talk) -> None:
        self._tasks.create_task(self._serve(visit, talk))

    async def _serve(self, visit: "Visit", talk: Talk) -> None:
        await talk.run(closes=visit.closer == "agent")
        del self._talks[talk.chat]
        if self._client is not None:  # a long show would fill the memory with them
            self._client.forget(talk.peer)
        self.stage.settle(visit, self.side, talk.account)

    async def _take_breaks(self) -> None:
        random = self.stage.random
        while True:
            await self.stage.pause(random.expovariate(1 / BREAK_EVERY_S))
            if self.stage.hurry.is_set():
                return
            async with self.stage.break_room() as has_room:
                if has_room:
                    await self.ask(lambda client: client.set_status("away"))
                    await self.stage.pause(random.uniform(*BREAK_S))
                    await self.ask(lambda client: client.set_status("online"))


class CustomerBot(Bot):
    """Asks, waits, talks, and goes."""

    side: ClassVar[Side] = "customer"

    def __init__(self, stage: "Stage", visit: "Visit") -> None:
        person = visit.part.person
        super().__init__(stage, tokens.identity(person.uid, "customer", name=person.name))
        self._visit = visit
        self._talk: Talk | None = None
        self._assigned = asyncio.Event()
        self._has_lost = False

    async def visit(self) -> None:
        """Do what it came for."""
        async with asyncio.TaskGroup() as tasks:
            staying = tasks.create_task(self._stay())
            await self._errand()
            staying.cancel()

    def _loss_after_s(self) -> float | None:
        random = self.stage.random
        if self._has_lost or random.random() > LOST_CUSTOMERS:
            return None
        return random.uniform(*LOST_CUSTOMER_AFTER_S)

    def _count_loss(self) -> None:
        self._has_lost = True
        self.stage.summary.customers_lost += 1

    def _begin(self, visit: "Visit", talk: Talk) -> None:
        self._talk = talk
        self._assigned.set()

    async def _errand(self) -> None:
        stage, part = self.stage, self._visit.part
        try:
            standing = await self.ask(
                lambda client: client.request(desk=part.dialogue.desk, topic=part.topic)
            )
        except QueueFull:
            stage.summary.turned_away += 1
            stage.leave(self._visit)
            return
        stage.summary.customers += 1
        self._stands(standing.chat)
        least, more = PATIENCE_S
        patience_s = least + stage.random.expovariate(1 / more)
        await stage.pause(patience_s, unless=self._assigned)
        if not self._assigned.is_set():
            await self._lose_patience(standing.chat.chat)
        if self._talk is None:
            stage.leave(self._visit)
            return
        stage.summary.serve(self._talk.assigned_after_s)
        await self._talk.run(closes=self._visit.closer == "customer")
        stage.settle(self._visit, self.side, self._talk.account)

    async def _lose_patience(self, chat: ChatId) -> None:
        """Leave the queue, or the chat, if it was given to an agent in this very moment."""
        closed = await self.ask(lambda client: client.close(chat))
        self._stands(closed.chat)
        if self._talk is not None:
            # It may have been lost meanwhile, and then hears nothing of it by itself.
            self._talk.catch_up(await self.history(self._talk.peer, after=0))
            self._talk.end()
        elif self.stage.hurry.is_set():
            self.stage.summary.sent_home += 1
        else:
            self.stage.summary.abandoned += 1


async def _pages(client: Client, peer: Uid, after: int) -> list[protocol.StoredMessage]:
    found: list[protocol.StoredMessage] = []
    while True:
        page = await client.history(peer, after=after, limit=PAGE)
        found += page.messages
        if not page.more:
            return found
        after = found[-1].seq
