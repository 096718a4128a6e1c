"""JSON Web Tokens (RFC 7519, HS256), and the secret that signs them."""

import contextlib
import os
import re
import secrets
import time
from pathlib import Path
from typing import Annotated

import jwt
import msgspec
from msgspec import Meta, Struct

from imchat.errors import SetupError, Unauthorized
from imchat.ids import DEFAULT_DESK, UID_IN_WORDS, UID_PATTERN, Uid
from imchat.protocol import MAX_CAPACITY, Role, WireDesk, WireUid

AUDIENCE = "imchat"
ALGORITHM = "HS256"
SECRET_FILE = "secret"
MAX_NAME = 128

_FAULTS = (
    jwt.PyJWTError, msgspec.ValidationError,
    # What PyJWT lets through of claims of the wrong kind differs from version to version.
    ValueError, TypeError, OverflowError, RecursionError,
)


class Identity(Struct, frozen=True, kw_only=True):
    """Who a token says its bearer is; `capacity` None means the server's."""

    uid: WireUid = msgspec.field(name="sub")
    role: Role
    name: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    desks: Annotated[tuple[WireDesk, ...], Meta(min_length=1, max_length=64)] = (DEFAULT_DESK,)
    capacity: Annotated[int, Meta(ge=1, le=MAX_CAPACITY)] | None = None

    @property
    def shown_name(self) -> str:
        """What others see."""
        return self.name or self.uid


def mint(secret: str, identity: Identity, *, ttl_s: float) -> str:
    """A token for `identity`, valid for `ttl_s` seconds by this machine's clock."""
    claims = {k: v for k, v in msgspec.to_builtins(identity).items() if v is not None}
    return jwt.encode(
        claims | {"aud": AUDIENCE, "exp": int(time.time() + ttl_s)}, secret, algorithm=ALGORITHM
    )


def verify(secret: str, token: str) -> Identity:
    """The identity in a token. Raises Unauthorized for every fault that it may have."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["exp", "aud", "sub"]},
        )
        found = msgspec.convert(claims, Identity)
        found.shown_name.encode()  # half a surrogate pair is no text
    except jwt.ExpiredSignatureError:
        raise Unauthorized("the token has expired; get a new one") from None
    except _FAULTS as error:
        raise Unauthorized(f"the token is not valid: {error}") from None
    return found


def uid_in(token: str) -> Uid:
    """Whose token it says it is, of which nothing is verified. Raises Unauthorized."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return msgspec.convert(claims.get("sub"), WireUid)
    except _FAULTS as error:
        raise Unauthorized(f"the token is not valid: {error}") from None


def identity(
    uid: str,
    role: str,
    *,
    name: str | None = None,
    desks: list[str] | None = None,
    capacity: int | None = None,
) -> Identity:
    """An identity out of unchecked values. Raises SetupError."""
    for kind, value in [("uid", uid), *(("desk", desk) for desk in desks or ())]:
        if not re.match(UID_PATTERN, value):
            raise SetupError(f"{value!r} is no {kind}: {UID_IN_WORDS}")
    if len(name or "") > MAX_NAME:
        raise SetupError(f"a name has at most {MAX_NAME} characters")
    values = {"sub": uid, "role": role, "name": name, "capacity": capacity}
    try:
        return msgspec.convert(values | ({"desks": desks} if desks else {}), Identity)
    except msgspec.ValidationError as error:
        raise SetupError(f"no token can be made: {error}") from None


def read_secret(data_dir: Path) -> str:
    """The secret of the server that keeps its data there. Raises SetupError."""
    try:
        return (data_dir / SECRET_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SetupError(
            f"no secret of a server can be read in {data_dir}: start `imchat serve` here first,"
            " name its directory with --data-dir, or give a --token"
        ) from None


def ensure_secret(data_dir: Path) -> str:
    """The secret in `data_dir`, made (0600, in a directory 0700) if there is none yet."""
    path = data_dir / SECRET_FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            # Written aside and linked into place, so that nobody reads half a secret.
            draft = data_dir / f".{SECRET_FILE}.{os.getpid()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
            try:
                os.link(draft, path)
            finally:
                draft.unlink()
    except OSError as error:
        raise SetupError(f"cannot use {data_dir} as the data directory: {error.strerror}") from None
    return read_secret(data_dir)


