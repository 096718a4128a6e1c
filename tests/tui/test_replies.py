"""Canned replies: what a file may hold, whose counts, and how one is found."""

from pathlib import Path

import pytest

from imchat.errors import SetupError
from imchat.tui import fuzzy
from imchat.tui.replies import Replies, filled, query_in, read_replies


def write(path: Path, text: str) -> Path:
    """The file, written."""
    path.write_text(text, encoding="utf-8")
    return path


def test_the_agents_own_reply_wins(tmp_path: Path) -> None:
    """Both files are read; of one name the agent's own counts."""
    desk = write(tmp_path / "desk.toml", 'hello = "from the desk"\nbye = "Goodbye"')
    own = write(tmp_path / "own.toml", 'hello = "from me"')
    replies = Replies(own, desk)
    assert replies.reload() == []
    texts = {reply.name: reply.text for reply in replies.find("")}
    assert texts == {"bye": "Goodbye", "hello": "from me"}


def test_only_the_names_take_their_places() -> None:
    """A name with braces in it is not filled again, and other braces are left alone."""
    text = 'Dear {customer}, {"json": {other}} {agent}'
    assert filled(text, customer="{agent}", agent="Ann") == (
        'Dear {agent}, {"json": {other}} Ann'
    )


def test_a_name_is_asked_for_by_a_slash_alone() -> None:
    """`/name` with nothing around it asks for a reply; a path or a sentence does not."""
    assert [query_in(text) for text in ("/", "/hel")] == ["", "hel"]
    for text in ("/etc/passwd", "/a b", "a /b", "", "/a\n"):
        assert query_in(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello = ", "Invalid value"),
        ("hello = 3", "write a text beside 'hello'"),
        ("[hello]\ntext = 'x'", "write a text beside 'hello'"),
        ("'a b' = 'x'", "is no name"),
        ('"\\u001b]2;x\\u0007" = "x"', "is no name"),
        ("hello = '" + "x" * 8193 + "'", "longer than a message"),
        ("#" * (1 << 20) + "\nhello = 'x'", "larger than 1 MiB"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """Whatever is wrong is said with the file's name, in one short line without controls."""
    with pytest.raises(SetupError) as error:
        read_replies(write(tmp_path / "replies.toml", text))
    line = str(error.value)
    assert line.startswith("replies.toml: ")
    assert said in line
    assert line.isprintable()
    assert len(line) < 120


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    """A change is taken; a wrong one is told once, and what was there stays."""
    own = write(tmp_path / "own.toml", 'a = "one"')
    replies = Replies(own)
    replies.reload()
    write(own, 'a = "two!"')
    assert replies.reload() == []
    assert replies.find("a")[0].text == "two!"
    write(own, "a = broken")
    assert len(replies.reload()) == 1
    assert replies.reload() == []
    assert replies.find("a")[0].text == "two!"
    own.unlink()
    assert replies.reload() == []
    assert replies.find("a") == []


def test_the_desks_file_is_missed(tmp_path: Path) -> None:
    """No file of one's own is nothing; a desk's that was named and is not there is told."""
    replies = Replies(tmp_path / "own.toml", tmp_path / "desk.toml")
    assert replies.reload() == ["desk.toml: No such file or directory"]
    assert replies.reload() == []


def test_a_reply_holds_no_controls(tmp_path: Path) -> None:
    """The desk's file was written by others as well."""
    write(tmp_path / "own.toml", 'a = "x\\u001b[31m\\u202ey"')
    replies = Replies(tmp_path / "own.toml")
    replies.reload()
    assert replies.find("a")[0].text == "x\ufffd[31my"


def test_few_letters_find_a_name() -> None:
    """A beginning beats a word's, that beats a part, that beats letters in their order."""
    names = ["refund", "order-late", "later", "plate", "l-a-t-e", "none"]
    assert fuzzy.best("late", names, lambda name: [name]) == [
        "later", "order-late", "plate", "l-a-t-e",
    ]
    assert fuzzy.best("", names, lambda name: [name]) == names


def test_a_search_takes_no_time_whatever_is_typed() -> None:
    """Letters that fit in very many ways are looked for once."""
    assert fuzzy.score("a" * 200 + "b", "a" * 5000) is None
    assert fuzzy.score("ab" * 100, "a" * 5000 + "b") is None
