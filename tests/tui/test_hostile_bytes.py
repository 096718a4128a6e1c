"""What goes to the terminal, to the byte, when others wrote what means harm: on every screen."""


import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from imchat import protocol
from imchat.client.text import clean, clean_frame
from imchat.ids import DEFAULT_DESK, ChatId, Desk, Uid
from imchat.protocol import Colleague, Colleagues, Customer, Note
from imchat.tui.acts import ChatAt
from imchat.tui.agent import AgentApp
from imchat.tui.app import ImchatApp
from imchat.tui.customer import CustomerApp
from imchat.tui.dashboard import DashboardApp
from imchat.tui.widgets.chat_watch import ChatWatch
from imchat.tui.widgets.customer_panel import CustomerPanel
from tests.support import eventually
from tests.tui.hostile import NASTY, SIZES, texts
from tests.tui.reported import show as show_report
from tests.tui.reported import told
from tests.tui.snapshots import AT_MS, agent, snapshot
from tests.tui.staging import AGENT, CUSTOMER, chat, client, staged, stored, talk, tell, welcome
from tests.tui.written import assert_data, assert_harmless, recorded

CAT, SUE = Uid("cat"), Uid("sue")
FEW = settings(
    max_examples=4, deadline=None, phases=[Phase.generate],  # to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def rest(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait until all is drawn."""
    await pilot.press(*keys)
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, ImchatApp)
    await eventually(lambda: not app._stale or len(app.screen_stack) > 1, "it is drawn")
    await pilot.pause()
    assert_data(app)


