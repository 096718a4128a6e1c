"""The calls in flight: what was asked and not yet answered, over any number of connections."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from imchat import protocol
from imchat.errors import REQUEST_ERRORS, RateLimited, RequestError, Unavailable
from imchat.ids import Uid

UNAVAILABLE_PAUSE_S = 0.5
RATE_LIMITED_PAUSE_S = 1.25
"""At least: who is refused all the time, with pauses under a second, is closed in the end."""

Reply = TypeVar("Reply", bound=protocol.Frame)


@dataclass(slots=True, eq=False)
class Call:
    """A frame under its `ref`, and who waits for a reply of the kind `reply`."""

    ref: str
    frame: protocol.Frame
    data: bytes
    reply: type[protocol.Frame] | tuple[type[protocol.Frame], ...]
    future: "asyncio.Future[Any]"
    sent: bool = False

    def fail(self, error: Exception) -> None:
        """Tell who waits; nobody need."""
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # not asking is no fault


class Calls:
    """Sends what is asked, in order, again on each new connection, until it is answered.

    `window` messages to one uid may be unacked at a time. What the server refuses for
    now (`rate_limited`, `unavailable`) is asked again after a pause of everything.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._calls: dict[str, Call] = {}
        self._lanes: dict[Uid, deque[Call]] = {}
        """The messages among them by recipient, in the same order."""
        self._transmit: Callable[[bytes], None] | None = None
        self._paused: asyncio.TimerHandle | None = None

    def __contains__(self, ref: str) -> bool:
        return ref in self._calls

    def start(
        self,
        ref: str,
        frame: protocol.Frame,
        reply: type[Reply] | tuple[type[Reply], ...],
    ) -> "asyncio.Future[Reply]":
        """Ask; the future is done when it is answered. `frame` carries `ref` already.

        Raises BadFrame and TooLarge as the server would (which closes a connection for
        too many of them), ValueError when `ref` is under way or a text is none.
        """
        if ref in self._calls:
            raise ValueError(f"{ref!r} is under way already")
        data = protocol.encode(frame)
        protocol.decode(data)
        call = Call(ref, frame, data, reply, asyncio.get_running_loop().create_future())
        self._calls[ref] = call
        if isinstance(frame, protocol.Send):
            lane = self._lanes.setdefault(frame.to, deque())
            lane.append(call)
            if len(lane) > self._window:
                return call.future
        self._send(call)
        return call.future

    def message(self, id: str) -> protocol.Send | None:
        """The message that is under way as `id`."""
        call = self._calls.get(id)
        return call.frame if call and isinstance(call.frame, protocol.Send) else None

    def resolve(self, ref: str | None, reply: protocol.Frame) -> None:
        """Take a reply, if it is one."""
        call = self._calls.get(ref) if ref is not None else None
        if call is not None and isinstance(reply, call.reply):
            if not call.future.done():
                call.future.set_result(reply)
            self.drop(call.ref)

    def refuse(self, error: protocol.Error) -> Call | None:
        """Take an error frame; gives the call that failed by it, if one did."""
        call = self._calls.get(error.ref) if error.ref is not None else None
        if call is None:
            return None
        if error.code == RateLimited.code:
            self._retry(call, max((error.retry_after_ms or 0) / 1000, RATE_LIMITED_PAUSE_S))
            return None
        if error.code == Unavailable.code:
            self._retry(call, UNAVAILABLE_PAUSE_S)
            return None
        kind = REQUEST_ERRORS.get(error.code, RequestError)
        call.fail(kind(error.message, ref=error.ref))
        self.drop(call.ref)
        return call

    def drop(self, ref: str) -> None:
        """Forget a call: it was answered, or nobody waits any more."""
        call = self._calls.pop(ref, None)
        if call is not None and isinstance(call.frame, protocol.Send):
            lane = self._lanes[call.frame.to]
            lane.remove(call)
            if not lane:
                del self._lanes[call.frame.to]
            for next_one in islice(lane, self._window):
                self._send(next_one)

    # --- the connection ------------------------------------------------------

    def online(self, transmit: Callable[[bytes], None]) -> None:
        """Ask everything again on a new connection."""
        self._transmit = transmit
        for call in self._calls.values():
            call.sent = False
        self._end_pause()
        self._pump()

    def offline(self) -> None:
        """Keep what is asked until there is a connection."""
        self._transmit = None

    def fail(self, error: Exception) -> list[Call]:
        """Have all fail, for good; gives them."""
        failed = list(self._calls.values())
        self._calls.clear()
        self._lanes.clear()
        self._transmit = None
        self._end_pause()
        for call in failed:
            call.fail(error)
        return failed

    def _pump(self) -> None:
        ahead: Counter[Uid] = Counter()
        for call in self._calls.values():
            if isinstance(call.frame, protocol.Send):
                ahead[call.frame.to] += 1
                if ahead[call.frame.to] > self._window:
                    continue
            self._send(call)

    def _send(self, call: Call) -> None:
        if not call.sent and self._transmit is not None and self._paused is None:
            call.sent = True
            self._transmit(call.data)

    def _retry(self, call: Call, delay_s: float) -> None:
        call.sent = False
        if self._paused is None:
            self._paused = asyncio.get_running_loop().call_later(delay_s, self._resume)

    def _resume(self) -> None:
        self._paused = None
        self._pump()

    def _end_pause(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None
