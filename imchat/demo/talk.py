"""One side of one chat: it says its lines in turn and keeps account of what it sees."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from imchat import protocol
from imchat.demo.accounts import Account
from imchat.demo.dialogues import Dialogue, Side
from imchat.errors import RequestError
from imchat.ids import ChatId, Uid

if TYPE_CHECKING:
    from imchat.demo.bots import Bot

LONGEST_ANSWER_S = 30.0
"""A line of the other that takes longer is lost: typing and a lost connection are shorter."""
SETTLE_S = 10.0
PAGE = 500
CLOSING_PAUSE_S = 1.2


class Talk:
    """One side's part in a chat. It goes on when its bot loses the connection."""

    def __init__(self, bot: "Bot", chat: protocol.Chat, dialogue: Dialogue, side: Side) -> None:
        assert chat.agent is not None
        assert chat.agent_name is not None
        peer = chat.agent if side == "customer" else chat.customer
        self.account = Account(chat=chat.chat, me=bot.uid, peer=peer)
        self.assigned_after_s = ((chat.assigned_at or 0) - chat.opened_at) / 1000
        self.seen = 0
        """The newest seq that this side was shown."""
        self._caught_up = 0
        self._bot = bot
        self._side = side
        self._lines = dialogue.lines
        self._agent_name = chat.agent_name.split()[0]
        self._over = False
        self._news = asyncio.Event()
        if side == "customer":
            self.account.topic = dialogue.lines[0].text

    @property
    def chat(self) -> ChatId:
        """Which chat it is."""
        return self.account.chat

    @property
    def peer(self) -> Uid:
        """Who the other is."""
        return self.account.peer

    def hear(self, message: protocol.StoredMessage) -> None:
        """Take a message of the chat that is shown now."""
        # What came with a connection is pushed behind the welcome that counts it already.
        if message.seq > self._caught_up:
            self._show(message)

    def catch_up(self, messages: Iterable[protocol.StoredMessage]) -> None:
        """Take from a conversation what was missed of the chat."""
        for message in messages:
            if message.chat == self.chat and message.seq > self.seen:
                self._show(message)
                self._caught_up = message.seq

    def _show(self, message: protocol.StoredMessage) -> None:
        self.seen = max(self.seen, message.seq)
        if message.sender == self.peer:
            self.account.shown.append(message)
            self._news.set()

    def end(self) -> None:
        """The chat is closed."""
        self._over = True
        self._news.set()

    async def run(self, *, closes: bool) -> None:
        """Say and hear every line, see the chat closed, compare with the history."""
        played = await self._play(closes=closes)
        if not self._over and (closes or not played):
            await self._bot.stage.pause(CLOSING_PAUSE_S * self._bot.stage.random.uniform(0.5, 1.5))
            await self._bot.ask(lambda client: client.close(self.chat))
        await self._until(lambda: self._over, LONGEST_ANSWER_S, "see the chat closed")
        await self._settle()

    async def _play(self, *, closes: bool) -> bool:
        """Say and hear the lines until they end or the chat does; False if one never came.

        When the show is to end, who closes stops in the middle.
        """
        heard = 0
        for number, line in enumerate(self._lines):
            if line.side != self._side:
                heard += 1
                if not await self._heard(heard):
                    return False
            elif number:  # the first was said by asking
                await self._say(number, line.text.format(agent=self._agent_name))
            if self._over or (closes and self._bot.stage.hurry.is_set()):
                break
        return True

    async def _heard(self, count: int) -> bool:
        shown = self.account.shown
        return await self._until(
            lambda: len(shown) >= count or self._over,
            LONGEST_ANSWER_S,
            f"hear message {count} of {self.peer}",
        )

    async def _say(self, number: int, text: str) -> None:
        await self._bot.write(self.peer, text)
        if self._over:
            return
        account, id = self.account, f"{self.chat}.{number}"
        account.sent[id] = text
        try:
            # Under its own id it is stored once, however often it is sent.
            ack = await self._bot.ask(lambda client: client.send(self.peer, text, id=id))
            account.acked[id] = ack.seq
        except RequestError as error:
            # Right if the chat was closed meanwhile; that it was, is waited for below.
            account.refused[id] = str(error)
            await self._until(lambda: self._over, SETTLE_S, f"see why: {error}")

    async def _settle(self) -> None:
        """Read the history of the chat; what it holds may still be on its way to the screen."""
        stored = await self._bot.history(self.peer, after=0)
        self.account.stored = [m for m in stored if m.chat == self.chat]
        last = max((m.seq for m in self.account.stored if m.sender == self.peer), default=0)
        await self._until(lambda: self.seen >= last, SETTLE_S, f"be shown message {last}")

    async def _until(self, condition: Callable[[], bool], seconds: float, what: str) -> bool:
        """Wait until something is so; gives whether, and notes a fault if it never is."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            me = self.account.me
            self.account.faults.append(f"{me} waited {seconds:.0f} s in vain to {what}")
            return False
        return True
