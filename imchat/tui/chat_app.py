"""What the two apps share in which one chats."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType

from imchat import protocol
from imchat.client import Event
from imchat.ids import Uid
from imchat.tui import vim
from imchat.tui.app import ImchatApp
from imchat.tui.paged_talk import PagedTalk, ReadPage
from imchat.tui.widgets.chat_pane import ChatPane
from imchat.tui.widgets.chat_reader import ChatReader
from imchat.tui.widgets.choose import Choose, Named
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.confirm import Confirm
from imchat.tui.widgets.talk_screen import TalkScreen


class ChatApp(ImchatApp):
    """An app with a ChatPane; its chat is closed after asking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "close_chat", "Close chat", id="close_chat"),
        Binding("alt+e", "talk_before", "What was said before", id="talk_before", show=False),
        # As in the conversation, for who is elsewhere. Terminals send Alt+F as Ctrl+Right.
        Binding("alt+w", "reader('find')", "Find in the chat", id="find_in_chat", show=False),
        Binding("alt+u", "reader('first_unread')", "Go to what is new", id="go_to_new", show=False),
        Binding("alt+l", "reader('links')", "Links on the screen", id="links_in_chat", show=False),
        Binding("alt+s", "send_again", "Send again what was not sent", id="send_again", show=False),
        Binding("alt+t", "take_back", "Take back what was not sent", id="take_back", show=False),
    ]

    def on_mount(self) -> None:
        """Writing comes first."""
        self.query_one(Composer).focus()

    def news_in(self, event: Event) -> str | None:
        """A chat that came, and what the other wrote."""
        match event:
            case protocol.Assigned(chat=chat) | protocol.Transferred(chat=chat):
                if chat.agent == self.client.uid:
                    return f"{chat.customer_name} is a new customer of yours."
                if chat.customer == self.client.uid:
                    agent = chat.agent_name or chat.agent
                    return f"{agent} is here for you." if agent else "You wait again."
            case protocol.Message(sender=sender, body=body) if sender != self.client.uid:
                return f"{self._name_of(sender)}: {body}"
        return None

    def _name_of(self, uid: Uid) -> str:
        for chat in self.client.chats.values():
            if uid == chat.customer:
                return chat.customer_name
            if uid == chat.agent:
                return chat.agent_name or uid
        return uid

    def on_chat_pane_changed(self) -> None:
        """There is something new to show."""
        self.stale()

    # --- the conversation, from everywhere -----------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where one writes already, the key to go back there is for others."""
        if action == "write":
            panes = self.screen.query(ChatPane)
            leaves_text = self.settings.vim and vim.is_typing(self.focused)
            return bool(panes) and panes.first().can_go_back and not leaves_text
        return super().check_action(action, parameters)

    def action_write(self) -> None:
        """Go back to writing."""
        self.query_one(ChatPane).go_back()

    async def action_reader(self, action: str) -> None:
        """Do in the conversation what a key asks for."""
        await self.query_one(ChatReader).run_action(action)

    def action_send_again(self) -> None:
        """Send once more what was not sent."""
        self.query_one(ChatPane).send_again()

    def action_take_back(self) -> None:
        """Have the newest that was not sent where one writes."""
        self.query_one(ChatPane).take_back()

    # --- its end, and what was before ----------------------------------------

    def action_close_chat(self) -> None:
        """Close the chat that is shown, after asking. For the apps to write."""
        raise NotImplementedError

    def ask_to_close(self, chat: protocol.Chat, question: str, yes: str) -> None:
        """Ask the question, and close the chat if the answer is `yes`."""

        def answered(said: bool | None) -> None:
            if said:
                self.wait_for("closing the chat", self.close(chat))

        self.push_screen(Confirm(question, yes), answered)

    def action_talk_before(self) -> None:
        """Read what the customer and another agent said. For the apps to write."""
        raise NotImplementedError

    def read_before(
        self,
        agents: Mapping[Uid, str],
        read: Callable[[Uid], ReadPage],
        *,
        customer: Uid,
        called: str,
        me: Uid | None = None,
    ) -> None:
        """Show what a customer and one of these agents said, who were there before.

        `read` gives what reads it; it is seen from the side of `me`, or of that agent.
        """

        def chosen(agent: Uid | None) -> None:
            if agent is None:
                return
            names = {agent: agents[agent], customer: called}
            self.push_screen(
                TalkScreen(
                    PagedTalk(read(agent), me=me or agent),
                    title="before",
                    who=f"{called} with {agents[agent]}",
                    name_of=lambda uid: names.get(uid, uid),
                )
            )

        if len(agents) == 1:
            chosen(next(iter(agents)))
        else:
            several = [Named(name, uid, uid) for uid, name in agents.items()]
            self.push_screen(Choose("What was said with whom?", several), chosen)

    async def close(self, chat: protocol.Chat) -> None:
        """Close the chat. For the apps to add to."""
        await self.client.close(chat.chat)
