"""Tokens and the secret that signs them. Pure but for the secret's file."""

import multiprocessing
import stat
import time
from pathlib import Path

import jwt
import pytest

from imchat import tokens
from imchat.errors import SetupError, Unauthorized

SECRET = "a secret of the test's own, as long as a key of HS256 should be"


def _signed(**claims: object) -> str:
    good = {"sub": "ann", "role": "agent", "aud": "imchat", "exp": time.time() + 60}
    return jwt.encode(good | claims, SECRET, algorithm="HS256")


def test_a_minted_token_says_who_its_bearer_is() -> None:
    """All claims come back, and the optional ones have their defaults."""
    full = tokens.identity("ann", "agent", name="Ann 安", desks=["vip", "night"], capacity=5)
    assert tokens.verify(SECRET, tokens.mint(SECRET, full, ttl_s=60)) == full
    plain = tokens.identity("cai", "customer")
    found = tokens.verify(SECRET, tokens.mint(SECRET, plain, ttl_s=60))
    assert (found.desks, found.name, found.capacity) == (("default",), None, None)
    assert (found.shown_name, full.shown_name) == ("cai", "Ann 安")


def test_a_minted_token_has_only_what_the_protocol_names() -> None:
    """Nothing that is not known is a claim of null."""
    token = tokens.mint(SECRET, tokens.identity("cai", "customer"), ttl_s=60)
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="imchat")
    assert set(claims) <= {"sub", "role", "aud", "exp", "desks"}
    assert claims["exp"] == pytest.approx(time.time() + 60, abs=5)


def test_an_expired_token_says_so() -> None:
    """The one fault that a person can mend without a developer."""
    token = tokens.mint(SECRET, tokens.identity("cai", "customer"), ttl_s=-1)
    with pytest.raises(Unauthorized, match="expired"):
        tokens.verify(SECRET, token)


FAULTY = [
    "", ".", "..", "...", "a.b.c", "é.é.é", "\x00", "a" * 60_000,
    _signed(exp="x"), _signed(exp=float("nan")), _signed(exp=[]), _signed(exp={}),
    _signed(iat="x"), _signed(aud=5), _signed(aud=[]), _signed(aud=[5]),
    _signed(sub=None), _signed(name="\ud800"), _signed(name={}), _signed(desks=None),
    jwt.encode({"sub": "ann"}, SECRET, algorithm="HS256"),
    jwt.encode({}, SECRET, algorithm="HS256", headers={"crit": ["é" * 200]}),
]  # fmt: skip


@pytest.mark.parametrize("token", FAULTY, ids=range(len(FAULTY)))
def test_every_fault_of_a_token_is_unauthorized(token: str) -> None:
    """No other exception comes out of what a stranger sends."""
    with pytest.raises(Unauthorized):
        tokens.verify(SECRET, token)


@pytest.mark.parametrize(
    ("uid", "role", "claims"),
    [
        ("a:b", "agent", {}),
        ("", "agent", {}),
        ("ann\n", "agent", {}),
        ("ann", "admin", {}),
        ("ann", "agent", {"capacity": 0}),
        ("ann", "agent", {"desks": ["a b"]}),
        ("ann", "agent", {"name": "n" * 129}),
    ],
)
def test_no_token_is_made_that_no_server_takes(
    uid: str, role: str, claims: dict[str, object]
) -> None:
    """Whoever mints is told at once."""
    with pytest.raises(SetupError):
        tokens.identity(uid, role, **claims)  # type: ignore[arg-type]


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """In a directory 0700, a file 0600; the second who asks gets the same."""
    directory = tmp_path / "new" / "data"
    secret = tokens.ensure_secret(directory)
    assert tokens.ensure_secret(directory) == tokens.read_secret(directory) == secret
    assert len(secret) >= 32
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "secret").stat().st_mode) == 0o600
    assert [file.name for file in directory.iterdir()] == ["secret"]


def test_many_who_begin_at_once_share_one_secret(tmp_path: Path) -> None:
    """Nobody reads half a secret, and nobody replaces another's."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        secrets = pool.map(tokens.ensure_secret, [tmp_path] * 16)
    assert len(set(secrets)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_without_a_secret_one_is_told_what_to_do(tmp_path: Path) -> None:
    """Also when the directory cannot be used."""
    with pytest.raises(SetupError, match="imchat serve"):
        tokens.read_secret(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="data directory"):
        tokens.ensure_secret(tmp_path / "file")
