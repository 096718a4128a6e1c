"""A conversation on the screen: scrolling, marking, finding, links."""

import os
import stat
import webbrowser
from pathlib import Path

import pytest

from imchat.client import Conversation
from imchat.tui.widgets.chat_log import ChatLog
from imchat.tui.widgets.open_link import OpenLink
from tests.support import eventually
from tests.tui.reading import ANN, BOB, ReaderApp, overheard, reading, said
from tests.tui.support import screen_text

MIXED = ["short", "word " * 60, "你好，世界。" * 20, "one\ntwo\n" + "x" * 200,
         "👩‍👩‍👧‍👦 family"]


def mixed(count: int) -> list[str]:
    return [f"#{number} {MIXED[number % len(MIXED)]}" for number in range(1, count + 1)]


async def test_paging_up_skips_no_row() -> None:
    """From page to page one row after the other, though nothing above was laid out before."""
    talk = overheard([said(seq, body) for seq, body in enumerate(mixed(400), 1)])
    async with reading(talk) as (app, pilot):
        page = len(app.rows())
        seen = app.rows()
        for _ in range(60):
            top = app.rows()[0]
            await pilot.press("pageup")
            rows = app.rows()
            app.chat_log.scroll_relative(y=1, animate=False)
            assert app.rows()[-1] == top
            app.chat_log.scroll_relative(y=-1, animate=False)
            seen = rows + seen
        numbers = [int(row.split()[0][1:]) for row in seen if row.startswith("  #")]
        assert numbers == list(range(numbers[0], 401))
        assert len(seen) == 61 * page


async def test_what_comes_before_does_not_move_what_is_read() -> None:
    """A page of history in front leaves the screen as it is."""
    messages = [said(seq, body) for seq, body in enumerate(mixed(300), 1)]
    known = messages[200:]
    async with reading(overheard(known)) as (app, pilot):
        await pilot.press("home")
        app.chat_log.scroll_relative(y=2, animate=False)
        before = app.rows()
        known[:0] = messages[100:200]
        app.show(app.chat_log._talk)
        await pilot.pause()
        # A message that stood first has its clock beside its name.
        assert [row[:65].rstrip() for row in app.rows()] == [row[:65].rstrip() for row in before]


async def test_another_width_keeps_the_place() -> None:
    """The text on top of the screen is on it after the terminal was made narrow and wide."""
    talk = overheard([said(seq, body) for seq, body in enumerate(mixed(300), 1)])
    async with reading(talk, size=(100, 24)) as (app, pilot):
        index = 150  # a message of four rows, the third of them on top
        app.chat_log._go(index, 2)
        await pilot.pause()
        for width in (50, 140, 70, 100):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            anchor = app.chat_log._anchor()
            assert anchor is not None
            assert anchor[0] is app.chat_log.lines[index]


async def test_the_end_is_kept_through_a_resize() -> None:
    """Who is at the end stays there."""
    talk = overheard([said(seq, body) for seq, body in enumerate(mixed(100), 1)])
    async with reading(talk, size=(100, 24)) as (app, pilot):
        for width in (50, 140):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert app.chat_log.at_end


async def test_the_end_is_kept_when_what_fitted_fits_no_more() -> None:
    """As when the composer grows by a row, or the terminal is made low."""
    talk = overheard([said(seq) for seq in range(1, 12)])
    async with reading(talk, size=(100, 24)) as (app, pilot):
        for height in (14, 12, 9):
            await pilot.resize_terminal(100, height)
            await pilot.pause()
            assert "message 11" in app.rows()[-1]


async def test_new_messages_follow_only_at_the_end() -> None:
    """Who reads above is told how many came; a click on that goes there."""
    messages = [said(seq) for seq in range(1, 100)]
    talk = overheard(messages)
    async with reading(talk) as (app, pilot):
        await pilot.press("pageup")
        before = app.rows()
        messages += [said(100), said(101)]
        app.show(talk)
        await pilot.pause()
        assert app.rows() == before
        assert "↓ 2 new" in screen_text(app)
        await pilot.click(ChatLog, offset=(70, app.chat_log.outer_size.height - 1))
        assert app.chat_log.at_end
        assert "new" not in screen_text(app)


