"""Which keys do what: the bindings of the screens, and whether other keys can be given them."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character

import imchat.tui
from imchat.errors import SetupError

MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
NAMED = {key.value for key in Keys if key.value.isalnum()}
ALIKE = {
    "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape",
    "ctrl+left_square_bracket": "escape",
}
"""What a terminal sends alike, and Textual knows by the second name."""


def bindings_in(kind: type) -> Iterable[Binding]:
    """Those that a class defines itself, and does not inherit."""
    return Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))


def own_bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    """The bindings of every class of ours that was imported."""
    for kind in _below(DOMNode):
        if kind.__module__.startswith("imchat."):
            for binding in bindings_in(kind):
                yield kind, binding


def import_all() -> None:
    """Import every screen and every region, so that all bindings are known."""
    for module in pkgutil.walk_packages(imchat.tui.__path__, "imchat.tui."):
        importlib.import_module(module.name)


def check(keys: Mapping[str, str]) -> None:
    """Raises SetupError, in words for a person, when `keys` names an id or a key that is none."""
    for id, listed in keys.items():
        for key in listed.split(","):
            _check_key(id, key.strip())
    known = _ids()
    if keys.keys() - known:
        import_all()  # what is unknown here may be another screen's
        known |= _ids()
    if unknown := keys.keys() - known:
        raise SetupError(
            f"[screens.keys] nothing is named {min(unknown)!r}; the help screen shows the names"
        )
    _check_clashes(keys)


def _ids() -> set[str]:
    return {binding.id for _, binding in own_bindings() if binding.id}


def _check_key(id: str, key: str) -> None:
    *modifiers, name = key.split("+") if key != "+" else [key]
    is_key = len(name) == 1 or name in NAMED or key_to_character(name) is not None
    if not is_key or not set(modifiers) <= MODIFIERS:
        raise SetupError(
            f"[screens.keys] {id}: {key!r} is no key; write it like f8, ctrl+o, alt+x or pageup"
        )
    if key in ALIKE:
        raise SetupError(
            f"[screens.keys] {id}: a terminal sends {key} as {ALIKE[key]}; choose another key"
        )


def _check_clashes(keys: Mapping[str, str]) -> None:
    """Raises SetupError when two actions of one place would have the same key."""
    if not keys:
        return
    for kind in {kind for kind, _ in own_bindings()}:
        taken: dict[str, str] = {}
        for owner, binding in own_bindings():
            if binding.id is None or not issubclass(kind, owner):
                continue
            for key in _normal(keys.get(binding.id, binding.key)):
                other = taken.setdefault(key, binding.id)
                if other != binding.id and (other in keys or binding.id in keys):
                    raise SetupError(
                        f"[screens.keys] {key} would be both {other!r} and {binding.id!r}"
                    )


def _normal(listed: str) -> list[str]:
    """Each key by the name that Textual has for it."""
    names = [key.strip() for key in listed.split(",")]
    return [binding.key for binding in Binding.make_bindings([Binding(k, "") for k in names])]


def _below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
