"""Whatever goes wrong is said in one line on stderr, with the right exit status."""

from pathlib import Path

import pytest

from imchat import __version__
from tests.cli.commands import imchat
from tests.tui.written import OBEYED

COMMANDS = [
    "serve", "agent", "customer", "dashboard", "token", "demo", "doctor", "insight", "report",
    "export", "erase",
]  # fmt: skip


def test_the_version() -> None:
    """`imchat --version` says which."""
    said = imchat("--version")
    assert said.returncode == 0
    assert __version__ in said.stdout


@pytest.mark.parametrize("command", [[], *[[command] for command in COMMANDS]])
def test_every_command_has_help_with_examples(command: list[str]) -> None:
    """`--help` works everywhere and shows how it is used."""
    said = imchat(*command, "--help")
    assert said.returncode == 0
    assert "Examples:" in said.stdout
    assert f"imchat {' '.join(command)}" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--prot", "1"], "No such option"),
        (["serve", "--port", "99999"], "99999"),
        (["serve", "--capacity", "0"], "0"),
        (["serve", "--workers", "0"], "0"),
        (["serve", "--log-format", "xml"], "xml"),
        (["serve", "--trusted-proxy", "10.0.0.5/8"], "10.0.0.5/8 has host bits set"),
        (["serve", "--trusted-proxy", "proxy.example.com"], "no address and no network"),
        (["insight", "--since", "yesterday"], "'yesterday' is no time"),
        (["insight", "--since", "2026-13-01"], "'2026-13-01' is no time"),
        (["insight", "--since", "2d", "--until", "3d"], "no time between --since and --until"),
        (["insight", "--since", "2999-01-01"], "--since is in the future"),
        (["insight", "--topics", "0"], "0"),
        (["insight", "--format", "xml"], "xml"),
        (["nonsense"], "No such command"),
        (["token", "--role", "agent"], "--uid"),
        (["token", "--role", "king", "--uid", "bob"], "king"),
        (["token", "--role", "agent", "--uid", "bob", "--ttl", "soon"], "soon"),
        (["token", "--role", "customer", "--uid", "bob", "--capacity", "3"], "an agent's"),
        (["demo", "--agents", "0"], "0"),
        (["doctor", "--fix"], "No such option"),
    ],
)
def test_a_wrong_usage_is_one_line_and_exits_2(arguments: list[str], words: str) -> None:
    """It names what is wrong and where the help is."""
    said = imchat(*arguments)
    assert said.returncode == 2
    assert said.stdout == ""
    assert words in said.stderr
    assert "--help" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def assert_fails_in_one_line(arguments: list[str], words: str, env: dict[str, str]) -> None:
    said = imchat(*arguments, env=env)
    assert said.returncode == 1
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["agent", "--uid", "ann"], "run it in a terminal"),
        (["customer", "--uid", "bob"], "start `imchat serve` here first"),
        (["dashboard"], "run it in a terminal"),
        (["demo"], "run it in a terminal"),
        (["token", "--role", "agent", "--uid", "ann"], "start `imchat serve` here first"),
        (["token", "--role", "agent", "--uid", "a b"], "'a b' is no uid: letters"),
        (["token", "--role", "agent", "--uid", "王"], "'王' is no uid: letters"),
        (["token", "--role", "agent", "--uid", "ann", "--name", "x" * 129], "at most 128"),
        (["token", "--role", "agent", "--uid", "ann", "--desk", "a:b"], "'a:b' is no desk"),
        (["serve", "--site", "a b"], "no name for a site"),
        (["serve", "--redis", "nonsense"], "'nonsense'"),
        (["serve", "--redis", "redis://127.0.0.1:1/0"], "the store does not answer"),
        (["serve", "--data-dir", "/proc/nowhere"], "cannot use /proc/nowhere"),
        (["doctor"], "no server with a store of its own runs there"),
        (["report"], "no server with a store of its own runs there"),
        (["export"], "no server with a store of its own runs there"),
        (["erase", "--customer", "bob", "--yes"], "no server with a store of its own runs there"),
        (["doctor", "--site", "a b"], "no name for a site"),
        (["doctor", "--redis", "nonsense"], "'nonsense'"),
        (["doctor", "--redis", "redis://127.0.0.1:1/0"], "the store does not answer"),
    ],
)
def test_a_failure_is_one_line_and_exits_1(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    """It says what to do, on stderr, and shows no traceback."""
    assert_fails_in_one_line(arguments, words, {"IMCHAT_DATA_DIR": str(tmp_path / "data")})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serve", "cannot read the settings"),
        ("[serve]\nprot = 1", "no option 'prot'"),
        ("[nonsense]\nport = 1", "[nonsense] is no command"),
        ("[serve]\nredis = 'nonsense'", "'nonsense'"),
    ],
)
def test_a_settings_file_that_is_wrong_says_so(text: str, words: str, tmp_path: Path) -> None:
    """A mistyped key is not passed over."""
    (tmp_path / "imchat").mkdir()
    (tmp_path / "imchat" / "config.toml").write_text(text)
    assert_fails_in_one_line(["serve"], words, {"XDG_CONFIG_HOME": str(tmp_path)})


HARMFUL = "\x1b]2;owned\x07\x1b[2J\u202e\x9b31mx"


@pytest.mark.parametrize(
    "arguments",
    [
        [HARMFUL],
        ["customer", HARMFUL],
        ["customer", "--uid", HARMFUL],
        ["customer", "--uid", "bob", "--url", HARMFUL],
        ["agent", "--uid", "ann", "--token", HARMFUL],
        ["serve", "--redis", HARMFUL],
        ["serve", "--site", HARMFUL],
        ["doctor", "--data-dir", HARMFUL],
        ["export", "--customer", HARMFUL],
        ["erase", "--customer", HARMFUL, "--yes"],
        ["report", "--since", HARMFUL],
        ["token", "--uid", HARMFUL, "--role", "agent"],
    ],
)
def test_what_was_given_is_said_as_text(arguments: list[str], tmp_path: Path) -> None:
    """A script may hand over what somebody else wrote; no terminal obeys it."""
    if arguments[0] not in {HARMFUL, "agent", "customer"} and "--data-dir" not in arguments:
        arguments = [*arguments, "--data-dir", str(tmp_path)]
    said = imchat(*arguments)
    assert said.returncode in {1, 2}
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1, said.stderr
    assert not OBEYED.search(said.stderr.removesuffix("\n")), said.stderr
