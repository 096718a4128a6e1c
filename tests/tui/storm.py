"""A person who presses anything, and people at the other ends who do what they like."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Self

from textual import events
from textual.keys import _character_to_key, key_to_character
from textual.pilot import Pilot

from imchat.client import Client
from imchat.errors import ImchatError
from imchat.ids import Desk, Uid
from imchat.protocol import Chat
from imchat.tui import keymap
from imchat.tui.app import ImchatApp
from tests.proxy import Proxy
from tests.support import Server
from tests.tui import hostile

TEXTS = [*hostile.MARKUP, *hostile.ESCAPES, *hostile.UNSEEN, *hostile.WIDE, *hostile.PLAIN,
         "see https://a.example/x?y=1 and https://例え.example/", "/hello", "/he", "e\n" * 40]
PLAIN_KEYS = [*"abcxyz019 /?:.-", "你", "é", "[", "enter", "enter", "escape", "escape", "tab",
              "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
              "backspace", "delete", "ctrl+z", "ctrl+k", "ctrl+a", "shift+left", "ctrl+j"]
MOMENT_S = 0.02
"""What a quick person needs from one thing to the next."""
SIZES = [(80, 24), (120, 40), (240, 60), (20, 6), (40, 10), (9, 3), (2, 2), (1, 1)]


class Person:
    """Uses an app's keys, its mouse and its window, by the dice."""

    def __init__(self, app: ImchatApp, pilot: Pilot[None], dice: random.Random) -> None:
        self._app, self._pilot, self._dice = app, pilot, dice
        keymap.import_all()
        self._keys = sorted({
            key.strip() for _, bound in keymap.own_bindings() for key in bound.key.split(",")
        })
        self._ways: list[tuple[int, Callable[[], Awaitable[str]]]] = [
            (20, self._press_what_is_offered), (15, self._press_any), (25, self._type),
            (4, self._paste), (14, self._click), (6, self._wheel), (4, self._drag),
            (8, self._resize), (2, self._change_theme), (2, self._look_away),
        ]

    async def step(self) -> str:
        """Do something; gives what it was."""
        weights = [weight for weight, _ in self._ways]
        (_, way), = self._dice.choices(self._ways, weights)
        done = await way()
        await asyncio.sleep(MOMENT_S)  # in which others act
        await self._pilot._wait_for_screen()
        return done

    async def _press(self, keys: Iterable[str]) -> str:
        # Not by the pilot, which waits after each until the whole process is idle.
        pressed = [key if len(key) > 1 or key.isalnum() else _character_to_key(key)
                   for key in keys]
        for key in pressed:
            self._app.post_message(events.Key(key, key_to_character(key)))
        return f"press {pressed}"

    async def _press_what_is_offered(self) -> str:
        offered = sorted(self._app.screen.active_bindings)
        return await self._press([self._dice.choice(offered)])

    async def _press_any(self) -> str:
        return await self._press([self._dice.choice(self._keys)])

    async def _type(self) -> str:
        return await self._press(self._dice.choices(PLAIN_KEYS, k=self._dice.randint(1, 3)))

    async def _paste(self) -> str:
        text = self._dice.choice(TEXTS)
        self._app.post_message(events.Paste(text))
        return f"paste {text!r}"

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int, *, button: int = 0) -> None:
        self._app.post_message(
            kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)
        )

    def _cell(self) -> tuple[int, int]:
        width, height = self._app.size
        return self._dice.randrange(max(1, width)), self._dice.randrange(max(1, height))

    async def _click(self) -> str:
        (x, y), times = self._cell(), self._dice.choice([1, 1, 2, 3])
        self._mouse(events.MouseMove, x, y)
        for _ in range(times):
            self._mouse(events.MouseDown, x, y, button=1)
            self._mouse(events.MouseUp, x, y, button=1)
        return f"click {times} times at {x},{y}"

    async def _wheel(self) -> str:
        x, y = self._cell()
        kind = self._dice.choice([events.MouseScrollDown, events.MouseScrollUp])
        for _ in range(self._dice.randint(1, 9)):
            self._mouse(kind, x, y)
        return f"{kind.__name__} at {x},{y}"

    async def _drag(self) -> str:
        start, end = self._cell(), self._cell()
        self._mouse(events.MouseDown, *start, button=1)
        self._mouse(events.MouseMove, *end, button=1)
        await asyncio.sleep(MOMENT_S)
        self._mouse(events.MouseUp, *end, button=1)
        return f"drag from {start} to {end}"

    async def _resize(self) -> str:
        anything = (self._dice.randint(20, 240), self._dice.randint(6, 60))
        width, height = self._dice.choice([anything, anything, *SIZES])
        await self._pilot.resize_terminal(width, height)
        return f"resize to {width}×{height}"

    async def _change_theme(self) -> str:
        self._app.theme = self._dice.choice(sorted(self._app.available_themes))
        return f"theme {self._app.theme}"

    async def _look_away(self) -> str:
        kind = self._dice.choice([events.AppBlur, events.AppFocus])
        self._app.post_message(kind())
        return kind.__name__


