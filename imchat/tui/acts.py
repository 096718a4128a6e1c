"""What a supervisor does from the dashboard: each act is asked for, done and told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual.app import App

from imchat import protocol
from imchat.client import Client
from imchat.ids import ChatId, Desk, Uid
from imchat.tui.desk_view import Agent
from imchat.tui.waits import count_waiting
from imchat.tui.widgets.choose import Choose, Named
from imchat.tui.widgets.deed import Deed
from imchat.tui.widgets.load_bar import load_bar


@dataclass(frozen=True, slots=True)
class ChatAt:
    """An open chat and where it is: with an agent, or in a queue."""

    chat: ChatId
    customer: Uid
    agent: Uid | None
    desk: Desk | None = None


def chats_of(agent: Agent) -> list[ChatAt]:
    """Those that an agent has; none that a server before them does not name."""
    return [
        ChatAt(chat, customer, agent.uid)
        for chat, customer in zip(agent.chats, agent.customers, strict=False)
    ]


def find_chat(snapshot: protocol.Snapshot, chat: ChatId) -> ChatAt | None:
    """Where an open chat is now; None when it is closed, or waits far behind."""
    for agent in snapshot.agents:
        if chat in agent.chats:
            return next(at for at in chats_of(agent) if at.chat == chat)
    for name, desk in snapshot.desks.items():
        for who in desk.head:
            if who.chat == chat:
                return ChatAt(chat, who.customer, None, Desk(name))
    return None


class Acts:
    """`snapshot()` is how things stand when one chooses, `name_of()` names an agent."""

    def __init__(
        self,
        app: App[None],
        client: Client,
        snapshot: Callable[[], protocol.Snapshot | None],
        name_of: Callable[[Uid], str],
    ) -> None:
        self._app = app
        self._client = client
        self._snapshot = snapshot
        self._name_of = name_of

    def begin(self, act: Callable[[], Awaitable[object]]) -> None:
        """Begin an act; one that was begun before and still asks is given up."""

        async def run() -> None:
            await act()

        # mypy takes it for a plain function as well, and cannot choose.
        self._app.run_worker(run, group="act", exclusive=True)  # type: ignore[arg-type]

    async def pick(self, chats: Sequence[ChatAt], what: str) -> ChatAt | None:
        """The one chat that is meant; asks when there are several, says when there is none."""
        if not chats:
            self._tell("There is no open chat here.", grave=True)
            return None
        if len(chats) == 1:
            return chats[0]
        choices = [Named(at.customer, f"chat {at.chat}", at) for at in chats]
        return await self._app.push_screen_wait(Choose(what, choices))

    async def close(self, chats: Sequence[ChatAt]) -> bool:
        """Close one of these; whether it was done."""
        at = await self.pick(chats, "Close which chat?")
        if at is None:
            return False
        return await self._ask(
            f"Close the chat of {self._whose(at)}?",
            "Close it (y)",
            lambda: self._client.close(at.chat),
            f"The chat of {at.customer} is closed.",
        )

    async def transfer(self, chats: Sequence[ChatAt]) -> bool:
        """Give one of these to an agent or a desk; whether it was done."""
        at = await self.pick(chats, "Transfer which chat?")
        if at is None:
            return False
        targets = self._targets(at)
        if not targets:
            self._tell("There is nobody with a free slot, and no other desk.", grave=True)
            return False
        title = f"Transfer the chat of {at.customer} to"
        to = await self._app.push_screen_wait(Choose(title, targets))
        if to is None:
            return False
        agent, desk = to
        goal = f"the desk {desk}" if agent is None else self._name_of(agent)
        whose = self._whose(at) + "," * (at.agent is None)
        return await self._ask(
            f"Transfer the chat of {whose} to {goal}?",
            "Transfer it (y)",
            lambda: self._client.transfer(at.chat, to=agent, desk=desk),
            f"{at.customer} is given to {goal}.",
        )

    async def turn(self, agent: Agent) -> bool:
        """Set an agent away, or online when it is away; whether it was done."""
        who = agent.name or agent.uid
        if agent.state == "away":
            return await self._ask(
                f"Set {who} online, for new chats too?",
                "Set online (y)",
                lambda: self._client.set_status("online", uid=agent.uid),
                f"{who} is online.",
            )
        return await self._ask(
            f"Set {who} away? The open chats stay, and no new ones come.",
            "Set away (y)",
            lambda: self._client.set_status("away", uid=agent.uid),
            f"{who} is away.",
        )

    def _targets(self, at: ChatAt) -> list[Named[tuple[Uid | None, Desk | None]]]:
        """Agents with a free slot, the least busy first, then desks with how many wait there."""
        snapshot = self._snapshot()
        if snapshot is None:
            return []
        free = [
            agent for agent in snapshot.agents
            if agent.state == "online" and agent.load < agent.capacity and agent.uid != at.agent
        ]
        agents: list[Named[tuple[Uid | None, Desk | None]]] = [
            Named(
                agent.name or agent.uid,
                f"{', '.join(agent.desks)}  {load_bar(agent)}",
                (agent.uid, None),
            )
            for agent in sorted(free, key=lambda agent: (agent.load, agent.uid))
        ]
        desks: list[Named[tuple[Uid | None, Desk | None]]] = [
            Named(f"desk {name}", count_waiting(desk.waiting), (None, Desk(name)))
            for name, desk in snapshot.desks.items()
            if at.agent is not None or name != at.desk
        ]
        return [*agents, *desks]

    def _whose(self, at: ChatAt) -> str:
        if at.agent is None:
            return f"{at.customer}, who waits"
        return f"{at.customer} with {self._name_of(at.agent)}"

    async def _ask(
        self, question: str, yes: str, act: Callable[[], Awaitable[object]], done: str
    ) -> bool:
        was_done = await self._app.push_screen_wait(Deed(question, yes, act))
        if was_done:
            self._tell(done)
        return was_done

    def _tell(self, words: str, *, grave: bool = False) -> None:
        self._app.notify(words, severity="warning" if grave else "information", markup=False)
