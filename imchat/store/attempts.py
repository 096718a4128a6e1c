"""Attempts at a call of the store, of which never two are alive at once.

A call that was sent and not answered may still be on its way: in a socket's buffer, in
front of a store that hangs. If it arrived after it was made again, and after what
followed from that, it would undo what came later. So each attempt carries the
store's time up to which it may be executed, and is not made again before that.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from imchat.store.heedful import heeding

ATTEMPT_S = 2.0
"""How long an attempt may take, and live."""
PAUSES_S = (0.05, 0.25)
"""Before each further attempt."""
CLOCK_GOOD_S = 5.0
"""How long the difference of two clocks is believed."""
DRIFT_MS = 5.0
"""More than two clocks go apart in that time."""
SET_MS = 10_000.0
"""A clock that is so far back was set."""

Pack = Callable[[int | None], bytes]
"""Makes the argument of a call that must not be executed after this time, ms."""

R = TypeVar("R")


class NotDone(Exception):
    """The call was not executed, or what came of it is not known. It is not under way any more."""


class Late(NotDone):
    """The store heard of the call too late and left it. Raised by who reads the reply."""


class Attempts:
    """Makes calls. Needs connections whose timeout is ATTEMPT_S and that repeat nothing themselves.

    `timed` says whether calls carry an end at all; a test that sets the store's clock
    does without.
    """

    def __init__(self, redis: Redis) -> None:
        self.timed = True
        self._redis = redis
        self._ahead_ms = 0.0
        """How far the store's clock is ahead of this machine's monotonic one, at least."""
        self._compared_at = -CLOCK_GOOD_S

    async def make(self, name: str, key: str, pack: Pack, read: Callable[[bytes], R]) -> R:
        """What `read` makes of the reply to a function of one key.

        Raises NotDone, ResponseError when the store refuses, and what `read` raises.
        """
        failure = NotDone()
        for pause in (0.0, *PAUSES_S):
            await asyncio.sleep(pause)
            try:
                with heeding():
                    answer = await self._attempt(name, key, pack)
                return read(answer)
            except NotDone as error:
                if isinstance(error, Late):
                    self._compared_at = -CLOCK_GOOD_S
                failure = error
        raise failure

    async def _attempt(self, name: str, key: str, pack: Pack) -> bytes:
        pool = self._redis.connection_pool
        try:
            connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            raise NotDone(str(error)) from error  # nothing was sent, so nothing is waited for
        ends_at = time.monotonic() + ATTEMPT_S
        try:
            until = await self._until(connection)
            ends_at = time.monotonic() + ATTEMPT_S
            await connection.send_command("FCALL", name, 1, key, pack(until))
            return bytes(await connection.read_response())
        except ResponseError:
            raise
        except BusyLoadingError as error:
            raise NotDone(str(error)) from error  # it said so, and has forgotten the call
        except (RedisError, OSError) as error:
            failure = NotDone(str(error))
        finally:
            await pool.release(connection)
        # The others may be dead in the same way, and each would be found out as slowly.
        await pool.disconnect(inuse_connections=False)
        await asyncio.sleep(max(0.0, ends_at - time.monotonic()))
        raise failure

    async def _until(self, connection: AbstractConnection) -> int | None:
        """When the attempt that is made now must be over, by the store's clock."""
        if not self.timed:
            return None
        if time.monotonic() - self._compared_at > CLOCK_GOOD_S:
            await self._compare_clocks(connection)
        return round((time.monotonic() + ATTEMPT_S) * 1000 + self._ahead_ms)

    async def _compare_clocks(self, connection: AbstractConnection) -> None:
        await connection.send_command("TIME")
        seconds, micros = await connection.read_response()
        # By the time of reading, so that what is wrong makes an attempt's life shorter. What
        # a busy machine reads late is much too small, and what was found before is truer.
        self._compared_at = now = time.monotonic()
        ahead_ms = int(seconds) * 1000 + int(micros) / 1000 - now * 1000
        before_ms = self._ahead_ms - DRIFT_MS
        self._ahead_ms = before_ms if 0 < before_ms - ahead_ms < SET_MS else ahead_ms
