"""`imchat export` as a process, and where it writes to."""

import asyncio
import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest
from msgspec.structs import replace

from imchat.analytics.transcripts import Piece, Transcripts, Wanted
from imchat.cli.export import _Target
from imchat.errors import Unavailable
from imchat.store.store import Store
from tests.analytics.talks import AT, HOUR_MS, chat, play
from tests.cli.commands import imchat
from tests.cli.past import said, week
from tests.store.people import People


def moment(at: int) -> str:
    """A time as the options take it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
async def people(store: Store) -> People:
    """A site whose past a test writes."""
    return People(store)


async def test_what_was_said_is_written_down(people: People, store_url: str, site: str) -> None:
    """A line a message, as it was stored, with what is known of its chat."""
    first = await week(people)
    told = await said("export", store_url, site)
    assert (told.returncode, told.stderr) == (0, "")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["body"] for line in lines] == [
        "my parcel?", "It is on its way.", "thanks", "\x1b]2;evil\x07 hi", "Hello",
        "我的快递呢", "马上查",
    ]  # fmt: skip
    assert lines[1] == {
        "chat": "1", "desk": "default", "customer": "bob", "customer_name": "Bob",
        "opened_at": first, "closed_at": first + 180_000, "reason": "customer", "score": 4,
        "seq": 2, "at": first + 60_000, "from": "ann", "to": "bob", "by": "agent",
        "id": lines[1]["id"], "body": "It is on its way.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "chats"),
    [
        ([], ["1", "2", "3"]),
        (["--chat", "2"], ["2"]),
        (["--customer", "bob"], ["1", "3"]),
        (["--agent", "joe"], ["2"]),
        (["--desk", "default", "--after", "1"], ["2", "3"]),
        (["--since", "BETWEEN"], ["2", "3"]),
        (["--until", "BETWEEN"], ["1"]),
    ],
)
async def test_some_can_be_asked_for(
    people: People, store_url: str, site: str, options: list[str], chats: list[str]
) -> None:
    """By chat, people, desk, and when they were opened."""
    between = moment(await week(people) + HOUR_MS)
    options = [between if option == "BETWEEN" else option for option in options]
    told = await said("export", store_url, site, *options)
    assert (told.returncode, told.stderr) == (0, "")
    found = dict.fromkeys(json.loads(line)["chat"] for line in told.stdout.splitlines())
    assert list(found) == chats


async def test_each_format_holds_the_same(
    people: People, store_url: str, site: str, tmp_path: Path
) -> None:
    """CSV and Parquet for programs, text for people, in which nothing can change a terminal."""
    from pyarrow import parquet

    await week(people)
    as_json = [
        json.loads(line) for line in (await said("export", store_url, site)).stdout.splitlines()
    ]
    table = await said("export", store_url, site, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in line.items()}
        for line in as_json
    ]
    file = tmp_path / "messages.parquet"
    told = await said("export", store_url, site, "--format", "parquet", "--output", str(file))
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert parquet.read_table(file).to_pylist() == as_json
    text = (await said("export", store_url, site, "--format", "txt")).stdout
    assert "Chat 1 at default: Bob (bob) with Ann (ann), closed (customer), rated 4\n" in text
    assert "evil" in text
    assert "\x1b" not in text


async def test_what_was_stopped_is_gone_on_with(
    people: People, store_url: str, site: str, tmp_path: Path
) -> None:
    """Behind a chat, at the end of the file: both parts are as the whole."""
    await week(people)
    for form in ("jsonl", "csv"):
        whole, parts = tmp_path / f"whole.{form}", tmp_path / f"parts.{form}"
        await said("export", store_url, site, "--format", form, "-o", str(whole))
        lines = whole.read_text("utf-8").splitlines(keepends=True)
        parts.write_text("".join(lines[: 3 + (form == "csv")]), "utf-8")
        await said("export", store_url, site, "--format", form, "-o", str(parts), "--after", "1")
        assert parts.read_bytes() == whole.read_bytes()


async def test_of_a_chat_that_is_cut_short_nothing_stays_in_the_file(
    people: People, tmp_path: Path
) -> None:
    """The store went away in the middle of it: the file ends with the last whole chat."""
    await week(people)
    pieces = [piece async for piece in Transcripts(people.store, Wanted()).pieces()]
    cut = Piece(pieces[1].chat, pieces[1].lines, whole=False, share=0.5)
    target = _Target(tmp_path / "messages.jsonl", "jsonl", goes_on=False)

    def write() -> None:
        with target.opened() as take:
            take(pieces[0])
            take(cut)
            raise Unavailable("the store does not answer")

    with pytest.raises(Unavailable):
        write()
    assert target.last == "1"
    lines = (tmp_path / "messages.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["chat"] for line in lines} == {"1"}


async def test_a_long_chat_is_read_in_pieces(people: People) -> None:
    """None of them is large, and together they are all that was said, in order."""
    people.now = AT
    await people.join()
    body = "x" * 4_000
    await play(people, [chat(*[f"C {n} {body}" for n in range(150)])])
    pieces = [piece async for piece in Transcripts(people.store, Wanted()).pieces()]
    assert len(pieces) > 2
    assert [piece.whole for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert max(len(piece.lines) for piece in pieces) < 100
    bodies = [line.body for piece in pieces for line in piece.lines]
    assert bodies == [f"{n} {body}" for n in range(150)]
    assert replace(pieces[0].chat, messages=[]) == replace(pieces[-1].chat, messages=[])


async def test_a_message_that_cannot_be_decoded_is_left_out_and_told(
    people: People, store_url: str, site: str
) -> None:
    """The rest is written; the exit status says that it is not all."""
    await week(people)
    key = people.key("history:eve:joe")
    await people.redis.hsetex(key, "1", b"\xff not JSON", ex=1_000)
    told = await said("export", store_url, site)
    assert told.returncode == 1
    assert told.stderr == "left out: messages that cannot be decoded: 1\n"
    assert len(told.stdout.splitlines()) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--chat", "77"], "there is no chat '77' here"),
        (["--chat", "x"], "there is no chat 'x' here"),
        (["--customer", "nobody"], "there is no such chat of customer 'nobody'"),
        (["--since", "30m"], "there is no such chat in that time"),
        (["--output", "/nowhere/file"], "cannot write /nowhere/file: "),
    ],
)
async def test_where_there_is_nothing_it_says_so(
    people: People, store_url: str, site: str, options: list[str], words: str
) -> None:
    """One line and the exit status of a failure."""
    await week(people)
    told = await said("export", store_url, site, *options)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"imchat: {words}")
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--since", "2099-01-01"], "--since is in the future"),
        (["--since", "1d", "--until", "2d"], "no time between --since and --until"),
        (["--format", "parquet"], "needs an --output FILE"),
        (["--format", "xml"], "'xml'"),
        (["--after", "x"], "'x'"),
    ],
)
def test_a_wrong_usage_is_one_line_and_exits_2(options: list[str], words: str) -> None:
    """It is known before any store is asked."""
    told = imchat("export", "--redis", "unix:///nowhere.sock", *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert words in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    """Parquet alone needs it."""
    code = "import sys; sys.modules['pyarrow'] = None; from imchat.cli import main; main()"
    options = ["export", "--format", "parquet", "-o", str(tmp_path / "x")]
    told = subprocess.run(
        [sys.executable, "-c", code, *options], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "pip install 'imchat[parquet]'" in told.stderr


async def test_a_terminal_shows_how_far_it_is(
    people: People, store_url: str, site: str, tmp_path: Path
) -> None:
    """A bar, and not among what is written."""
    await week(people)
    options = ["--redis", store_url, "--site", site, "--output", str(tmp_path / "messages.jsonl")]

    def run() -> str:
        child = pexpect.spawn(
            sys.executable, ["-m", "imchat", "export", *options], encoding="utf-8", timeout=30
        )
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        return str(child.before)

    shown = await asyncio.to_thread(run)
    assert "exporting" in shown
    assert "100%" in shown
    assert len((tmp_path / "messages.jsonl").read_text("utf-8").splitlines()) == 7
