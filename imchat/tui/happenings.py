"""The site's log of events in a supervisor's words. Pure."""

from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from imchat import protocol
from imchat.ids import Uid

Tone = Literal["plain", "good", "warn", "bad", "faint"]

SAID_BY_OTHERS = {"requested", "released"}
"""Each is followed at once by what became of it: assigned or queued, closed or requeued."""

UNHEARD = "unheard"
"""What stands for events that the dashboard could not hear; the server tells no such thing."""

BAD_SCORE = 2

WHY_A_SLOT_WAS_FREE = {
    "closed": "a chat was closed",
    "online": "came online",
    "back": "came back",
    "changed": "has more slots or desks",
    "requeued": "had a slot free",
    "transferred": "gave a chat away",
}

NameOf = Callable[[Uid], str]


def in_words(
    event: protocol.Happening, name_of: NameOf, *, name_desks: bool
) -> tuple[Tone, str] | None:
    """A sentence and how grave it is; None for what another event says as well."""
    if event.what in SAID_BY_OTHERS:
        return None
    if not name_desks and event.what != "transferred":
        event = replace(event, desk="")
    say = _SENTENCES.get(event.what, _unknown)
    tone, words = say(event, name_of)
    by = name_of(Uid(event.by))
    is_other = event.by not in {"", event.customer, event.agent, "system"}
    return tone, f"{words}, by {by}" if is_other and not words.startswith(f"{by} ") else words


def _assigned(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    tier = [] if e.tier is None else [f"tier {e.tier}"]
    came, why = "", list[str]()
    match e.reason:
        case "" | "request":
            pass
        case "transfer":
            came = ", transferred"
        case reason:
            came, why = ", who waited", [WHY_A_SLOT_WAS_FREE.get(reason, reason)]
    details = f" ({'; '.join([*tier, *why])})" if tier or why else ""
    return "plain", f"{name_of(Uid(e.agent))} serves {e.customer}{_at(e)}{came}{details}"


def _queued(e: protocol.Happening, _: NameOf) -> tuple[Tone, str]:
    return "plain", f"{e.customer} waits{_at(e)}: nobody is free"


def _requeued(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    why = {"lost": "was lost"}.get(e.reason, e.reason or "has it no more")
    return "bad", f"{e.customer} waits again{_at(e)}: {name_of(Uid(e.agent))} {why}"


def _closed(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    who = name_of(Uid(e.agent)) if e.agent else ""
    match e.reason:
        case "left_queue":
            return "warn", f"{e.customer} left the queue{_at(e)}"
        case "disconnected" if who:
            return "warn", f"{e.customer} was lost; the chat with {who} is closed"
        case "disconnected":
            return "warn", f"{e.customer} was lost while waiting{_at(e)}"
        case "customer":
            return "plain", f"{e.customer} closed the chat with {who}"
        case "agent":
            return "plain", f"{who} closed the chat with {e.customer}"
    by = name_of(Uid(e.by))
    if not who:
        return "warn", f"{by} took {e.customer} out of the queue{_at(e)}"
    return "warn", f"{by} closed the chat of {e.customer} with {who}"


def _transferred(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    had = name_of(Uid(e.agent)) if e.agent else "the queue"
    to = name_of(Uid(e.to)) if e.to else f"the desk {e.desk}"
    return "plain", f"{e.customer} goes from {had} to {to}"


def _status(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    tone: Tone = "good" if e.state == "online" else "warn"
    return tone, f"{name_of(Uid(e.agent))} is {e.state}"


def _online(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "good", f"{name_of(Uid(e.agent))} came online{' at ' + e.desk if e.desk else ''}"


def _back(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "plain", f"{name_of(Uid(e.agent or e.customer))} is back in time"


def _changed(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "plain", f"{name_of(Uid(e.agent))} has other desks or slots"


def _lost(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "warn", f"{name_of(Uid(e.agent or e.customer))} lost the connection"


def _offline(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "bad", f"{name_of(Uid(e.agent))} is offline: not back in time"


def _rated(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    served = f" with {name_of(Uid(e.agent))}" if e.agent else ""
    score = "" if e.score is None else f": {e.score} of 5"
    bad = e.score is not None and e.score <= BAD_SCORE
    return "warn" if bad else "plain", f"{e.customer} rated the chat{served}{score}"


def _recontact(e: protocol.Happening, name_of: NameOf) -> tuple[Tone, str]:
    return "plain", f"{e.customer} asks again within a day of the chat with {name_of(Uid(e.agent))}"


def _unheard(_: protocol.Happening, __: NameOf) -> tuple[Tone, str]:
    return "warn", "Some events are missing here"


def _unknown(e: protocol.Happening, _: NameOf) -> tuple[Tone, str]:
    known = (e.customer, e.agent, e.desk, e.state, e.reason)
    return "faint", " ".join([f"{e.what}:", *filter(None, known)])


def _at(e: protocol.Happening) -> str:
    return f" at {e.desk}" if e.desk else ""


_SENTENCES: dict[str, Callable[[protocol.Happening, NameOf], tuple[Tone, str]]] = {
    "assigned": _assigned,
    "queued": _queued,
    "requeued": _requeued,
    "closed": _closed,
    "transferred": _transferred,
    "status": _status,
    "online": _online,
    "back": _back,
    "changed": _changed,
    "lost": _lost,
    "offline": _offline,
    "rated": _rated,
    "recontact": _recontact,
    UNHEARD: _unheard,
}
