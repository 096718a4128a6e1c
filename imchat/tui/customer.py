"""The customer's window."""

import asyncio
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Event
from imchat.client.words import agent_of, duration, ended, had_agent, passed_on
from imchat.errors import Conflict, RequestError
from imchat.ids import ChatId, Desk, Uid
from imchat.tui.actions import key_of
from imchat.tui.chat_app import ChatApp
from imchat.tui.place import Place
from imchat.tui.waits import clock
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.confirm import Confirm
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.rating import Rated, Rating
from imchat.tui.widgets.standing import Standing
from imchat.tui.widgets.title_bar import TitleBar

LEAVING_S = 2.0


class CustomerApp(ChatApp):
    """Asks for help at once, shows the place in the queue and the chat, and asks how it was."""

    TITLE = "imchat customer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "ask", "Ask for help", id="ask"),
        Binding("f5", "rate", "Rate it", id="rate"),
    ]

    def __init__(self, client: Client, *, topic: str | None, desk: Desk) -> None:
        super().__init__(client)
        self._topic = topic
        self._desk = desk
        self._asked = False
        self._place = Place()
        self._open: protocol.Chat | None = None
        self._last: protocol.Chat | None = None
        """The last chat with an agent, whose conversation is shown."""
        self._ended: protocol.Chat | None = None
        self._scores: dict[ChatId, int] = {}
        self._over = ""
        self._passed_on = ""
        self._had: dict[Uid, str] = {}
        """The agents of this chat, by what they are called, the last one last."""

    def compose(self) -> ComposeResult:
        """Title, how one stands, conversation, keys."""
        yield TitleBar("customer service")
        yield Standing()
        yield ChatPane(self.client, one_draft=True)
        yield KeyBar()

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the window true."""
        match event:
            case Connected(welcome=welcome):
                self._welcomed(welcome)
            case protocol.Waiting(chat=chat):
                self._waits(event)
            case protocol.Assigned(chat=chat):
                self._opened(chat)
            case protocol.Transferred():
                self._transferred(event)
            case protocol.Closed(chat=chat, reason=reason):
                self._end(chat, ended(chat, reason))
            case ClosedMeanwhile(chat=chat):
                self._end(chat, ended(chat, "disconnected"))
            case protocol.Rated(chat=chat):
                self._scores[chat.chat] = chat.score or 0
            case _:
                self.query_one(ChatPane).heard(event)
        self.refresh_bindings()

    def _welcomed(self, welcome: protocol.Welcome) -> None:
        self.query_one(TitleBar).standing = Content.styled(welcome.name, "bold")
        chat = next(iter(welcome.chats), None)
        if chat is not None:
            self._opened(chat)
        elif not self._asked:
            self.action_ask()

    def _opened(self, chat: protocol.Chat) -> None:
        if self._open is None or self._open.chat != chat.chat:
            self._place, self._passed_on, self._had = Place(chat.opened_at), "", {}
        self._asked, self._open = True, chat
        if chat.agent is None:
            self._place.note(chat.position)
        else:
            self._last = chat
            self._had.pop(chat.agent, None)
            self._had[chat.agent] = agent_of(chat)

    def _waits(self, frame: protocol.Waiting) -> None:
        if had_agent(self._open, frame.chat):
            self._passed_on = f"{agent_of(self._open)} had to go. "
            self._place = Place(self.now_ms())
        self._opened(frame.chat)
        self._place.note(frame.position, frame.eta_s)

    def _transferred(self, frame: protocol.Transferred) -> None:
        if had_agent(self._open, frame.chat):
            self._passed_on = f"{passed_on(self._open, frame)} "
            self._place = Place(self.now_ms())
        self._opened(frame.chat)

    def _end(self, chat: protocol.Chat, how: str) -> None:
        if self._open is not None and self._open.chat != chat.chat:
            return  # of one before
        self._over = how
        self._open, self._ended = None, chat
        if chat.agent is not None:
            self._last = chat

    # --- how things stand ----------------------------------------------------

    def draw(self) -> None:
        """Show everything as it is now."""
        chat = self._open
        self.query_one(Standing).show(
            self._standing(chat),
            waiting=chat is not None and chat.state == "waiting",
            over=chat is None and bool(self._over),
            rateable=self._to_rate is not None,
            stale=chat is not None and self.client.state != "online",
            progress=self._place.progress,
        )
        shown = self._last
        empty = "" if shown is None else "Say hello."
        self.query_one(ChatPane).show(shown, shut=self._shut(chat), empty=empty)

    def _standing(self, chat: protocol.Chat | None) -> Content:
        if chat is None:
            return self._apart()
        if chat.state == "active":
            name = agent_of(chat)
            return Content.assemble(
                self._passed_on, (name, "bold $text-success"), " is here for you.",
                (self._where_the_rest_is(), "$text-muted"),
            )
        return self._in_the_queue()

    def _where_the_rest_is(self) -> str:
        """Or who is passed on would think that what was said is lost."""
        others = list(self._others.values())
        if not others:
            return ""
        return f"\n{key_of(self, 'talk_before')} shows what you and {others[0]} said."

    def _apart(self) -> Content:
        if not self._asked:
            return Content("Connecting…")
        if not self._over:
            return Content("Asking for help…")
        score = self._scores.get(self._ended.chat) if self._ended else None
        thanks = f" You rated it {score} of 5, thank you." if score else ""
        rate = f"{key_of(self, 'rate')} rates it, " if self._to_rate else ""
        return Content.assemble(
            self._over, thanks, "\n", (f"{rate}{key_of(self, 'ask')} asks for help again.",
                                       "$text-muted"),
        )

    def _in_the_queue(self) -> Content:
        place = self._place
        eta = f", about {duration(place.eta_s)}" if place.eta_s is not None else ""
        waited_s = max(0, (self.now_ms() - place.since_ms) // 1000)
        hint = "Stay here: you are served in turn."
        if self.client.state != "online":
            hint = "You keep your place while the connection is made again."
        return Content.assemble(
            self._passed_on, "You are number ", (str(place.position or "?"), "bold $text-warning"),
            f" in the queue{eta}.\n", (f"Waiting for {clock(waited_s)}. {hint}", "$text-muted"),
        )

    def _shut(self, chat: protocol.Chat | None) -> str:
        if chat is not None and chat.state == "active":
            return ""
        if not self._asked:
            return "Connecting…"
        if chat is None and self._over:
            return f"There is no open chat; {key_of(self, 'ask')} asks for help."
        return "You can write as soon as somebody is here."

    # --- what the customer does ----------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        match action:
            case "ask":
                asking = self._asked and not self._over
                return self._open is None and not asking
            case "rate":
                return self._to_rate is not None
            case "close_chat":
                return self._open is not None
            case "talk_before":
                return bool(self._others)
        return super().check_action(action, parameters)

    def action_ask(self) -> None:
        """Ask for an agent."""
        self._asked, self._over = True, ""
        self.wait_for("asking for help", self._ask())

    async def _ask(self) -> None:
        topic, self._topic = self._topic, None
        try:
            await self.client.request(desk=self._desk, topic=topic)
        except RequestError as error:
            self._topic, self._over = topic, f"{str(error).capitalize()}."
        except asyncio.CancelledError:
            self._topic, self._over = topic, "You did not ask after all."
            raise

    @property
    def _others(self) -> dict[Uid, str]:
        """Who was there in this chat before who is there now, the last one first."""
        now = self._last.agent if self._last else None
        return {uid: name for uid, name in reversed(self._had.items()) if uid != now}

    def action_talk_before(self) -> None:
        """Read what was said with an agent who passed one on, or had to go."""
        me = self.client.uid
        self.read_before(
            self._others, lambda agent: partial(self.client.history, agent),
            customer=me, called="You", me=me,
        )

    @property
    def _to_rate(self) -> protocol.Chat | None:
        """The chat that ended last, when it may be rated."""
        chat = self._ended if self._open is None else None
        if chat is None or chat.agent is None or chat.chat in self._scores or chat.score:
            return None
        return chat

    def action_rate(self) -> None:
        """Ask how it was, and tell the server."""
        chat = self._to_rate
        if chat is None:
            return

        def answered(said: Rated | None) -> None:
            if said is not None:
                self.wait_for("rating", self._rate(chat.chat, said))

        self.push_screen(Rating(agent_of(chat)), answered)

    async def _rate(self, chat: ChatId, said: Rated) -> None:
        try:
            await self.client.rate(chat, said.score, said.comment)
        except Conflict:  # it was rated in another window
            self._scores[chat] = 0
            raise
        self._scores[chat] = said.score

    def action_close_chat(self) -> None:
        """Close the chat or leave the queue, after asking."""
        chat = self._open
        if chat is None:
            return
        waits = chat.state == "waiting"
        question = "Leave the queue?" if waits else "Close the chat?"
        yes = "Leave" if waits else "Close it"
        self.ask_to_close(chat, question, yes)

    async def action_quit(self) -> None:
        """End the window; who waits is asked first, for the place is lost."""
        chat = self._open
        if chat is None or chat.state != "waiting" or isinstance(self.screen, Confirm):
            self.exit()
            return

        def answered(said: bool | None) -> None:
            if said:
                self.wait_for("leaving the queue", self._leave(chat.chat))

        self.push_screen(Confirm("Leave the queue? Your place is lost.", "Leave"), answered)

    async def _leave(self, chat: ChatId) -> None:
        """Say so, that nobody is given a customer who is gone; but who wants to go can."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self.client.close(chat)
        except TimeoutError:
            pass  # the server finds out by itself
        finally:
            self.exit()
