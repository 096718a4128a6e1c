"""The customer's chat, a line for each thing that happens."""

import asyncio
import contextlib
import io
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Literal, TextIO

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Disconnected, Event, clean
from imchat.client.words import agent_of, duration, ended, had_agent, passed_on
from imchat.errors import RequestError
from imchat.ids import Desk, Uid
from imchat.plain.reading import lines_of

AtEnd = Literal["close", "leave", "wait"]
HELP = (
    "A line is a message. /close closes the chat or leaves the queue, /rate 1-5 WORDS rates it,"
    " /ask TOPIC asks again, /quit ends and leaves the chat open, //TEXT sends /TEXT."
)
MOST_HELD = 1_000


class _Quit(Exception):
    """There is no more to do."""


async def run(client: Client, *, topic: str | None, desk: Desk, at_end: AtEnd) -> bool:
    """Chat until standard input ends; gives whether everything was sent and done.

    `at_end` says what becomes of the chat then, once all is stored: it is closed, left
    open, or waited for until somebody closes it. Raises what ended the client.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what this locale cannot write is no failure
    chat = _Chat(client, topic=topic, desk=desk, patient=not sys.stdin.isatty())
    async with client:
        listening = asyncio.create_task(chat.listen())
        working = asyncio.create_task(chat.work(at_end))
        try:
            ways = (working, listening, chat.cut)
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            next(way for way in ways if way.done()).result()  # the others end with an error
        finally:
            for task in (listening, working):
                task.cancel()
            await asyncio.gather(listening, working, return_exceptions=True)
            chat.give_up()
    await asyncio.sleep(0)  # what was not acked is said now
    return not chat.failures


class _Chat:
    """One customer's. `patient` does one thing after the other, as a script means it."""

    def __init__(self, client: Client, *, topic: str | None, desk: Desk, patient: bool) -> None:
        self.failures = 0
        self._client = client
        self._topic = topic
        self._desk = desk
        self._patient = patient
        self._open: protocol.Chat | None = None
        self._ended: protocol.Chat | None = None
        self._place = 0
        self._is_lost = False
        self._held: deque[str] = deque()
        """What was written while nobody served."""
        self._unacked: set[asyncio.Future[protocol.Ack]] = set()
        self._asking = True
        self._doing: set[asyncio.Task[None]] = set()
        self.cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done, with BrokenPipeError, when nobody reads any more."""
        self._changed = asyncio.Event()

    # --- what is said --------------------------------------------------------

    def _say(self, sign: str, text: str) -> None:
        """Print lines under a sign, at once and whole."""
        try:
            _write(sys.stdout, sign, text)
        except BrokenPipeError as error:  # a callback could raise it to nobody
            if not self.cut.done():
                self.cut.set_exception(error)

    def _fail(self, text: str) -> None:
        self.failures += 1
        _write(sys.stderr, "!", text)

    # --- what happens --------------------------------------------------------

    async def listen(self) -> None:
        """Print what happens. Raises what ends the client."""
        async for event in self._client:
            self._heard(event)
            self._changed.set()

    def _heard(self, event: Event) -> None:
        match event:
            case Connected(welcome=welcome):
                self._connected(welcome)
            case Disconnected(reason=reason) if not self._is_lost:
                self._is_lost = True
                self._say("*", f"No connection: {reason}. Trying again.")
            case protocol.Waiting(chat=chat, position=position, eta_s=eta_s):
                self._waits(chat, position, eta_s)
            case protocol.Assigned(chat=chat):
                self._goes_on(chat, "")
            case protocol.Transferred(chat=chat):
                self._goes_on(chat, f"{passed_on(self._open, event)} ")
            case protocol.Closed(chat=chat, reason=reason):
                self._end(chat, ended(chat, reason))
            case ClosedMeanwhile(chat=chat):
                self._end(chat, ended(chat, "disconnected"))
            case protocol.Message(sender=sender, body=body, seq=seq):
                self._message(sender, body)
                if sender != self._client.uid:
                    self._client.mark_read(sender, seq)
            case protocol.Error(message=message):
                self._fail(message)
            case _:
                pass

    def _connected(self, welcome: protocol.Welcome) -> None:
        if self._is_lost:
            self._is_lost = False
            self._say("*", "Connected again.")
        for chat in welcome.chats:
            if chat.agent is not None:
                self._goes_on(chat, "")

    def _waits(self, chat: protocol.Chat, position: int, eta_s: int | None) -> None:
        gone = f"{agent_of(self._open)} had to go. " if had_agent(self._open, chat) else ""
        self._open = chat
        if gone or position != self._place:
            self._place = position
            about = f", about {duration(eta_s)}" if eta_s is not None else ""
            self._say("*", f"{gone}You are number {position} in the queue{about}.")

    def _goes_on(self, chat: protocol.Chat, how: str) -> None:
        before, self._open = self._open, chat
        if chat.agent is None:
            self._say("*", f"{how}You wait again.")
            self._place = 0
        elif before is None or before.chat != chat.chat or before.agent != chat.agent:
            self._say("*", f"{how}{agent_of(chat)} is here for you.")
            self._place = 0
        self._send_held()

    def _end(self, chat: protocol.Chat, how: str) -> None:
        if self._open is not None and self._open.chat != chat.chat:
            return
        self._open, self._ended = None, chat
        self._say("*", how)
        self._drop_held()

    def _message(self, sender: Uid, body: str) -> None:
        if sender == self._client.uid:
            self._say(">", body)  # written elsewhere by the same customer
            return
        name = agent_of(self._open if self._open and self._open.agent == sender else None)
        self._say("<", "\n".join(f"{name or sender}: {line}" for line in body.split("\n")))

    # --- what is written -----------------------------------------------------

    async def work(self, at_end: AtEnd) -> None:
        """Ask for help, then do what each line says."""
        try:
            await self._do(self._ask())
            # Left to the collector, it would be closed when there is no loop to do it.
            async with contextlib.aclosing(lines_of(sys.stdin.fileno())) as lines:
                async for line in lines:
                    await self._take(line)
            await self._settled()
            if at_end == "close" and self._open is not None:
                await self._close()
            elif at_end == "wait":
                await self._until(lambda: self._open is None)
        except _Quit:
            pass

    def give_up(self) -> None:
        """Say what will not be sent, and do nothing more."""
        for task in self._doing:
            task.cancel()
        self._drop_held()

    async def _do(self, work: Coroutine[None, None, None]) -> None:
        """Do it now, or beside what is typed next."""
        task = asyncio.create_task(work)
        self._doing.add(task)
        task.add_done_callback(self._done)
        if self._patient:
            await self._until(task.done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._doing.discard(task)
        self._changed.set()

    async def _take(self, line: str) -> None:
        if not line.strip():
            return
        if line.startswith("/") and not line.startswith("//"):
            if self._patient:
                await self._settled()
            name, _, rest = line[1:].partition(" ")
            if name.strip() == "quit":
                raise _Quit
            await self._do(self._command(name.strip(), rest.strip()))
            return
        self._held.append(line.removeprefix("/") if line.startswith("//") else line)
        if self._open is None and not self._asking:
            self._drop_held()
        self._send_held()
        await self._until(lambda: len(self._held) + len(self._unacked) < MOST_HELD)

    async def _command(self, name: str, rest: str) -> None:
        match name:
            case "help":
                self._say("*", HELP)
            case "close" if self._open is not None:
                await self._close()
            case "close":
                self._fail("There is no open chat to close.")
            case "rate":
                await self._rate(*rest.partition(" ")[::2])
            case "ask":
                self._topic = rest or None
                await self._ask()
            case _:
                self._fail(f"There is no command /{name}; /help tells which there are.")

    async def _ask(self) -> None:
        topic, self._topic, self._asking = self._topic, None, True
        before, self._ended = self._ended, None
        try:
            await self._client.request(desk=self._desk, topic=topic)
            await self._until(lambda: self._open is not None or self._ended is not None)
        except RequestError as error:
            self._ended = before
            self._fail(f"Not asked: {error}")
        finally:
            self._asking = False
        if self._open is None:
            self._drop_held()

    async def _close(self) -> None:
        assert self._open is not None
        try:
            await self._client.close(self._open.chat)
            await self._until(lambda: self._open is None)
        except RequestError as error:
            self._fail(f"Not closed: {error}")

    async def _rate(self, score: str, comment: str) -> None:
        if self._open is not None or self._ended is None or self._ended.agent is None:
            self._fail("Not rated: a chat is rated once it is closed.")
        elif score not in {"1", "2", "3", "4", "5"}:
            self._fail("Not rated: give a number from 1 to 5, then words if you like.")
        else:
            try:
                await self._client.rate(self._ended.chat, int(score), comment.strip())
                self._say("*", f"You rated it {score} of 5, thank you.")
            except RequestError as error:
                self._fail(f"Not rated: {error}")

    # --- what is under way ---------------------------------------------------

    def _send_held(self) -> None:
        agent = self._open.agent if self._open is not None else None
        while agent is not None and self._held:
            body = self._held.popleft()
            stored = self._client.send(agent, body)
            self._unacked.add(stored)
            stored.add_done_callback(partial(self._sent, body))

    def _sent(self, body: str, stored: "asyncio.Future[protocol.Ack]") -> None:
        self._unacked.discard(stored)
        error = None if stored.cancelled() else stored.exception()
        if error is not None:
            self._fail(f"Not sent ({error}): {body}")
        elif self._patient:
            self._say(">", body)
        self._changed.set()

    def _drop_held(self) -> None:
        while self._held:
            self._fail(f"Not sent (there is no open chat): {self._held.popleft()}")

    async def _settled(self) -> None:
        """Wait until all that was written is stored, or cannot be."""
        await self._until(lambda: not (self._held or self._unacked or self._doing))

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


def _write(stream: TextIO, sign: str, text: str) -> None:
    stream.write("".join(f"{sign} {line}\n" for line in clean(text).split("\n")))
    stream.flush()
