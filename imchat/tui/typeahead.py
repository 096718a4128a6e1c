"""Keys act in the order in which they came, wherever the one before sends them."""

import time
from collections import deque

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

LATE_S = 0.25
"""So long a key is waited for whose end was not told, as it closed what should have told it."""


class TypeaheadApp(App[None]):
    """Hands out a key or a paste when all that the one before it does is done.

    Textual gives each key at once to the widget that has the focus then. When many come
    together, as over a slow line, those behind one that moves the focus or opens a screen
    would go where it was: a private note would be sent to the customer.
    """

    class Done(Message):
        """Bubbles up behind a key from widget to widget, and so comes here after it.

        And once more behind what the key had said: that something was chosen, or is to be sent.
        """

        def __init__(self, typed: events.Event, first: Widget, *, again: bool) -> None:
            super().__init__()
            self.typed = typed
            self.first = first
            self.again = again

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Event] = deque()
        self._acting: events.Event | None = None
        self._acting_since_s = 0.0
        self._where: tuple[Screen[object], Widget | None] | None = None
        """Where the keys went before the one that acts."""

    def on_mount(self) -> None:
        """Look after what is late, too."""
        self.set_interval(LATE_S, self.type_on)

    async def on_event(self, event: events.Event) -> None:
        """Have what is typed wait for what was typed before."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._typed.append(event)
            await self.type_on()
        else:
            await super().on_event(event)

    async def type_on(self) -> None:
        """Hand out what is typed, as far as nothing is waited for any longer."""
        late = time.monotonic() - self._acting_since_s > LATE_S
        if self._typed and (self._acting is None or late):
            typed = self._acting = self._typed.popleft()
            self._acting_since_s = time.monotonic()
            self._where = self.screen, self.focused
            await super().on_event(typed)
            first = self.focused or self.screen
            first.post_message(self.Done(typed, first, again=False))

    async def on_typeahead_app_done(self, event: Done) -> None:
        """Go on, but where the keys go elsewhere now, not before that is there."""
        if event.typed is not self._acting:
            return
        again = self.Done(event.typed, event.first, again=True)
        if not event.again and event.first.post_message(again):
            return
        if self._where == (self.screen, self.focused):
            await self._done(event.typed)
        else:
            self.screen.call_after_refresh(self._done, event.typed)

    def pop_screen(self) -> AwaitComplete:
        """Go back to the screen before; what stood on this one tells nothing any more."""
        popped = super().pop_screen()
        if self._acting is not None:
            self.screen.call_after_refresh(self._done, self._acting)
        return popped

    async def _done(self, typed: events.Event) -> None:
        if typed is self._acting:
            self._acting = None
            await self.type_on()