async def test_one_log_serves_many_conversations() -> None:
    """Another conversation is shown at its end, with nothing of the one before."""
    one = overheard([said(seq, f"one {seq}") for seq in range(1, 100)])
    two = overheard([said(seq, f"two {seq}") for seq in range(1, 50)])
    async with reading(one) as (app, pilot):
        await pilot.press("v", "shift+up", "pageup")
        app.show(two)
        await pilot.pause()
        assert any("two 49" in row for row in app.rows())
        assert not any("one" in row for row in app.rows())
        assert app.chat_log._marking.text == ""


async def test_days_senders_and_times_are_told() -> None:
    """A rule for each day, a name for each group, a clock where it differs."""
    day = 24 * 3_600_000
    start = 1_700_000_000_000
    talk = overheard([
        said(1, "a", at=start), said(2, "b", at=start + 1_000), said(3, "c", at=start + 120_000),
        said(4, "d", sender=ANN, at=start + 121_000), said(5, "e", at=start + day),
    ])
    async with reading(talk) as (app, _):
        rows = app.rows()
        assert sum("──" in row for row in rows) == 2
        assert [row.split()[0] for row in rows if row and row[0].isalpha()] == [
            "Bob", "Ann", "Bob"
        ]
        [c] = [row for row in rows if row.startswith("  c")]
        [b] = [row for row in rows if row.startswith("  b")]
        assert ":" in c
        assert ":" not in b


async def test_own_messages_say_what_became_of_them() -> None:
    """On its way, stored, read, or failed and why."""
    talk = Conversation(ANN, BOB)
    talk.compose("1", "mine")
    async with reading(talk) as (app, _):
        assert "…" in _row(app, "mine")
        talk.receive(said(1, "mine", sender=ANN))
        talk._outbox.clear()
        app.show(talk)
        assert "✓" in _row(app, "mine")
        assert "✓✓" not in _row(app, "mine")
        talk.read_by_peer = 1
        app.show(talk)
        assert "✓✓" in _row(app, "mine")
        talk.compose("2", "another")
        talk.fail("2", "the chat is closed")
        app.show(talk)
        assert any("not sent: the chat is closed" in row for row in app.rows())


def _row(app: ReaderApp, text: str) -> str:
    return next(row for row in app.rows() if text in row)


# --- marking and copying ------------------------------------------------------


async def test_the_mouse_marks_and_only_a_key_copies() -> None:
    """Dragging marks from character to character; the clipboard changes by Ctrl+C alone."""
    async with reading(overheard([said(1, "hello wide 你好 world")])) as (app, pilot):
        y = _y_of(app, "hello")
        await pilot.mouse_down(ChatLog, offset=(2 + 2 + 6, y))
        await pilot.hover(ChatLog, offset=(2 + 2 + 6 + 7, y))
        await pilot.mouse_up(ChatLog, offset=(2 + 2 + 6 + 7, y))
        assert app.chat_log._marking.text == "wide 你好"
        assert app.clipboard == ""
        await pilot.press("ctrl+c")
        assert app.clipboard == "wide 你好"


async def test_marking_beyond_an_edge_scrolls() -> None:
    """What does not fit on the screen can be marked with the mouse."""
    talk = overheard([said(seq) for seq in range(1, 100)])
    async with reading(talk) as (app, pilot):
        await pilot.mouse_down(ChatLog, offset=(6, 10))
        await pilot.hover(ChatLog, offset=(6, 0))
        before = app.chat_log.scroll_offset.y
        await eventually(lambda: app.chat_log.scroll_offset.y < before - 5, "it scrolls")
        await pilot.mouse_up(ChatLog, offset=(6, 0))
        here = app.chat_log.scroll_offset.y
        assert len(app.chat_log._marking.text.splitlines()) >= 5
        await pilot.pause(0.2)
        assert app.chat_log.scroll_offset.y == here


