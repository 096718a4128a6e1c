"""The agent's console."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, OptionList

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Event, Missed
from imchat.ids import ChatId
from imchat.tui.caseload import Caseload
from imchat.tui.chat_app import ChatApp
from imchat.tui.chat_entry import Entry
from imchat.tui.colleagues import Colleagues, Target
from imchat.tui.replies import Replies
from imchat.tui.theme import MUTED
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.customer_panel import CustomerPanel
from imchat.tui.widgets.jump import Jump
from imchat.tui.widgets.title_bar import TitleBar
from imchat.tui.widgets.transfer import Transfer

REPLIES_LOOKED_AT_EVERY_S = 2.0
SLOTS_WITH_KEYS = 9
PANEL, TARGETS = "customer_panel", "transfer_targets"
"""By these names what was chosen is remembered."""
ENDED_HOW = {
    "agent": "closed",
    "customer": "left",
    "supervisor": "closed above",
    "disconnected": "lost",
    "left_queue": "left",
}


class AgentApp(ChatApp):
    """An agent's chats, the conversation of one of them, and who that customer is.

    `replies` and `desk_replies` are the files of canned replies.
    """

    TITLE = "imchat agent"
    CSS = """
    CustomerPanel { display: none; width: 34; }
    .-wide.-panel CustomerPanel, .-huge.-panel CustomerPanel, .-peek CustomerPanel {
        display: block;
    }
    .-tiny ChatList, .-narrow.-peek ChatList { display: none; }
    .-tiny.-peek ChatPane { display: none; }
    .-tiny.-peek CustomerPanel { width: 1fr; }
    .-huge ChatList, .-huge CustomerPanel { width: 44; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (64, "-narrow"), (108, "-wide"), (160, "-huge")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "toggle_status", "Online/away", id="toggle_status"),
        Binding("ctrl+g", "jump", "Go to", id="jump"),
        Binding("alt+a", "next_unread", "Next unread", id="next_unread"),
        Binding("f3", "toggle_panel", "Customer", id="toggle_panel"),
        Binding("f5", "transfer", "Transfer", id="transfer"),
        Binding("f8", "note", "Note", id="note"),
        Binding("ctrl+up", "neighbour(-1)", "Chat above", id="above", show=False),
        Binding("ctrl+down", "neighbour(1)", "Chat below", id="below", show=False),
        Binding("alt+d", "discard_draft", "Discard the draft", id="discard_draft", show=False),
        *(
            Binding(f"alt+{n}", f"go_to_slot({n})", f"Chat {n}", id=f"slot_{n}", show=False)
            for n in range(1, SLOTS_WITH_KEYS + 1)
        ),
    ]

    def __init__(
        self, client: Client, *, replies: Path | None = None, desk_replies: Path | None = None
    ) -> None:
        super().__init__(client)
        self._agent: protocol.AgentStatus | None = None
        self._my_name = ""
        self._shown: ChatId | None = None
        self._load = Caseload()
        self._colleagues = Colleagues()
        self._replies = Replies(replies, desk_replies)

    def compose(self) -> ComposeResult:
        """Title, list, conversation and customer, keys."""
        yield TitleBar("agent")
        with Horizontal():
            yield ChatList(self.limits)
            yield ChatPane(self.client, replies=self._replies)
            yield CustomerPanel(self.client, self.wait_for, self._learned)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Bring back what was remembered; look for canned replies whenever their files change."""
        self.screen.set_class(self.memory[PANEL] is not False, "-panel")
        self._colleagues.remember(str(self.memory[TARGETS] or ""))
        self._reload_replies()
        self.set_interval(REPLIES_LOOKED_AT_EVERY_S, self._reload_replies)

    def _reload_replies(self) -> None:
        # A file may be far away, and must not keep the screen waiting.
        self.run_worker(self._read_replies, group="replies", exclusive=True, thread=True)

    def _read_replies(self) -> None:
        for wrong in self._replies.reload():
            self.call_from_thread(self.notify, wrong, severity="error", markup=False, timeout=8)

    # --- what happened -------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Keep the list, the conversation and the customer true."""
        match event:
            case Connected(welcome=welcome):
                self._my_name, self._agent = welcome.name, welcome.status
                self._sync(welcome.chats)
            case Missed():
                self._sync(list(self.client.chats.values()))
            case protocol.Status(uid=uid, state=state, load=load, capacity=capacity):
                if uid == self.client.uid and state != "offline":
                    self._agent = protocol.AgentStatus(state=state, load=load, capacity=capacity)
            case protocol.Assigned(chat=chat):
                self._opened(chat)
                self._announce(chat)
            case protocol.Transferred(chat=chat):
                self._moved(event, chat)
            case protocol.Closed(chat=chat, reason=reason):
                self._ended(chat, ENDED_HOW[reason])
            case ClosedMeanwhile(chat=chat):
                self._ended(chat, "ended")
            case _:
                self.query_one(ChatPane).heard(event)

    def _sync(self, chats: list[protocol.Chat]) -> None:
        self._load.sync(chats)
        for chat in chats:
            self._opened(chat)
        self.query_one(CustomerPanel).forget_all()

    def _opened(self, chat: protocol.Chat) -> None:
        shown = next((c for c in self._load.chats if c.chat == self._shown), None)
        if shown is None or shown.customer == chat.customer:
            self._shown = chat.chat
        self._load.opened(chat)
        self._colleagues.seen([chat])
        self.query_one(CustomerPanel).forget(chat.customer)
        # The list shows what was said last, so a little of it is needed.
        self.query_one(ChatPane).load_earlier(self.client.conversation(chat.customer))

    def _announce(self, chat: protocol.Chat, by: str = "") -> None:
        if chat.chat != self._shown:
            text = f"{chat.customer_name} is a new customer of yours{by}."
            self.notify(text, markup=False, timeout=4)

    def _moved(self, event: protocol.Transferred, chat: protocol.Chat) -> None:
        self._colleagues.seen([chat])
        self._colleagues.met(event.sender)
        if chat.agent == self.client.uid:
            self._opened(chat)
            self._announce(chat, f", from {event.sender}")
        elif self._load.get(chat.chat) is not None:
            self._ended(chat, f"to {chat.agent_name or chat.agent or chat.desk}")

    def _ended(self, chat: protocol.Chat, how: str) -> None:
        drafts = self.query_one(ChatPane).drafts
        self._load.ended(chat, how, self.now_ms(), kept=drafts)
        self.query_one(CustomerPanel).forget(chat.customer)

    def _learned(self, known: protocol.Customer) -> None:
        self._colleagues.seen(known.chats)
        for note in known.notes:
            self._colleagues.met(note.by)
        self.stale()

    # --- how things stand ----------------------------------------------------

    def draw(self) -> None:
        """Show everything as it is now."""
        if self._agent is None:
            return
        chats = {chat.chat: chat for chat in self._load.chats}
        if self._shown not in chats:
            self._shown = next(iter(chats), None)
        chat = chats[self._shown] if self._shown else None
        # The conversation first: what it shows counts as read in the list.
        self._draw_chat(chat)
        self.query_one(CustomerPanel).show(chat, self.now_ms())
        self.query_one(TitleBar).standing = self._standing(self._agent)
        self.query_one(ChatList).show(self._entries(), selected=self._shown)

    def _entries(self) -> list[Entry]:
        now, drafts = self.now_ms(), self.query_one(ChatPane).drafts
        if self._shown_open is not None:
            drafts.discard(self._shown_open.customer)  # one sees what one is writing
        open_ones = [
            Entry.open(
                slot, chat, self.client.conversation(chat.customer), now,
                has_draft=chat.customer in drafts,
            )
            for slot, chat in self._load.slots
        ]
        return open_ones + [
            Entry.past(past, now, has_draft=past.chat.customer in drafts)
            for past in self._load.recent
        ]

    def _draw_chat(self, chat: protocol.Chat | None) -> None:
        shut = ""
        if chat is None:
            shut = "No customer yet."
        elif self._load.get(chat.chat) is None:
            how = next(past.how for past in self._load.recent if past.chat.chat == chat.chat)
            gone = f"was given {how}" if how.startswith("to ") else "is closed"
            shut = f"The chat with {chat.customer_name} {gone}."
        self.query_one(ChatPane).show(chat, shut=shut, empty=self._empty)

    @property
    def _shown_open(self) -> protocol.Chat | None:
        return self._load.get(self._shown)

    @property
    def _empty(self) -> str:
        if self._agent is not None and self._agent.state == "away":
            return "You are away: no new customer comes. F2 brings you back."
        return "Ready. The next customer appears here by itself."

    def _standing(self, agent: protocol.AgentStatus) -> Content:
        load = len(self._load.slots)
        online = agent.state == "online"
        return Content.assemble(
            (self._my_name, "bold"), "  ",
            ("● online" if online else "○ away", "$text-success" if online else "$text-warning"),
            f"  tier {load}  ",
            (f"{max(0, agent.capacity - load)} of {agent.capacity} slots free", MUTED),
        )

    # --- which chat ----------------------------------------------------------

    @on(OptionList.OptionHighlighted, "ChatList")
    def _chosen(self, event: ChatList.OptionHighlighted) -> None:
        if event.option.id is not None:
            self._go_to(ChatId(event.option.id))

    @on(OptionList.OptionSelected, "ChatList")
    def _to_be_answered(self, _: ChatList.OptionSelected) -> None:
        self.query_one(Composer).focus()

    def _go_to(self, chat: ChatId) -> None:
        self._shown = chat
        self.draw()

    def action_neighbour(self, step: int) -> None:
        """Go to the chat above or below."""
        ids = [chat.chat for chat in self._load.chats]
        if self._shown in ids:
            self._go_to(ids[(ids.index(self._shown) + step) % len(ids)])

    def action_go_to_slot(self, number: int) -> None:
        """Go to the chat in a slot."""
        chat = self._load.in_slot(number)
        if chat is not None:
            self._go_to(chat.chat)
        else:
            self.notify(f"Slot {number} is free.", timeout=2)

    def action_next_unread(self) -> None:
        """Go to the next chat with something unread, from here on down."""
        chats = [chat for _, chat in self._load.slots]
        ids = [chat.chat for chat in chats]
        start = ids.index(self._shown) + 1 if self._shown in ids else 0
        for chat in chats[start:] + chats[:start]:
            if self.client.conversation(chat.customer).unread:
                self._go_to(chat.chat)
                return
        self.notify("Nothing is unread.", timeout=2)

    def action_jump(self) -> None:
        """Go to a chat by a few letters, or by its slot's number."""

        def go(chat: ChatId | None) -> None:
            if chat is not None:
                self._go_to(chat)
                self.query_one(Composer).focus()

        self.push_screen(Jump(self._entries()), go)

    # --- what the agent does -------------------------------------------------

    def action_toggle_status(self) -> None:
        """Take new chats, or keep to those at hand."""
        if self._agent is not None and self._agent.state == "online":
            self.wait_for("setting you away", self.client.set_status("away"))
        else:
            self.wait_for("setting you online", self.client.set_status("online"))

    def action_close_chat(self) -> None:
        """Close the chat that is shown, after asking."""
        chat = self._shown_open
        if chat is None:
            self.notify("There is no open chat to close.", timeout=2)
            return

        question = f"Close the chat with {chat.customer_name}?"
        if chat.customer in self.query_one(ChatPane).drafts:
            question += "\nWhat you wrote is not sent; it is kept under “recent”."
        self.ask_to_close(chat, question, "Close it")

    def action_transfer(self) -> None:
        """Give the chat that is shown to somebody else."""
        chat = self._shown_open
        if chat is None:
            self.notify("There is no open chat to transfer.", timeout=2)
            return

        def chosen(to: Target | None) -> None:
            if to is not None:
                self.wait_for(f"giving the chat to {to}", self._transfer(chat, to))

        asks = Transfer(chat.customer_name, self._colleagues, me=self.client.uid)
        self.push_screen(asks, chosen)

    async def _transfer(self, chat: protocol.Chat, to: Target) -> None:
        await self.client.transfer(chat.chat, to=to.agent, desk=to.desk)
        self._colleagues.used(to)
        self.memory[TARGETS] = self._colleagues.remembered

    def action_discard_draft(self) -> None:
        """Empty the composer; Ctrl+Z has it back."""
        self.query_one(Composer).take("")

    # --- the customer --------------------------------------------------------

    def action_toggle_panel(self) -> None:
        """Show the customer beside the conversation, or where the list is; or hide it."""
        if self._has_room:
            self.screen.toggle_class("-panel")
            self.memory[PANEL] = self.screen.has_class("-panel")
        else:
            self.screen.toggle_class("-peek")
        if not self.query_one(CustomerPanel).display:
            self.query_one(Composer).focus()
        self.stale()

    def action_note(self) -> None:
        """Write a private note on the customer."""
        if not self.query_one(CustomerPanel).display:
            self.action_toggle_panel()
        self.draw()
        self.query_one(CustomerPanel).write_note()

    @property
    def _has_room(self) -> bool:
        return self.screen.has_class("-wide") or self.screen.has_class("-huge")