class Crowd:
    """Customers, agents and a supervisor other than the one at the screen, and the network."""

    CUSTOMERS = [Uid(f"cust{n}") for n in range(6)]
    DESKS = [Desk("default"), Desk("billing")]

    def __init__(
        self, server: Server, proxy: Proxy, dice: random.Random, *, without: Uid
    ) -> None:
        self._server, self._proxy, self._dice, self._without = server, proxy, dice, without
        self._here: dict[Uid, tuple[Client, contextlib.AsyncExitStack]] = {}
        self._agents: list[Client] = []
        self._sue: Client | None = None
        self._stay = contextlib.AsyncExitStack()
        self._ways: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (6, self._come), (12, self._write), (2, self._close), (2, self._vanish),
            (3, self._transfer), (2, self._turn), (2, self._type), (2, self._read),
            (1, self._cut), (1, self._refuse), (1, self._stall), (6, self._heal),
        ]

    async def __aenter__(self) -> Self:
        for uid in (Uid("ann"), Uid("ben")):
            if uid != self._without:
                agent = self._server.client(
                    "agent", uid, name=uid.title(), desks=self.DESKS, capacity=3
                )
                self._agents.append(await self._stay.enter_async_context(agent))
                await agent.ready()
        sue = self._server.client("supervisor", "sam")
        self._sue = await self._stay.enter_async_context(sue)
        await sue.ready()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for _, leaving in self._here.values():
            await leaving.aclose()
        await self._stay.aclose()

    async def step(self) -> str:
        """Have something happen; gives what it was."""
        weights = [weight for weight, _ in self._ways]
        (_, way), = self._dice.choices(self._ways, weights)
        with contextlib.suppress(ImchatError, asyncio.TimeoutError):  # refused is as good
            async with asyncio.timeout(5):
                await way()
        return f"({way.__name__.strip('_')})"

    async def calm(self) -> None:
        """The network is whole again, and everybody who is here writes once more."""
        await self._heal()

    # --- who there is ----------------------------------------------------------------

    @property
    def _everybody(self) -> list[Client]:
        return [client for client, _ in self._here.values()] + self._agents

    def _chats(self) -> list[tuple[Client, Chat]]:
        return [(client, chat) for client in self._everybody for chat in client.chats.values()]

    def _talks(self) -> list[tuple[Client, Uid]]:
        return [
            (client, chat.agent if client.uid == chat.customer else chat.customer)
            for client, chat in self._chats() if chat.agent is not None
        ]

    # --- what they do ----------------------------------------------------------------

    async def _come(self) -> None:
        absent = [
            uid for uid in self.CUSTOMERS if uid not in self._here and uid != self._without
        ]
        if absent:
            uid = self._dice.choice(absent)
            stack = contextlib.AsyncExitStack()
            name = self._dice.choice([uid, uid.title(), "安妮 [b]", "👩‍👩‍👧‍👦" * 3])
            client = await stack.enter_async_context(
                self._server.client("customer", uid, name=name)
            )
            self._here[uid] = client, stack
            await client.ready()
            topic = self._dice.choice([None, "parcel", *hostile.WIDE, *hostile.MARKUP])
            await client.request(desk=self._dice.choice(self.DESKS), topic=topic)

    async def _write(self) -> None:
        if talks := self._talks():
            client, peer = self._dice.choice(talks)
            for _ in range(self._dice.choice([1, 1, 1, 20])):
                await client.send(peer, self._dice.choice(TEXTS) or ".")

    async def _type(self) -> None:
        if talks := self._talks():
            client, peer = self._dice.choice(talks)
            client.typing(peer)

    async def _read(self) -> None:
        if talks := self._talks():
            client, peer = self._dice.choice(talks)
            client.mark_read(peer, client.conversation(peer).last_seq)

    async def _close(self) -> None:
        if chats := self._chats():
            client, chat = self._dice.choice(chats)
            await (self._sue or client).close(chat.chat)

    async def _vanish(self) -> None:
        if self._here:
            _, stack = self._here.pop(self._dice.choice(sorted(self._here)))
            await stack.aclose()

    async def _transfer(self) -> None:
        if (chats := self._chats()) and self._sue is not None:
            _, chat = self._dice.choice(chats)
            to = self._dice.choice([Uid("ann"), Uid("ben"), None])
            desk = self._dice.choice(self.DESKS) if to is None else None
            await self._sue.transfer(chat.chat, to=to, desk=desk)

    async def _turn(self) -> None:
        if self._sue is not None:
            uid = self._dice.choice([Uid("ann"), Uid("ben")])
            await self._sue.set_status(self._dice.choice(["away", "online", "online"]), uid=uid)

    # --- the network of the one at the screen -----------------------------------------

    async def _cut(self) -> None:
        self._proxy.cut()

    async def _refuse(self) -> None:
        self._proxy.refuses = True
        self._proxy.cut()

    async def _stall(self) -> None:
        self._proxy.stall()

    async def _heal(self) -> None:
        self._proxy.refuses = False
        self._proxy.flow()
