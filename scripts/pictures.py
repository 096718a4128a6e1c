"""Takes the pictures of the three screens that the README shows: `python -m scripts.pictures`.

The apps, the server and the store are the real ones; only who talks is made up.
"""

import asyncio
import contextlib
import html
import re
import tempfile
from pathlib import Path

from rich.cells import cell_len

from imchat import tokens
from imchat.client import Client
from imchat.ids import DEFAULT_DESK, Uid
from imchat.server.node import running
from imchat.settings import ServerSettings
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SETTLE_S = 1.5
ALICE, BOB = Uid("alice"), Uid("bob")
TEAM = {"alice": "Alice", "ben": "Ben", "chloe": "Chloé", "dan": "Dan", "mei": "Mei 梅"}
TALK = [
    (BOB, "I ordered a lamp on Monday, order 48213. Its page says “label created”."),
    (ALICE, "Hello Bob, I am sorry about that. Let me look at order 48213."),
    (ALICE, "It was left behind at the depot in Leeds. It is on tonight's van now."),
    (BOB, "Will it be here by Friday? It is a birthday present."),
    (ALICE, "You get it on Thursday between 9 and 12.\nA new tracking link is in your mailbox."),
    (BOB, "Wonderful, thank you!"),
]
OTHERS = [("mei-li", "美丽", "我想改一下收货地址"), ("carol", "Carol", "Refund for order 48077")]
CAPACITY = {"ben": 2, "chloe": 4, "dan": 3, "mei": 3}
CROWD = [f"customer-{number}" for number in range(1, 18)]


class Scene:
    """A server with a team and its customers."""

    def __init__(self, url: str, secret: str, stack: contextlib.AsyncExitStack) -> None:
        self._url, self._secret, self._stack = url, secret, stack

    def client(self, role: str, uid: str, name: str | None = None) -> Client:
        """A client that is not connected yet."""
        name = name or TEAM.get(uid)
        who = tokens.identity(uid, role, name=name, capacity=CAPACITY.get(uid))
        return Client(self._url, tokens.mint(self._secret, who, ttl_s=600))

    async def enter(self, role: str, uid: str, name: str | None = None) -> Client:
        """A client that is there until the end."""
        client = await self._stack.enter_async_context(self.client(role, uid, name))
        await client.ready()
        return client


def widened(svg: str) -> str:
    """The picture with wide characters given their room: Rich counts each as one cell."""

    def repair(found: re.Match[str]) -> str:
        before, length, after, text = found.groups()
        shown = html.unescape(text)
        return f"{before}{float(length) * cell_len(shown) / len(shown):.1f}{after}{text}<"

    return re.sub(r'(<text [^>]*textLength=")([\d.]+)("[^>]*>)([^<]+)<', repair, svg)


async def picture(app: ImchatApp, name: str, size: tuple[int, int], *keys: str) -> None:
    """Run an app until it has settled and export what it shows."""
    async with app.run_test(size=size) as pilot:
        await asyncio.sleep(SETTLE_S)
        await pilot.press(*keys)
        await asyncio.sleep(SETTLE_S)
        svg = widened(app.export_screenshot(title=app.TITLE))
        (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


async def talk(bob: Client, alice: Client) -> None:
    """Play the dialogue in order."""
    clients = {BOB: bob, ALICE: alice}
    for sender, body in TALK:
        await clients[sender].send(ALICE if sender == BOB else BOB, body)


async def main() -> None:
    """All three."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = await stack.enter_async_context(running(ServerSettings(port=0, data_dir=data_dir)))
        scene = Scene(node.url, tokens.read_secret(data_dir), stack)
        await play(scene)


async def play(scene: Scene) -> None:
    """The customer's window while waiting is not shown: it is the calmest of all."""
    alice = await scene.enter("agent", ALICE)
    bob = await scene.enter("customer", BOB, "Bob")
    await bob.request(topic="Where is my parcel?")
    await talk(bob, alice)
    customer = CustomerApp(scene.client("customer", BOB, "Bob"), topic=None, desk=DEFAULT_DESK)
    await picture(customer, "customer", (80, 24))

    for uid, name, topic in OTHERS:
        other = await scene.enter("customer", uid, name)
        await other.request(topic=topic)
    await picture(AgentApp(scene.client("agent", ALICE)), "agent", (100, 28))

    for uid in CAPACITY:
        await scene.enter("agent", uid)
    for uid in CROWD:
        waiting = await scene.enter("customer", uid)
        await waiting.request(topic="A question")
    await picture(DashboardApp(scene.client("supervisor", "sue")), "dashboard", (120, 40))


if __name__ == "__main__":
    asyncio.run(main())