@FEW
@given(name=texts(3), topic=texts(5), body=texts(), size=SIZES)
async def test_the_agents_console(
    name: str, topic: str, body: str, size: tuple[int, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Names, topics, bodies, notes, canned replies, and every question that names somebody."""
    file = tmp_path_factory.mktemp("replies") / "replies.toml"
    file.write_bytes(_replies(body))
    app = AgentApp(client(AGENT), replies=file)
    data = recorded(app)

    async def there() -> Colleagues:
        agents = [
            Colleague(uid=Uid("ben"), name=name, state="online", load=1, capacity=2,
                      desks=[Desk(topic)]),
        ]  # fmt: skip
        return clean_frame(Colleagues(at=AT_MS, agents=agents, desks={Desk(name): 2}))

    app.client.colleagues = there  # type: ignore[method-assign]
    one, two = (clean_frame(c) for c in (
        chat(name=name, topic=topic), chat("2", customer=CAT, name=body, topic=name)
    ))  # fmt: skip
    async with staged(app, size, notes=True) as (_, pilot):
        said = clean(body) or "x"
        talk(app, CUSTOMER, [(CUSTOMER, said, 50), (AGENT, said, 9), (CUSTOMER, said, 5)])
        talk(app, CAT, [(CAT, said, 20)])
        tell(app, welcome(AGENT, "agent", clean_frame(one).customer_name, one, two))
        over = chat("0", state="closed", topic=topic, agent_is="ben")
        known = Customer(
            uid=CUSTOMER, chats=[over], notes=[Note(by=Uid("ben"), at=AT_MS, body=body)]
        )
        app.query_one(CustomerPanel)._learn(clean_frame(known))
        tell(app, clean_frame(protocol.Transferred(chat=one, sender=Uid(name), by=Uid(body))))
        tell(app, clean_frame(protocol.Status(
            uid=AGENT, state="away", load=2, capacity=3, by=Uid(topic),
        )))  # fmt: skip
        await rest(pilot)
        for keys in (["slash"], ["backspace"], ["f3"], ["f3"], ["f4"], ["escape"], ["f5"],
                     ["down"], ["escape"], ["ctrl+g"], ["escape"], ["ctrl+p", *"chat"],
                     ["escape"], ["f1"], ["escape"], ["alt+l"], ["escape"], ["alt+w", "x"],
                     ["escape", "escape"]):  # fmt: skip
            await rest(pilot, *keys)
        for text in (name, topic, body, f"{name} is a new customer of yours, from {topic}."):
            app.notify(clean(text), markup=False)
        app.client.conversation(CUSTOMER).compose("m", said)
        app.client.conversation(CUSTOMER).fail("m", clean(topic))
        tell(app, protocol.Closed(chat=two, by=CAT, reason="customer"))
        await rest(pilot)
    assert_harmless(data)


@FEW
@given(name=texts(3), body=texts(), size=SIZES)
async def test_the_customers_window(name: str, body: str, size: tuple[int, int]) -> None:
    """Who serves, what is said, how it ended, and the question how it was."""
    app = CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)
    data = recorded(app)
    served = clean_frame(chat(name=body[:60], agent_is=name or "x"))
    async with staged(app, size, notes=True) as (_, pilot):
        said = clean(body) or "x"
        talk(app, served.agent or AGENT, [(served.agent or AGENT, said, 50), (CUSTOMER, said, 9)])
        tell(app, welcome(CUSTOMER, "customer", served.customer_name, served))
        tell(app, protocol.Typing(chat=ChatId("1"), sender=served.agent or AGENT, to=CUSTOMER))
        passed_on = chat(name=body[:60], agent_is="ben")
        tell(app, clean_frame(protocol.Transferred(chat=passed_on, sender=AGENT, by=AGENT)))
        await rest(pilot, "alt+e")
        await rest(pilot, "escape")
        tell(app, clean_frame(protocol.Transferred(chat=served, sender=AGENT, by=AGENT)))
        await rest(pilot, "f4")
        await rest(pilot, "escape")
        tell(app, protocol.Closed(chat=served, by=AGENT, reason="agent"))
        await rest(pilot)
        await rest(pilot, "f5")
    assert_harmless(data)


@FEW
@given(names=st.lists(texts(3), min_size=2, max_size=4), body=texts(), size=SIZES)
async def test_the_dashboard(names: list[str], body: str, size: tuple[int, int]) -> None:
    """All its regions, a chat that is read, the questions, and the reports."""
    app = DashboardApp(client(SUE))
    data = recorded(app)
    agents = [
        agent(f"{n}{text}", n % 3, name=text, desks=("default", text or "x"))
        for n, text in enumerate(names)
    ]
    site = clean_frame(snapshot(agents, {"default": [(f"{n}{t}", n) for n, t in enumerate(names)]}))
    async with staged(app, size, notes=True) as (_, pilot):
        tell(app, welcome(SUE, "supervisor", "Sue"), site)
        await rest(pilot)
        for keys in (["2", "o"], ["escape"], ["c"], ["escape"], ["m"], ["escape"], ["w"],
                     ["escape"], ["d"], ["slash", "x"], ["escape"], ["1", "z"], ["z"], ["f1"],
                     ["escape"]):  # fmt: skip
            await rest(pilot, *keys)
        at = ChatAt(ChatId("1"), site.agents[0].uid, site.agents[1].uid)
        watch = ChatWatch(app.client, app._acts, at, now=lambda: at, name_of=app.name_of)
        app.push_screen(watch)
        await pilot.pause()
        message = stored(CUSTOMER, 1, CUSTOMER, clean(body) or "x", 10)
        watch.paged._messages.append(message)
        watch.show()
        await rest(pilot)
        await rest(pilot, "escape")
        await rest(pilot, "R")
        report = told()
        values = next(iter(report.agents.values()))
        names_of = {Uid(agent.uid): values for agent in site.agents}
        show_report(app, clean_frame(protocol.Report(
            **{f: getattr(report, f) for f in report.__struct_fields__ if f != "agents"},
            agents=names_of,
        )))  # fmt: skip
        await rest(pilot, "down")
        await rest(pilot, "down")
    assert_harmless(data)


def _replies(text: str) -> bytes:
    """A file of canned replies in which somebody wrote this."""
    quoted = "".join(f"\\U{ord(c):08X}" if not c.isalnum() else c for c in text if c.isprintable()
                     or ord(c) < 0xD800)  # fmt: skip
    return f'x = "{quoted}x"\n"a{"b" * 20}" = "{{customer}}"\n'.encode()


async def test_a_note_on_the_desktop() -> None:
    """It is the one sequence that is ours, and what others wrote in it is text."""
    app = AgentApp(client(AGENT))
    data = recorded(app)
    async with staged(app):
        app.app_focus = False
        for text in NASTY:
            app._called_s = float("-inf")
            app.call_for(text)
    notes = [part for part in data if part.startswith(("\x1b]9;", "\x1b]777;", "\x1bPtmux;"))]
    assert len(notes) == len(NASTY)
    for note in notes:
        inside = note.removeprefix("\x1bPtmux;\x1b").removesuffix("\x1b\\").lstrip("\x1b")
        assert inside.startswith(("]9;", "]777;"))
        assert inside.endswith("\x07")
        assert_harmless([inside[:-1]])
