"""What the two apps share in which one chats."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from imchat import protocol
from imchat.errors import RequestError
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
                self.run_worker(self._close(chat), group="close")

        self.push_screen(Confirm(question, yes), answered)

    async def _close(self, chat: protocol.Chat) -> None:
        try:
            await self.client.close(chat.chat)
        except RequestError as error:
            self.notify(str(error), severity="error", markup=False)
