"""Every error that imchat raises on purpose.

    ImchatError
    ├── RequestError        a request was refused; answered with an error frame
    │   ├── BadFrame        bad_frame
    │   ├── Unauthorized    unauthorized
    │   ├── Forbidden       forbidden
    │   ├── NotFound        not_found
    │   ├── Conflict        conflict
    │   ├── QueueFull       queue_full
    │   ├── TooLarge        too_large
    │   ├── RateLimited     rate_limited
    │   └── Unavailable     unavailable
    └── SetupError          a command cannot do its work; its text says what to do

They are caught in three places: a session (an error frame), a node (an exit)
and the command line (one line on stderr).
"""

from typing import ClassVar


class ImchatError(Exception):
    """The root. `str()` of it is a sentence for a person."""


class RequestError(ImchatError):
    """A request was refused and changed nothing.

    `code` is the protocol's; `ref` is the request's own, once it is known.
    """

    code: ClassVar[str]

    def __init__(self, message: str, *, ref: str | None = None) -> None:
        super().__init__(message)
        self.ref = ref


class BadFrame(RequestError):
    """Not a frame of the protocol."""

    code = "bad_frame"


class Unauthorized(RequestError):
    """No valid token."""

    code = "unauthorized"


class Forbidden(RequestError):
    """This role may not do this, or not to this chat or uid."""

    code = "forbidden"


class NotFound(RequestError):
    """No such chat, or no open chat between the two."""

    code = "not_found"


class Conflict(RequestError):
    """It is already otherwise."""

    code = "conflict"


class QueueFull(RequestError):
    """The desk's queue is at its limit."""

    code = "queue_full"


class TooLarge(RequestError):
    """A body over the limit."""

    code = "too_large"


class RateLimited(RequestError):
    """Over the limit for this uid; may be sent again after `retry_after_ms`."""

    code = "rate_limited"

    def __init__(self, message: str, *, ref: str | None = None, retry_after_ms: int) -> None:
        super().__init__(message, ref=ref)
        self.retry_after_ms = retry_after_ms


class Unavailable(RequestError):
    """The store did not answer; the same request may be sent again."""

    code = "unavailable"


class SetupError(ImchatError):
    """A command cannot do its work here; the text says what to do about it."""


REQUEST_ERRORS: dict[str, type[RequestError]] = {
    error.code: error
    for error in (
        BadFrame, Unauthorized, Forbidden, NotFound, Conflict, QueueFull, TooLarge, Unavailable,
    )
}
"""By protocol code, those that need no more than a sentence (RateLimited needs a time)."""


def first_cause(error: Exception) -> Exception:
    """Of a group of errors of tasks the first, which ended the others; else `error` itself."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
