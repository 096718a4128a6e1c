"""What the agent sees: the chats, one conversation, and who that customer is."""

import contextlib
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from imchat import protocol
from imchat.client import Client, ClosedMeanwhile, Connected, Event, Missed
from imchat.errors import ImchatError
from imchat.ids import ChatId, Uid
from imchat.tui.actions import key_of
from imchat.tui.caseload import Caseload
from imchat.tui.chat_app import ChatApp
from imchat.tui.chat_entry import Entry
from imchat.tui.colleagues import Colleagues, Target
from imchat.tui.customer_words import ENDED_HOW
from imchat.tui.replies import Replies
from imchat.tui.theme import MUTED
from imchat.tui.widgets.chat_list import ChatList
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.customer_panel import CustomerPanel
from imchat.tui.widgets.key_bar import KeyBar
from imchat.tui.widgets.title_bar import TitleBar

REPLIES_LOOKED_AT_EVERY_S = 2.0
PANEL, TARGETS = "customer_panel", "transfer_targets"
"""By these names what was chosen is remembered."""


class AgentView(ChatApp):
    """An agent's chats, the conversation of one of them, and who that customer is.

    `replies` and `desk_replies` are the files of canned replies.
    """

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
    def __init__(
        self, client: Client, *, replies: Path | None = None, desk_replies: Path | None = None
    ) -> None:
        super().__init__(client)
        self._agent: protocol.AgentStatus | None = None
        self._my_name = ""
        self._shown: ChatId | None = None
        self._load = Caseload()
        self._colleagues = Colleagues()
        self._given_by: dict[Uid, Uid] = {}
        """Of each customer that was passed on to this agent, who had it before."""
        self._replies = Replies(replies, desk_replies)

    def compose(self) -> ComposeResult:
        """Title, list, conversation and customer, keys."""
        yield TitleBar("agent")
        with Horizontal():
            yield ChatList(self.limits)
            yield ChatPane(self.client, replies=self._replies)
            yield CustomerPanel(self.client, self.wait_for, self._learned, self._name_of_agent)
        yield KeyBar()

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
            case protocol.Status(uid=uid, state=state, load=load, capacity=capacity, by=by):
                if uid == self.client.uid and state != "offline":
                    if by not in {None, uid} and self._agent and self._agent.state != state:
                        self._announce_set(state, str(by))
                    self._agent = protocol.AgentStatus(state=state, load=load, capacity=capacity)
            case protocol.Assigned(chat=chat):
                self._opened(chat)
                self._announce(chat)
            case protocol.Transferred(chat=chat):
                self._moved(event, chat)
            case protocol.Closed(chat=chat, reason=reason):
                self._ended(chat, ENDED_HOW[reason])
            case ClosedMeanwhile(chat=chat):
                self._ended(chat, ENDED_HOW[chat.reason] if chat.reason else "ended")
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

    def _announce(self, chat: protocol.Chat) -> None:
        if chat.chat != self._shown:
            text = f"{chat.customer_name} is a new customer of yours."
            self.notify(text, markup=False, timeout=4)

    def _announce_set(self, state: str, by: str) -> None:
        """An agent that is set away unawares would wait for customers in vain."""
        key = key_of(self, "toggle_status")
        said = f"{by} set you {state}; {key} changes it."
        self.notify(said, severity="warning", markup=False, timeout=10)
        self.call_for(said)

    def _moved(self, event: protocol.Transferred, chat: protocol.Chat) -> None:
        self._colleagues.seen([chat])
        self._colleagues.met(event.sender)
        if chat.agent == self.client.uid:
            self._opened(chat)
            if event.sender is None:
                self._announce(chat)
            else:
                self._given_by[chat.customer] = event.sender
                self.run_worker(self._announce_given(chat, event.sender), group="given")
        elif self._load.get(chat.chat) is not None:
            self._ended(chat, f"to {chat.agent_name or chat.agent or chat.desk}")

    async def _announce_given(self, chat: protocol.Chat, sender: Uid) -> None:
        with contextlib.suppress(ImchatError):  # then it is called by its uid
            self._colleagues.told(await self.client.colleagues())
        by, key = self._name_of_agent(sender), key_of(self, "talk_before")
        said = f"{chat.customer_name} is yours now, from {by}. {key} shows what they said."
        self.notify(said, markup=False, timeout=6)

    def _ended(self, chat: protocol.Chat, how: str) -> None:
        drafts = self.query_one(ChatPane).drafts
        self._given_by.pop(chat.customer, None)
        self._load.ended(chat, how, chat.closed_at or self.now_ms(), kept=drafts)
        self.query_one(CustomerPanel).forget(chat.customer)
        self._forget_who_is_out_of_reach()

    def _forget_who_is_out_of_reach(self) -> None:
        """Or all that was said in eight hours would be kept."""
        chats = [*self._load.chats, *self.client.chats.values()]
        for peer in self.client.conversations.keys() - {chat.customer for chat in chats}:
            self.client.forget(peer)

    def _others_before(self, chat: protocol.Chat) -> list[Uid]:
        """The other agents that the customer of a chat had, as far as is known, the last first."""
        had = [self._given_by.get(chat.customer)]
        had += [earlier.agent for earlier in self.query_one(CustomerPanel).earlier(chat.customer)]
        return [uid for uid in dict.fromkeys(had) if uid not in {None, self.client.uid}]

    def _given(self, chat: protocol.Chat | None) -> str:
        """Who gave the chat away, and by which key one reads what was said there."""
        by = self._given_by.get(chat.customer) if chat is not None else None
        return f"{self._name_of_agent(by)} ({key_of(self, 'talk_before')})" if by else ""

    def _name_of_agent(self, uid: Uid) -> str:
        return self._colleagues.name(Target("agent", uid))

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
        self.query_one(CustomerPanel).show(chat, self.now_ms(), self._given(chat))
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
        empty = self._idle if chat is None else self._nothing_said(chat)
        self.query_one(ChatPane).show(chat, shut=shut, empty=empty)

    @property
    def _shown_open(self) -> protocol.Chat | None:
        return self._load.get(self._shown)

    def _nothing_said(self, chat: protocol.Chat) -> str:
        """What stands in the conversation of a chat in which nothing was said yet."""
        if chat.customer in self._given_by:
            key = key_of(self, "talk_before")
            return f"Nothing is said here yet. {key} shows what was said before."
        return "Nothing is said here yet."

    @property
    def _idle(self) -> str:
        if self._agent is not None and self._agent.state == "away":
            return "You are away: no new customer comes. F2 brings you back."
        return "Ready. The next customer appears here by itself."

    def _standing(self, agent: protocol.AgentStatus) -> Content:
        name = (self._my_name, "bold")
        if self.client.state != "online":
            return Content.assemble(name, "  ", ("◌ not connected", "$text-error"))
        load = len(self._load.slots)
        online = agent.state == "online"
        return Content.assemble(
            name, "  ",
            ("● online" if online else "○ away", "$text-success" if online else "$text-warning"),
            f"  tier {load}  ",
            (f"{max(0, agent.capacity - load)} of {agent.capacity} slots free", MUTED),
        )