async def test_what_is_marked_stays_so_when_more_comes_before_and_behind() -> None:
    """History in front and new messages behind leave the marked text what it is."""
    messages = [said(seq) for seq in range(50, 60)]
    talk = overheard(messages)
    async with reading(talk) as (app, pilot):
        await pilot.double_click(ChatLog, offset=(6, _y_of(app, "message 55")))
        assert app.chat_log._marking.text == "message"
        await pilot.press("shift+end")
        messages[:0] = [said(seq) for seq in range(1, 50)]
        messages.append(said(60))
        app.show(talk)
        await pilot.press("y")
        assert app.clipboard == "message 55"


async def test_the_keyboard_marks() -> None:
    """v shows a caret, v again marks from there on, arrows move, y copies and lets go."""
    talk = overheard([said(1, "first line"), said(2, "second 你好 line"), said(3, "last")])
    async with reading(talk) as (app, pilot):
        await pilot.press("v", "up", "ctrl+right", "v", "right", "right", "y")
        assert app.clipboard == "你好 "
        assert app.chat_log._marking.caret is None
        await pilot.press("v", "home", "shift+up", "shift+up", "y")
        assert app.clipboard == "first line\nsecond 你好 line\nl"


async def test_to_mark_no_more_keeps_the_caret() -> None:
    """A third v lets go of what is marked, and stays where one is for a fourth."""
    async with reading(overheard([said(1, "one two three")])) as (app, pilot):
        await pilot.press("v", "ctrl+right", "v", "right", "v")
        assert (app.chat_log._marking.text, app.chat_log.marks) == ("", True)
        await pilot.press("v", "right", "y")
        assert app.clipboard == "wo"


async def test_escape_lets_go_of_what_is_marked() -> None:
    """Nothing is copied, nothing is marked any more."""
    async with reading(overheard([said(1, "hello")])) as (app, pilot):
        await pilot.press("v", "shift+right", "escape")
        assert app.chat_log._marking.text == ""
        await pilot.press("ctrl+c")
        assert app.clipboard == ""


def _y_of(app: ReaderApp, text: str) -> int:
    """The row of the widget, border and all, in which a text stands."""
    return 1 + next(y for y, row in enumerate(app.rows()) if text in row)


# --- finding ------------------------------------------------------------------


async def test_finding_goes_from_the_newest_up_and_back() -> None:
    """/ opens the bar, n is the next above, N the one below, Escape ends it."""
    talk = overheard([
        said(seq, "the Parcel is late" if seq in {10, 150, 290} else f"message {seq}")
        for seq in range(1, 301)
    ])
    async with reading(talk) as (app, pilot):
        await pilot.press("slash", *"parcel", "enter")
        assert app.chat_log.found == (1, 3)
        await pilot.press("n")
        assert app.chat_log.found == (2, 3)
        assert "2 of 3" in screen_text(app)
        assert any("Parcel" in row for row in app.rows())
        await pilot.press("n", "n")
        assert app.chat_log.found == (3, 3)
        await pilot.press("N")
        assert app.chat_log.found == (2, 3)
        await pilot.press("escape")
        assert "of 3" not in screen_text(app)


