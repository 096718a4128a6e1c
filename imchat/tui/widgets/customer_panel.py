"""Who the customer is: how long it waited, what was before, and private notes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from imchat import protocol
from imchat.client import Client
from imchat.errors import ImchatError
from imchat.ids import Uid
from imchat.tui import customer_words
from imchat.tui.actions import key_of
from imchat.tui.customer_words import Part
from imchat.tui.theme import MUTED
from imchat.tui.widgets.note_box import NoteBox

KNOWN_KEPT = 128
NARROW = 30
"""Cells that there are for words before anybody knows."""


class CustomerPanel(Vertical):
    """Shows the customer of one chat, loads what is known of it, and takes notes.

    A note that is begun stays with its customer. `learned` hears of each chat that
    was loaded, `name_of` names an agent.
    """

    DEFAULT_CSS = """
    CustomerPanel {
        height: 1fr; padding: 0 1; background: $background;
        border: round $border-blurred; border-title-color: $text-muted;
    }
    CustomerPanel VerticalScroll {
        height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    CustomerPanel Static { height: auto; margin-bottom: 1; }
    CustomerPanel NoteBox { margin: 0; }
    """
    BINDING_GROUP_TITLE = "The customer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "load_again", "Look up the customer again", id="load_customer", show=False),
    ]

    def __init__(
        self,
        client: Client,
        wait_for: Callable[[str, Awaitable[object]], None],
        learned: Callable[[protocol.Customer], None],
        name_of: Callable[[Uid], str],
    ) -> None:
        super().__init__()
        self.border_title = "customer"
        self._client = client
        self._wait_for = wait_for
        self._adding: set[Uid] = set()
        self._learned = learned
        self._name_of = name_of
        self._chat: protocol.Chat | None = None
        self._known: dict[Uid, protocol.Customer] = {}
        self._stale: set[Uid] = set()
        self._loading: Uid | None = None
        self._failed: dict[Uid, str] = {}
        self._drafts: dict[Uid, str] = {}

    def compose(self) -> ComposeResult:
        """What is known above, a line for notes below."""
        with VerticalScroll(can_focus=False):
            for part in ("who", "notes", "earlier"):
                yield Static(id=part, markup=False)
        yield NoteBox()

    # --- what is shown -------------------------------------------------------

    def show(self, chat: protocol.Chat | None, now_ms: int, given_by: str = "") -> None:
        """Show the customer of a chat as far as it is known, and who gave the chat away."""
        self._change_draft(chat)
        if chat is None or (self._chat and self._chat.customer != chat.customer):
            self._failed.clear()
        self._chat = chat
        box = self.query_one(NoteBox)
        box.disabled = chat is None
        if chat is not None:
            box.about = chat.customer
        if not self.display:
            return
        if chat is None:
            self._say("who", ["Nobody is there yet."])
            self._say("notes", [])
            self._say("earlier", [])
            return
        self._load_if_unknown(chat)
        self._say("who", customer_words.who(chat, now_ms, given_by))
        known = self._known.get(chat.customer)
        if known is None:
            self._say("notes", [])
            self._say("earlier", [(self._why_unknown(chat.customer), MUTED)])
        else:
            self._say("notes", customer_words.notes(known, self._client.uid, self._name_of))
            self._say_earlier(known)

    def earlier(self, uid: Uid) -> list[protocol.Chat]:
        """The chats of a customer that ended, newest first, as far as they were looked up."""
        known = self._known.get(uid)
        return [] if known is None else known.chats

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def forget(self, uid: Uid) -> None:
        """Something ended or began with this customer: look again when it is seen next."""
        self._stale.add(uid)
        self._failed.pop(uid, None)

    def forget_all(self) -> None:
        """Much may have happened meanwhile."""
        self._stale.update(self._known)
        self._failed.clear()

    def on_resize(self) -> None:
        """Topics are cut to the width."""
        if self._chat is not None and (known := self._known.get(self._chat.customer)):
            self._say_earlier(known)

    def _say_earlier(self, known: protocol.Customer) -> None:
        width = self._scroll.scrollable_content_region.width or NARROW
        self._say("earlier", customer_words.earlier(known, self._client.uid, width))

    def _say(self, part: str, words: list[Part]) -> None:
        said = Content.assemble(*words)
        static = self.query_one(f"#{part}", Static)
        static.display = bool(words)
        if static.content != said:
            static.update(said)

    def _why_unknown(self, uid: Uid) -> str:
        if uid in self._failed:
            key = key_of(self, "load_customer")
            return f"More cannot be shown: {self._failed[uid]} ({key} tries again)"
        return "Looking up…" if self._loading == uid else "More is known while the chat is open."

    # --- loading -------------------------------------------------------------

    def _load_if_unknown(self, chat: protocol.Chat) -> None:
        uid = chat.customer
        is_known = uid in self._known and uid not in self._stale
        if chat.state != "closed" and not is_known and uid not in self._failed:
            self._load(uid)

    def _load(self, uid: Uid) -> None:
        if self._loading != uid:
            self._loading = uid
            # Another's is not waited for any longer.
            self.run_worker(self._read(uid), group="customer", exclusive=True)

    async def _read(self, uid: Uid) -> None:
        try:
            # What happens from here on makes it stale again.
            self._stale.discard(uid)
            self._learn(await self._client.customer(uid))
        except ImchatError as error:
            self._failed[uid] = str(error)
        except asyncio.CancelledError:
            self._stale.add(uid)
            raise
        finally:
            if self._loading == uid:
                self._loading = None

    def _learn(self, known: protocol.Customer) -> None:
        self._known.pop(known.uid, None)
        self._known[known.uid] = known
        if len(self._known) > KNOWN_KEPT:
            del self._known[next(iter(self._known))]
        self._failed.pop(known.uid, None)
        self._learned(known)

    def action_load_again(self) -> None:
        """Look up the customer again."""
        if self._chat is not None:
            self.forget(self._chat.customer)
            self._load(self._chat.customer)

    # --- notes ---------------------------------------------------------------

    def write_note(self) -> None:
        """Go to where notes are written."""
        self.query_one(NoteBox).focus()

    def on_note_box_submitted(self, event: NoteBox.Submitted) -> None:
        """Have it stored; until then it stays where it was written."""
        event.stop()
        self._wait_for("adding the note", self._add(event.about, event.body))

    def on_note_box_scrolled(self, event: NoteBox.Scrolled) -> None:
        """Show what is further down, or up, with the focus left where one writes."""
        event.stop()
        if event.pages < 0:
            self._scroll.scroll_page_up(animate=False)
        else:
            self._scroll.scroll_page_down(animate=False)

    async def _add(self, uid: Uid, body: str) -> None:
        if uid in self._adding:
            return  # Enter was pressed twice
        self._adding.add(uid)
        try:
            self._learn(await self._client.add_note(uid, body))
        finally:
            self._adding.discard(uid)
        box = self.query_one(NoteBox)
        if self._drafts.get(uid, "").strip() == body:
            del self._drafts[uid]
        if self._chat is not None and self._chat.customer == uid and box.text.strip() == body:
            box.write("")

    def _change_draft(self, chat: protocol.Chat | None) -> None:
        old = self._chat.customer if self._chat else None
        new = chat.customer if chat else None
        if old == new:
            return
        box = self.query_one(NoteBox)
        if old is not None:
            self._drafts[old] = box.text
        box.write(self._drafts.pop(new, "") if new is not None else "")
