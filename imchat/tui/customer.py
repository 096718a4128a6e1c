"""The customer's window."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer, Static

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Event
from imchat.errors import RequestError
from imchat.ids import Desk
from imchat.tui.chat_app import ChatApp
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.title_bar import TitleBar

_ENDED_BY = {
    "customer": "You closed the chat.",
    "agent": "{agent} closed the chat.",
    "supervisor": "A supervisor closed the chat.",
    "disconnected": "The chat was closed while you were away.",
    "left_queue": "You left the queue.",
}


class CustomerApp(ChatApp):
    """Asks for help at once, shows the place in the queue, then the conversation."""

    TITLE = "imchat customer"
    CSS = """
    #standing {
        height: auto; padding: 1 2; background: $surface; text-align: center;
        border-left: wide $primary;
        &.-waiting { border-left: wide $warning; }
        &.-over { border-left: wide $border-blurred; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "ask", "Ask for help", id="ask"),
    ]

    def __init__(self, client: Client, *, topic: str | None, desk: Desk) -> None:
        super().__init__(client)
        self._topic = topic
        self._desk = desk
        self._asked = False
        self._waiting: protocol.Waiting | None = None
        self._open: protocol.Chat | None = None
        self._last: protocol.Chat | None = None
        self._over = ""

    def compose(self) -> ComposeResult:
        """Title, how one stands, conversation, keys."""
        yield TitleBar("customer service")
        yield Static(id="standing")
        yield ChatPane(self.client, one_draft=True)
        yield Footer(show_command_palette=False)

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the window true."""
        match event:
            case Connected(welcome=welcome):
                self._welcomed(welcome)
            case protocol.Waiting(chat=chat):
                self._open, self._waiting = chat, event
            case protocol.Assigned(chat=chat):
                self._assigned(chat)
            case protocol.Closed(chat=chat, reason=reason):
                self._ended(chat, _ENDED_BY[reason])
            case ClosedMeanwhile(chat=chat):
                self._ended(chat, _ENDED_BY["disconnected"])
            case _:
                self.query_one(ChatPane).heard(event)

    def _welcomed(self, welcome: protocol.Welcome) -> None:
        self.query_one(TitleBar).standing = Content.styled(welcome.name, "bold")
        self._open = next(iter(welcome.chats), None)
        if self._open is not None:
            self._asked, self._last = True, self._open
        elif not self._asked:
            self.action_ask()

    def _assigned(self, chat: protocol.Chat) -> None:
        self._open, self._last, self._waiting = chat, chat, None

    def _ended(self, chat: protocol.Chat, how: str) -> None:
        agent = chat.agent_name or chat.agent or "The agent"
        self._over = how.format(agent=agent)
        self._open, self._waiting = None, None
        if chat.agent is not None:
            self._last = chat

    # --- how things stand ----------------------------------------------------

    def draw(self) -> None:
        """Show everything as it is now."""
        chat = self._open
        standing = self.query_one("#standing", Static)
        standing.set_class(chat is not None and chat.state == "waiting", "-waiting")
        standing.set_class(chat is None, "-over")
        standing.update(self._standing(chat))
        if self._last is None or self._last.agent is None:
            self.query_one(ChatPane).show(None, shut=self._shut(chat), empty="")
        else:
            self.query_one(ChatPane).show(self._last, shut=self._shut(chat), empty="Say hello.")

    def _standing(self, chat: protocol.Chat | None) -> Content:
        if chat is None:
            if not self._asked:
                return Content("Connecting…")
            return Content.assemble((self._over or "Asking for help…", ""), self._hint)
        if chat.state == "active":
            name = chat.agent_name or chat.agent or ""
            return Content.assemble((name, "bold $text-success"), " is here for you.")
        return self._place(chat)

    @property
    def _hint(self) -> Content:
        return Content.styled("\nF3 asks for help again.", "$text-muted" if self._over else "")

    def _place(self, chat: protocol.Chat) -> Content:
        waiting = self._waiting
        position = waiting.position if waiting else chat.position
        eta_s = waiting.eta_s if waiting else None
        return Content.assemble(
            "You are number ", (str(position or "?"), "bold $text-warning"), " in the queue",
            f", about {_minutes(eta_s)}." if eta_s is not None else ".",
            ("\nStay here: you are served in turn.", "$text-muted"),
        )

    def _shut(self, chat: protocol.Chat | None) -> str:
        if chat is None:
            return "There is no open chat; F3 asks for help." if self._asked else "Connecting…"
        return "You can write as soon as somebody is here." if chat.state == "waiting" else ""

    # --- what the customer does ----------------------------------------------

    def action_ask(self) -> None:
        """Ask for an agent, unless there is a chat."""
        if self._open is None:
            self._asked, self._over = True, ""
            self.run_worker(self._ask(), group="ask", exclusive=True)

    async def _ask(self) -> None:
        topic, self._topic = self._topic, None
        try:
            await self.client.request(desk=self._desk, topic=topic)
        except RequestError as error:
            self._topic = topic
            self._over = f"{str(error).capitalize()}."
            self.stale()

    def action_close_chat(self) -> None:
        """Close the chat or leave the queue, after asking."""
        chat = self._open
        if chat is None:
            return
        waits = chat.state == "waiting"
        question = "Leave the queue?" if waits else "Close the chat?"
        yes = "Leave" if waits else "Close it"
        self.ask_to_close(chat, question, yes)


def _minutes(seconds: int) -> str:
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    return f"{round(seconds / 60)} minutes"
