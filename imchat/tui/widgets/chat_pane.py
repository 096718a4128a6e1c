"""The conversation, who is writing, and the composer."""

import asyncio
import time

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from imchat import protocol
from imchat.client import Client, Conversation, Event, Line
from imchat.errors import RequestError
from imchat.ids import Uid
from imchat.tui.actions import key_of
from imchat.tui.replies import Replies, filled
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.chat_reader import ChatReader
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.reply_popup import ReplyPopup
from imchat.tui.widgets.talk_line import TalkLine

PAGE = 50
FIND_PAGE = 500
TYPING_SHOWN_S = 4.0
TYPING_TOLD_EVERY_S = 2.0


class ChatPane(Vertical):
    """Shows one chat at a time and sends what is written in it.

    Keeps a draft for each customer (an agent's must not go to another), or with
    `one_draft` a single one (a customer's is for whoever serves next), loads what came
    before when it is looked for, and tells the other what was read: only what was on a
    screen that has the focus. With `replies` it offers them where a `/` is written.
    """

    DEFAULT_CSS = """
    ChatPane { width: 1fr; height: 1fr; }
    """

    class Changed(Message):
        """There is something new to show."""

    def __init__(
        self, client: Client, *, one_draft: bool = False, replies: Replies | None = None
    ) -> None:
        super().__init__()
        self._one_draft = one_draft
        self._popup = None if replies is None else ReplyPopup(replies, self._insert_reply)
        self._client = client
        self._chat: protocol.Chat | None = None
        self._drafts: dict[Uid, str] = {}
        self._loading: set[Uid] = set()
        self._writing: tuple[Uid, float] = (Uid(""), 0.0)
        self._told_typing_at = 0.0

    def compose(self) -> ComposeResult:
        """Log above, composer below."""
        yield ChatReader(self._load_for_finder)
        yield TalkLine()
        if self._popup is not None:
            yield self._popup
        yield Composer(sent=self._sent_before, completion=self._popup)

    # --- what is shown -------------------------------------------------------

    def show(self, chat: protocol.Chat | None, *, shut: str, empty: str) -> None:
        """Show a chat as it is now; `shut` says why nothing can be sent, or is empty."""
        self._change_draft(chat)
        self._chat = chat
        conversation = self._conversation
        self.query_one(ChatReader).show(conversation, self._stands_as, empty=empty)
        composer = self.query_one(Composer)
        peer = self._peer
        if shut or peer is None:
            composer.shut(shut)
        else:
            composer.open(f"Write to {self._name_of(peer)}…", to=peer)
        self._show_line()
        if conversation is not None:
            self._load_if_room(conversation)
            if not shut:
                self._mark_read(conversation)

    def heard(self, event: Event) -> None:
        """Note who is writing, until it has come."""
        match event:
            case protocol.Typing(sender=sender):
                self._writing = (sender, time.monotonic())
            case protocol.Message(sender=sender) if sender == self._writing[0]:
                self._writing = (Uid(""), 0.0)
            case protocol.Error(message=message):
                self.notify(message, severity="error", markup=False)
            case _:
                pass

    def _change_draft(self, chat: protocol.Chat | None) -> None:
        old = self._chat.customer if self._chat else None
        new = chat.customer if chat else None
        if self._one_draft or old == new:
            return
        self._told_typing_at = 0.0  # the other one was told
        composer = self.query_one(Composer)
        if old is not None:
            self._drafts[old] = composer.text
        if old is not None or not composer.text:
            composer.write(self._drafts.pop(new, "") if new is not None else "")

    @property
    def drafts(self) -> set[Uid]:
        """The customers for whom something is written and not sent."""
        drafts = {uid for uid, text in self._drafts.items() if text.strip()}
        if self._chat is not None and self.query_one(Composer).text.strip():
            drafts.add(self._chat.customer)
        return drafts

    @property
    def _peer(self) -> Uid | None:
        chat = self._chat
        if chat is None or chat.agent is None:
            return None
        return chat.agent if chat.customer == self._client.uid else chat.customer

    @property
    def _conversation(self) -> Conversation | None:
        return self._client.conversation(self._peer) if self._peer else None

    def _name_of(self, uid: Uid) -> str:
        chat = self._chat
        if chat is not None and uid == chat.customer:
            return chat.customer_name
        if chat is not None and uid == chat.agent:
            return chat.agent_name or uid
        return uid

    def _stands_as(self, uid: Uid) -> str:
        """The name above a message."""
        return "You" if uid == self._client.uid else self._name_of(uid)

    def _show_line(self) -> None:
        line = self.query_one(TalkLine)
        if unsent := len(self._unsent):
            again, back = (key_of(self.app, key) for key in ("send_again", "take_back"))
            line.show_unsent(unsent, again=again, back=back)
        else:
            sender, at = self._writing
            is_writing = sender == self._peer and time.monotonic() - at < TYPING_SHOWN_S
            line.show_writing(self._name_of(sender) if is_writing else "")

    # --- what is done --------------------------------------------------------

    def _mark_read(self, conversation: Conversation) -> None:
        if self.app.app_focus and self.query_one(ChatLog).at_end and conversation.unread:
            self._client.mark_read(conversation.peer, conversation.last_seq)

    def _load_if_room(self, conversation: Conversation) -> None:
        if self.query_one(ChatLog).has_room:
            self.load_earlier(conversation)

    def load_earlier(self, conversation: Conversation) -> None:
        """Load the page before what is known of a conversation, one at a time."""
        peer = conversation.peer
        if conversation.has_earlier and peer not in self._loading:
            self._loading.add(peer)
            self.run_worker(self._load(peer), group=f"load {peer}")

    async def _load(self, peer: Uid) -> None:
        try:
            await self._client.load_earlier(peer, limit=PAGE)
        except RequestError as error:
            self.notify(f"What came before cannot be loaded: {error}", markup=False)
        finally:
            self._loading.discard(peer)
            self.post_message(self.Changed())

    @property
    def _unsent(self) -> list[tuple[Conversation, Line]]:
        """What was refused, oldest first; of a customer also what another agent did not get."""
        if self._one_draft:
            conversations = list(self._client.conversations.values())
        else:
            conversations = [self._conversation] if self._conversation else []
        return [(talk, line) for talk in conversations for line in talk.failed]

    def send_again(self) -> None:
        """Send what was refused once more, to who is there now."""
        peer, shut = self._peer, self.query_one(Composer).closed_because
        unsent = self._unsent
        if not unsent:
            self.notify("Everything is sent.", timeout=2)
        elif peer is None or shut:
            self.notify(shut, severity="warning", markup=False)
        else:
            for talk, line in unsent:
                if talk.peer != peer:
                    talk.discard(line.id)
                self._send(peer, line.body, id=line.id if talk.peer == peer else None)

    def take_back(self) -> None:
        """Have the newest that was refused where one writes, before what is written there."""
        if not self._unsent:
            self.notify("Everything is sent.", timeout=2)
            return
        talk, line = self._unsent[-1]
        talk.discard(line.id)
        composer = self.query_one(Composer)
        composer.take(f"{line.body}\n{composer.text}" if composer.text else line.body)
        composer.focus()
        self.post_message(self.Changed())

    def on_talk_line_asked(self, event: TalkLine.Asked) -> None:
        """What was not sent was clicked."""
        event.stop()
        if event.action == "send_again":
            self.send_again()
        else:
            self.take_back()

    def _send(self, to: Uid, body: str, *, id: str | None = None) -> None:
        stored = self._client.send(to, body, id=id)
        stored.add_done_callback(lambda done: self._settled(to, done))
        if to == self._peer:
            self._told_typing_at = 0.0
            self.query_one(ChatLog).follow()
        self.post_message(self.Changed())

    def _settled(self, to: Uid, done: "asyncio.Future[protocol.Ack]") -> None:
        """Show what became of it; what is out of sight is told of when it was refused."""
        if not self.is_attached or done.cancelled():
            return
        if done.exception() is not None and to != self._peer:
            said = f"Not sent to {to}: {done.exception()}"
            self.notify(said, severity="error", markup=False)
        self.post_message(self.Changed())

    def _sent_before(self) -> list[str]:
        conversation = self._conversation
        if conversation is None:
            return []
        return [line.body for line in conversation.lines if line.sender == conversation.me]

    def _insert_reply(self, text: str) -> None:
        if self._chat is not None:
            agent = self._chat.agent_name or self._client.uid
            text = filled(text, customer=self._chat.customer_name, agent=agent)
        self.query_one(Composer).take(text)

    async def _load_for_finder(self) -> None:
        """Load a page for who looks for something, as long as the server lets it be."""
        if self._peer is not None:
            await self._client.load_earlier(self._peer, limit=FIND_PAGE)

    @property
    def can_go_back(self) -> bool:
        """Whether one is somewhere else than where one writes, or has marked something."""
        return not self.query_one(Composer).has_focus or self.query_one(ChatLog).marks

    def go_back(self) -> None:
        """Go back to writing, with nothing marked any more."""
        self.query_one(ChatLog).unmark()
        self.query_one(Composer).focus()

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Send it to whom it was written for, who may be shown no more; the log shows the rest."""
        event.stop()
        self._send(event.to, event.body)

    def on_composer_scrolled(self, event: Composer.Scrolled) -> None:
        """Scroll by pages, with the focus left in the composer."""
        event.stop()
        log = self.query_one(ChatLog)
        if event.pages < 0:
            log.scroll_page_up(animate=False)
        else:
            log.scroll_page_down(animate=False)

    def on_chat_log_needs_earlier(self, event: ChatLog.NeedsEarlier) -> None:
        """The reader looks for what came before."""
        event.stop()
        if self._conversation is not None:
            self.load_earlier(self._conversation)

    def on_text_area_changed(self, event: Composer.Changed) -> None:
        """Tell the other that something is being written, now and then."""
        event.stop()
        now = time.monotonic()
        is_due = now - self._told_typing_at > TYPING_TOLD_EVERY_S
        composer = self.query_one(Composer)
        if self._popup is not None:
            self._popup.look(composer.text)
        if self._peer and composer.text and not composer.closed_because and is_due:
            self._told_typing_at = now
            self._client.typing(self._peer)
