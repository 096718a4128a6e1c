"""A chat of two others, read while they talk."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from imchat.client import Client
from imchat.errors import Forbidden, NotFound, RequestError
from imchat.ids import Uid
from imchat.tui.acts import Acts, ChatAt
from imchat.tui.paged_talk import PagedTalk
from imchat.tui.widgets.talk_screen import TalkScreen

EVERY_S = 0.5
REFUSED_EVERY_S = 5.0


class ChatWatch(TalkScreen):
    """Reads on about twice a second. `now()` is where the chat is by now, None when it is over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "close", "Close chat", id="watch_close"),
        Binding("m", "transfer", "Transfer", id="watch_transfer"),
    ]

    def __init__(
        self,
        client: Client,
        acts: Acts,
        chat: ChatAt,
        *,
        now: Callable[[], ChatAt | None],
        name_of: Callable[[Uid], str],
    ) -> None:
        assert chat.agent is not None, "who waits has said nothing yet"
        read = partial(client.transcript, (chat.customer, chat.agent))
        super().__init__(
            PagedTalk(read, me=chat.agent),
            title="watching",
            who=f"{chat.customer} with {name_of(chat.agent)}",
            name_of=name_of,
        )
        self._client = client
        self._acts = acts
        self._agent = chat.agent
        self._now = now
        self._trouble = ""
        self._read_s: float | None = None

    def on_mount(self) -> None:
        """Say how it stands; Textual calls this besides the one of all such screens."""
        self.set_interval(EVERY_S, self._say)
        self._say()

    async def follow(self) -> None:
        """Read on until the screen is left."""
        while True:
            pause_s = EVERY_S
            try:
                if await self.paged.read_on():
                    self.show()
                self._trouble, self._read_s = "", time.monotonic()
            except (Forbidden, NotFound) as error:
                self._trouble, pause_s = str(error), REFUSED_EVERY_S
            except RequestError as error:
                self._trouble = str(error)
            self._say()
            await asyncio.sleep(pause_s)

    def _say(self) -> None:
        words, trouble = self._standing()
        self.say(words, trouble=trouble)

    def _standing(self) -> tuple[str, bool]:
        """How it stands in one line, and whether that is bad."""
        if self._client.state != "online":
            return f"Not connected; as it was {self._age()}.", True
        if self._trouble:
            return f"It cannot be read: {self._trouble}", True
        at = self._now()
        if at is None:
            return "This chat is over.", False
        if at.agent is None:
            return f"{at.customer} waits again{f' at {at.desk}' if at.desk else ''}.", False
        if at.agent != self._agent:
            return f"{self._name_of(at.agent)} has this chat now.", False
        return "live · they do not see you", False

    def _age(self) -> str:
        if self._read_s is None:
            return "before it could be read"
        return f"{round(time.monotonic() - self._read_s)} s ago"

    # --- what is done --------------------------------------------------------

    def action_close(self) -> None:
        """Close this chat."""
        chats = self._open()
        self._acts.begin(lambda: self._acts.close(chats))

    def action_transfer(self) -> None:
        """Give this chat to another agent, or to a desk."""
        chats = self._open()
        self._acts.begin(lambda: self._acts.transfer(chats))

    def _open(self) -> list[ChatAt]:
        at = self._now()
        return [] if at is None else [at]
