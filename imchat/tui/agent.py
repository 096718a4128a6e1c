"""The agent's console."""

from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from imchat import protocol
from imchat.ids import ChatId
from imchat.tui.agent_view import PANEL, TARGETS, AgentView
from imchat.tui.colleagues import Target
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.confirm import Confirm
from imchat.tui.widgets.customer_panel import CustomerPanel
from imchat.tui.widgets.jump import Jump
from imchat.tui.widgets.note_box import NoteBox
from imchat.tui.widgets.transfer import Transfer

SLOTS_WITH_KEYS = 9


class Leave(Confirm):
    """Asks before the console is ended."""


class AgentApp(AgentView):
    """What the agent sees, and what can be done about it; each with a key and a name."""

    TITLE = "imchat agent"
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
            Binding(f"alt+{n}", f"go_to_slot({n})", f"Go to chat {n}", id=f"slot_{n}", show=False)
            for n in range(1, SLOTS_WITH_KEYS + 1)
        ),
    ]

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

        self.push_screen(Jump(self._entries(), self.limits), go)

    def _go_on_from(self, left: protocol.Chat) -> None:
        """Go to who waits longest, or to the next chat; not while one writes where one was."""
        writes = left.customer in self.query_one(ChatPane).drafts
        if self._shown != left.chat or writes or self.query_one(NoteBox).text:
            return
        chats = [entry for entry in self._entries() if entry.slot is not None]
        at = next((n for n, entry in enumerate(chats) if entry.chat.chat == left.chat), 0)
        others = [entry for entry in chats[at:] + chats[:at] if entry.chat.chat != left.chat]
        if others:
            longest = max(others, key=lambda e: -1 if e.waiting_s is None else e.waiting_s)
            self._go_to(longest.chat.chat)

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

    async def close(self, chat: protocol.Chat) -> None:
        """Close the chat, and go on to another."""
        await super().close(chat)
        self._go_on_from(chat)

    def action_transfer(self) -> None:
        """Give the chat that is shown to somebody else."""
        chat = self._shown_open
        if chat is None:
            self.notify("There is no open chat to transfer.", timeout=2)
            return

        def chosen(to: Target | None) -> None:
            if to is not None:
                self.wait_for(f"giving the chat to {to}", self._transfer(chat, to))

        asks = Transfer(
            chat.customer_name, self._colleagues, me=self.client.uid,
            who_is_there=self.client.colleagues,
        )
        self.push_screen(asks, chosen)

    async def _transfer(self, chat: protocol.Chat, to: Target) -> None:
        await self.client.transfer(chat.chat, to=to.agent, desk=to.desk)
        self._go_on_from(chat)
        self._colleagues.used(to)
        self.memory[TARGETS] = self._colleagues.remembered

    def action_discard_draft(self) -> None:
        """Empty the composer; Ctrl+Z has it back."""
        self.query_one(Composer).take("")

    async def action_quit(self) -> None:
        """End the console; whom customers wait for, or who has written something, is asked first.

        Asked once: the same key again means it.
        """
        count = len(self._load.slots)
        drafts = self.query_one(ChatPane).drafts or self.query_one(NoteBox).text.strip()
        if isinstance(self.screen, Leave) or not (count or drafts):
            self.exit()
            return
        question = "Leave?"
        if count:
            question = f"Leave with {count} open chat{'s' * (count != 1)}?"
            question += "\nIf you are not back in time, others get them."
        if drafts:
            question += "\nWhat you wrote is not sent, and lost."
        self.push_screen(Leave(question, "Leave"), lambda yes: self.exit() if yes else None)

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

    def action_talk_before(self) -> None:
        """Read what the customer and another agent said, before it came to this one."""
        chat = self._shown_open
        if chat is None:
            self.notify("What others said can be read while the chat is open.", timeout=3)
            return
        others = self._others_before(chat)
        if not others:
            self.notify(f"No other agent of {chat.customer_name} is known.", markup=False)
        else:
            self.read_before(
                {uid: self._name_of_agent(uid) for uid in others},
                lambda agent: partial(self.client.history, chat.customer, agent=agent),
                customer=chat.customer, called=chat.customer_name,
            )

    @property
    def _has_room(self) -> bool:
        return self.screen.has_class("-wide") or self.screen.has_class("-huge")
