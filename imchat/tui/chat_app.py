"""What the two apps share in which one chats."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from imchat import protocol
from imchat.client import Event
from imchat.ids import Uid
from imchat.tui.app import ImchatApp
from imchat.tui.widgets.composer import Composer
from imchat.tui.widgets.confirm import Confirm


class ChatApp(ImchatApp):
    """An app with a ChatPane; its chat is closed after asking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "close_chat", "Close chat", id="close_chat"),
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

    def action_close_chat(self) -> None:
        """Close the chat that is shown, after asking. For the apps to write."""
        raise NotImplementedError

    def ask_to_close(self, chat: protocol.Chat, question: str, yes: str) -> None:
        """Ask the question, and close the chat if the answer is `yes`."""

        def answered(said: bool | None) -> None:
            if said:
                self.wait_for("closing the chat", self.close(chat))

        self.push_screen(Confirm(question, yes), answered)

    async def close(self, chat: protocol.Chat) -> None:
        """Close the chat. For the apps to add to."""
        await self.client.close(chat.chat)