async def test_what_is_not_there_yet_is_loaded_until_it_is_found() -> None:
    """Going on above the first hit loads page after page."""
    messages = [said(seq, "needle" if seq == 80 else "hay") for seq in range(1, 301)]
    talk = Conversation(ANN, BOB, last_seq=None)
    talk.begin(300)
    talk.prepend(messages[250:], more=True)

    async def load_earlier() -> None:
        first = talk.first_seq - 1
        talk.prepend(messages[max(0, first - 50) : first], more=first > 50)

    async with reading(talk, load_earlier=load_earlier) as (app, pilot):
        await pilot.press("slash", *"needle", "enter")
        await eventually(lambda: app.chat_log.found == (1, 1), "it is found")
        assert any("needle" in row for row in app.rows())
        assert talk.first_seq > 1
        await pilot.press("n")
        await eventually(lambda: not talk.has_earlier, "all was looked at")
        await eventually(lambda: "1 of 1" in screen_text(app), "it looks no further")


# --- what is new --------------------------------------------------------------


async def test_a_rule_stands_before_what_was_not_read() -> None:
    """The rule is before the first unread message; a key goes there."""
    talk = Conversation(ANN, BOB)
    for seq in range(1, 101):
        talk.receive(said(seq))
    talk.read_by_me = 40
    async with reading(talk) as (app, pilot):
        assert app.chat_log.at_end
        assert "↑ new" in screen_text(app)
        await pilot.press("u")
        rows = app.rows()
        rule = next(number for number, row in enumerate(rows) if " new " in row)
        assert "message 41" in "".join(rows[rule : rule + 3])
        assert "↑ new" not in screen_text(app)


async def test_no_rule_where_all_is_read() -> None:
    """What one has seen come is not new."""
    talk = Conversation(ANN, BOB)
    talk.receive(said(1))
    talk.read_by_me = 1
    async with reading(talk) as (app, _):
        talk.receive(said(2))
        app.show(talk)
        assert not any(" new " in row for row in app.rows())


# --- links --------------------------------------------------------------------


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it is given."""
    opened, script = tmp_path / "opened", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return opened


def _opened(browser: Path) -> str:
    return browser.read_text() if browser.exists() else ""


async def test_a_link_is_opened_after_it_was_shown_in_full(browser: Path) -> None:
    """A click asks, Enter opens; nothing else does."""
    url = "https://shop.example/parcel?id=1&x=[bold]"
    async with reading(overheard([said(1, f"see {url} please")])) as (app, pilot):
        await pilot.click(ChatLog, offset=(2 + 2 + 6, _y_of(app, "see")))
        await eventually(lambda: isinstance(app.screen, OpenLink), "it asks")
        assert url in screen_text(app)
        assert not _opened(browser)
        await pilot.press("enter")
        await eventually(lambda: _opened(browser) == f"{url}\n", "the whole link is opened")


async def test_without_a_browser_the_question_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and the link can still be copied there."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    async with reading(overheard([said(1, "http://a.example/")])) as (app, pilot):
        await pilot.press("l")
        await eventually(lambda: isinstance(app.screen, OpenLink), "it asks")
        await pilot.press("enter")
        said_so = "There is no browser here; c copies the link."
        await eventually(lambda: [n.message for n in app._notifications] == [said_so], "it is said")
        assert isinstance(app.screen, OpenLink)
        await pilot.press("c")
        assert app.clipboard == "http://a.example/"


async def test_links_are_reached_by_key() -> None:
    """l lists those on the screen, the newest first; c copies."""
    talk = overheard([said(1, "http://a.example/"), said(2, "javascript:alert(1) https://b.example/")])
    async with reading(talk) as (app, pilot):
        await pilot.press("l")
        await eventually(lambda: isinstance(app.screen, OpenLink), "it asks")
        assert isinstance(app.screen, OpenLink)
        assert app.screen._urls == ["https://b.example/", "http://a.example/"]
        await pilot.press("c")
        assert app.clipboard == "https://b.example/"


async def test_a_click_beside_a_link_opens_nothing() -> None:
    """Only the link itself is one."""
    async with reading(overheard([said(1, "see https://a.example/ now")])) as (app, pilot):
        for x in (4, 5, 28, 60):
            await pilot.click(ChatLog, offset=(x, _y_of(app, "see")))
            await pilot.pause()
            assert not isinstance(app.screen, OpenLink)
