"""The Lua function library: joined from its files, loaded under its version, called.

The version is a hash of the source, so that any two sources can stand side by side
in a rolling upgrade and none is ever replaced under a node that calls it.
"""

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from imchat.errors import REQUEST_ERRORS, SetupError, Unavailable
from imchat.store.attempts import Attempts, Late, NotDone, Pack
from imchat.store.facts import Fact, Refused

log = logging.getLogger(__name__)

PARTS = (
    "keys", "call", "asked", "staff", "tiers", "queue", "reports", "talks", "messages", "history",
    "chats", "transfers", "requests", "ratings", "customers", "presence", "nodes", "tally",
    "trends", "rollups", "measures", "board", "audit", "leftovers", "books", "doctor", "past",
    "erase",
)
"""In the order in which they build on each other."""

NEEDED = "imchat needs a Valkey 9 or a Redis 8"
KEEPS_ALL = "noeviction"

F = TypeVar("F", bound=Fact)
R = TypeVar("R")


@cache
def source() -> tuple[str, str]:
    """The library's versioned name and its code."""
    lua = files("imchat.store") / "lua"
    body = "\n".join((lua / f"{part}.lua").read_text(encoding="utf-8") for part in PARTS)
    name = f"imchat_{hashlib.sha256(body.encode()).hexdigest()[:12]}"
    return name, f'#!lua name={name}\nlocal LIBRARY = "{name}"\n{body}'


def can_run_it(info: Mapping[str, object]) -> bool:
    """Whether a server that says this of itself has fields that expire (HSETEX)."""
    of_valkey = info.get("valkey_version")
    major = str(of_valkey or info.get("redis_version", "0")).partition(".")[0]
    return int(major) >= (9 if of_valkey else 8)


def risks(info: Mapping[str, object]) -> Iterator[str]:
    """Why a server that says this of itself may forget what was acked, a sentence each."""
    if not info.get("aof_enabled", 1):
        yield "the store keeps no append-only file: set `appendonly yes`, or a restart loses all"
    policy = info.get("maxmemory_policy", KEEPS_ALL)
    if info.get("maxmemory") and policy != KEEPS_ALL:
        yield f"the store drops data when it is full: set `maxmemory-policy {KEEPS_ALL}`"


class Library:
    """Calls the functions of the library for one site."""

    def __init__(self, redis: Redis, site: str, settings: Mapping[str, int]) -> None:
        self._redis = redis
        self._key = f"imchat:{{{site}}}"
        self._settings = dict(settings)
        self._encode = msgspec.msgpack.Encoder().encode
        self._attempts = Attempts(redis)
        self._complaint = ""
        self._now: int | None = None

    @property
    def now(self) -> int | None:
        """What stands in for the store's clock, ms; only tests set it."""
        return self._now

    @now.setter
    def now(self, now: int) -> None:
        self._now = now
        self._attempts.timed = False

    async def can_be_loaded(self) -> bool:
        """Whether the store has its data and so takes the library; else it will soon.

        Raises SetupError when the store cannot run it, and Unavailable.
        """
        with self._asking():
            return not (await self._info()).get("loading")

    async def load(self) -> None:
        """Put the library into the store, unless it is there; warn of what is at risk in it.

        Raises SetupError when the store cannot take or run it, and Unavailable.
        """
        with self._asking():
            for risk in risks(await self._info()):
                log.warning("%s", risk)
            await self._put()

    async def _info(self) -> Mapping[str, object]:
        info: Mapping[str, object] = await self._redis.info()
        if not can_run_it(info):
            raise SetupError(f"the store is too old: {NEEDED}")
        return info

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except ResponseError as error:
            raise SetupError(f"the store does not take imchat's functions ({error})") from None
        except (RedisError, OSError) as error:
            raise Unavailable(f"the store does not answer: {error}") from error

    async def _put(self) -> None:
        name, code = source()
        if await self._redis.function_list(library=name):
            return  # a store that is full would not even take what it has
        try:
            await self._redis.function_load(code)
        except ResponseError as error:
            if f"'{name}' already exists" not in str(error):
                raise

    async def compact(self) -> None:
        """Have the store write its append-only file anew, without what is gone, if it does that."""
        with contextlib.suppress(RedisError, OSError):
            await self._redis.bgrewriteaof()

    async def call(
        self, function: str, reply: "msgspec.msgpack.Decoder[F | Refused]", **arguments: object
    ) -> F:
        """Call a function and give the fact that it returns, decoded by `reply`.

        The library is loaded first when the store has lost it. Raises the
        RequestError that the function refuses with, and Unavailable when the store did
        not answer; then the call is not under way any more, and may be made again.
        """
        arguments["settings"] = self._settings

        def pack(until: int | None) -> bytes:
            return self._encode({**arguments, "until": until, "now": self._now})

        def read(answer: bytes) -> F | Refused:
            fact = reply.decode(answer)
            if isinstance(fact, Refused) and fact.code == "late":
                raise Late(fact.message)
            return fact

        fact = await self._answer(f"{source()[0]}_{function}", pack, read)
        if isinstance(fact, Refused):
            raise REQUEST_ERRORS[fact.code](fact.message)
        return fact

    async def _answer(self, name: str, pack: Pack, read: Callable[[bytes], R]) -> R:
        try:
            try:
                return await self._attempts.make(name, self._key, pack, read)
            except ResponseError as error:
                if "Function not found" not in str(error):
                    raise
                await self._put()
                return await self._attempts.make(name, self._key, pack, read)
        except (NotDone, RedisError, OSError) as error:
            if isinstance(error, ResponseError):
                self._complain(str(error))
            raise Unavailable("the store does not answer; try again") from error

    def _complain(self, of: str) -> None:
        """Log what the store refuses, but not for each call anew."""
        if of != self._complaint:
            log.error("the store refuses: %s", of)
        self._complaint = of
