"""The agent's console."""

from collections import deque
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Event
from imchat.errors import RequestError
from imchat.ids import ChatId
from imchat.tui.chat_app import ChatApp
from imchat.tui.widgets.chat_list import ChatList, Entry
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.title_bar import TitleBar

RECENT = 5
"""Closed chats that stay in the list."""


class AgentApp(ChatApp):
    """An agent's chats side by side with the conversation of one of them."""

    TITLE = "imchat agent"
    CSS = """
    .-narrow ChatList { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "toggle_status", "Online/away", id="toggle_status"),
        Binding("alt+a", "next_unread", "Next unread", id="next_unread"),
        Binding("ctrl+up", "neighbour(-1)", "Chat above", id="above", show=False),
        Binding(
            "ctrl+down", "neighbour(1)", "Other chat", id="below", key_display="^↑↓"
        ),
    ]

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._agent: protocol.AgentStatus | None = None
        self._my_name = ""
        self._shown: ChatId | None = None
        # What was heard, not what the client knows by now: a chat must not be gone from the
        # one before it has come to the other.
        self._open: dict[ChatId, protocol.Chat] = {}
        self._recent: deque[protocol.Chat] = deque(maxlen=RECENT)

    def compose(self) -> ComposeResult:
        """Title, list and conversation, keys."""
        yield TitleBar("agent")
        with Horizontal():
            yield ChatList(self.limits)
            yield ChatPane(self.client)
        yield Footer(show_command_palette=False)

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the list and the conversation true."""
        match event:
            case Connected(welcome=welcome):
                self._my_name, self._agent = welcome.name, welcome.status
                self._open = {}
                for chat in welcome.chats:
                    self._opened(chat)
            case protocol.Status(uid=uid, state=state, load=load, capacity=capacity):
                if uid == self.client.uid and state != "offline":
                    self._agent = protocol.AgentStatus(state=state, load=load, capacity=capacity)
            case protocol.Assigned(chat=chat):
                self._opened(chat)
                self._announce(chat)
            case protocol.Closed(chat=chat) | ClosedMeanwhile(chat=chat):
                self._ended(chat)
            case _:
                self.query_one(ChatPane).heard(event)

    def _opened(self, chat: protocol.Chat) -> None:
        self._open[chat.chat] = chat
        self._shown = self._shown or chat.chat
        # The list shows what was said last, so a little of it is needed.
        self.query_one(ChatPane).load_earlier(self.client.conversation(chat.customer))

    def _announce(self, chat: protocol.Chat) -> None:
        if chat.chat != self._shown:
            text = f"{chat.customer_name} is a new customer of yours."
            self.notify(text, markup=False, timeout=4)

    def _ended(self, chat: protocol.Chat) -> None:
        self._open.pop(chat.chat, None)
        # The server's last word on it may have been missed.
        self._recent.appendleft(msgspec.structs.replace(chat, state="closed"))

    # --- how things stand ----------------------------------------------------

    @property
    def _chats(self) -> list[protocol.Chat]:
        """Open chats, then those closed last."""
        return [*self._open.values(), *self._recent]

    def draw(self) -> None:
        """Show everything as it is now."""
        if self._agent is None:
            return
        chats = {chat.chat: chat for chat in self._chats}
        if self._shown not in chats:
            self._shown = next(iter(chats), None)
        # The conversation first: what it shows counts as read in the list.
        self._draw_chat(chats.get(self._shown) if self._shown else None)
        now = self.now_ms()
        entries = [
            Entry.of(chat, self.client.conversation(chat.customer), now)
            for chat in chats.values()
        ]
        self.query_one(TitleBar).standing = self._standing(self._agent)
        self.query_one(ChatList).show(entries, selected=self._shown)

    def _draw_chat(self, chat: protocol.Chat | None) -> None:
        shut = ""
        if chat is None:
            shut = "No customer yet."
        elif chat.chat not in self._open:
            shut = f"The chat with {chat.customer_name} is closed."
        self.query_one(ChatPane).show(chat, shut=shut, empty=self._empty)

    @property
    def _empty(self) -> str:
        if self._agent is not None and self._agent.state == "away":
            return "You are away: no new customer comes. F2 brings you back."
        return "Ready. The next customer appears here by itself."

    def _standing(self, agent: protocol.AgentStatus) -> Content:
        load = len(self._open)
        online = agent.state == "online"
        return Content.assemble(
            (self._my_name, "bold"), "  ",
            ("● online" if online else "○ away", "$text-success" if online else "$text-warning"),
            f"  tier {load}  ",
            (f"{max(0, agent.capacity - load)} of {agent.capacity} slots free", "$text-muted"),
        )

    # --- what the agent does -------------------------------------------------

    def on_option_list_option_highlighted(self, event: ChatList.OptionHighlighted) -> None:
        """A chat was chosen in the list."""
        if event.option.id is not None:
            self._go_to(ChatId(event.option.id))

    def on_option_list_option_selected(self, _: ChatList.OptionSelected) -> None:
        """It is to be answered."""
        self.query_one(Composer).focus()

    def _go_to(self, chat: ChatId) -> None:
        self._shown = chat
        self.draw()

    def action_neighbour(self, step: int) -> None:
        """Go to the chat above or below."""
        ids = [chat.chat for chat in self._chats]
        if self._shown in ids:
            self._go_to(ids[(ids.index(self._shown) + step) % len(ids)])

    def action_next_unread(self) -> None:
        """Go to the next chat with something unread, from here on down."""
        ids = list(self._open)
        start = ids.index(self._shown) + 1 if self._shown in ids else 0
        for id in ids[start:] + ids[:start]:
            if self.client.conversation(self._open[id].customer).unread:
                self._go_to(id)
                return
        self.notify("Nothing is unread.", timeout=2)

    def action_toggle_status(self) -> None:
        """Take new chats, or keep to those at hand."""
        away = self._agent is not None and self._agent.state == "online"
        self.run_worker(self._set_away(away=away), group="status", exclusive=True)

    async def _set_away(self, *, away: bool) -> None:
        try:
            await self.client.set_status("away" if away else "online")
        except RequestError as error:
            self.notify(str(error), severity="error", markup=False)

    def action_close_chat(self) -> None:
        """Close the chat that is shown, after asking."""
        chat = self._open.get(self._shown) if self._shown else None
        if chat is None:
            self.notify("There is no open chat to close.", timeout=2)
            return
        question = f"Close the chat with {chat.customer_name}?"
        self.ask_to_close(chat, question, "Close it")
