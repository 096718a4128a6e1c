"""An app in whose lists a supervisor picks a chat or an agent, and acts on it."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from imchat import protocol
from imchat.client import Client
from imchat.ids import ChatId, Uid
from imchat.tui.acts import Acts, ChatAt, chats_of, find_chat
from imchat.tui.app import ImchatApp
from imchat.tui.desk_view import Agent
from imchat.tui.widgets.agents_table import AgentsTable
from imchat.tui.widgets.chat_watch import ChatWatch
from imchat.tui.widgets.event_log import EventLog
from imchat.tui.widgets.queue_head import QueueHead
from imchat.tui.widgets.tier_board import TierBoard


class Supervising(ImchatApp):
    """Acts on what has the focus: an agent, somebody in the queue, an event."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_chat", "Open", id="supervise_open"),
        Binding("c", "close_chat", "Close", id="supervise_close"),
        Binding("m", "transfer_chat", "Transfer", id="supervise_transfer"),
        Binding("w", "turn_agent", "Away", id="supervise_status"),
    ]

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.snapshot: protocol.Snapshot | None = None
        """The newest that was heard."""
        self.names: dict[Uid, str] = {}
        """Of every agent that was ever in a snapshot."""
        self._acts = Acts(self, client, lambda: self.snapshot, self.name_of)

    def note(self, snapshot: protocol.Snapshot) -> None:
        """Take how things stand now."""
        self.snapshot = snapshot
        self.names |= {agent.uid: agent.name or agent.uid for agent in snapshot.agents}

    def name_of(self, uid: Uid) -> str:
        """An agent's name, or the uid."""
        return self.names.get(uid) or uid

    def on_data_table_row_selected(self) -> None:
        """Open a chat of the agent."""
        self.action_open_chat()

    def on_painted_cursor_chosen(self) -> None:
        """Open the chat of the row, or a chat of the card's agent."""
        self.action_open_chat()

    def action_open_chat(self) -> None:
        """Read a chat while it goes on, or as it was."""
        self._acts.begin(self._open)

    def action_close_chat(self) -> None:
        """Close a chat, after asking."""
        chats = self._chats()
        self._acts.begin(lambda: self._acts.close(chats))

    def action_transfer_chat(self) -> None:
        """Give a chat to an agent or a desk, after asking."""
        chats = self._chats()
        self._acts.begin(lambda: self._acts.transfer(chats))

    def action_turn_agent(self) -> None:
        """Set the agent that is meant away, or online, after asking."""
        agent = self._agent()
        if agent is None:
            self.notify("There is no agent here.", severity="warning", markup=False)
        else:
            self._acts.begin(lambda: self._acts.turn(agent))

    async def _open(self) -> None:
        at = await self._acts.pick(self._chats(also_closed=True), "Read which chat?")
        if at is None:
            return
        if at.agent is None:
            self.notify(f"{at.customer} waits; nothing is said yet.", markup=False)
            return
        chat = at.chat
        watch = ChatWatch(
            self.client, self._acts, at, now=lambda: self._find(chat), name_of=self.name_of
        )
        await self.push_screen(watch)

    def _find(self, chat: ChatId) -> ChatAt | None:
        return None if self.snapshot is None else find_chat(self.snapshot, chat)

    def _chats(self, *, also_closed: bool = False) -> list[ChatAt]:
        """Those that are meant by where the keys are."""
        match self.focused:
            case QueueHead(at_cursor=who):
                return [] if who is None else [ChatAt(who.chat, who.customer, None, who.desk)]
            case EventLog(at_cursor=event):
                return [] if event is None else self._chats_in(event, also_closed=also_closed)
        agent = self._agent()
        return [] if agent is None else chats_of(agent)

    def _agent(self) -> Agent | None:
        """The one that is meant by where the keys are, as it is now; offline is none."""
        uid = self._uid_of_agent()
        agents = self.snapshot.agents if self.snapshot else []
        return next((agent for agent in agents if agent.uid == uid), None)

    def _uid_of_agent(self) -> str | None:
        match self.focused:
            case QueueHead():
                return None
            case EventLog(at_cursor=event):
                return None if event is None else event.agent
            case TierBoard(at_cursor=agent):
                return None if agent is None else agent.uid
        shown = self.query_one(AgentsTable).at_cursor
        return None if shown is None else shown.uid

    def _chats_in(self, event: protocol.Happening, *, also_closed: bool) -> list[ChatAt]:
        at = self._find(ChatId(event.chat)) if event.chat else None
        if at is None and also_closed and event.customer and event.agent:
            at = ChatAt(ChatId(event.chat), Uid(event.customer), Uid(event.agent))
        return [] if at is None else [at]
