"""What can be done on a screen, found in the bindings of all that stands on it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from imchat.tui.keymap import bindings_in


@dataclass(frozen=True, slots=True)
class Action:
    """Something with a key of ours; `keys` as they are now, for the eye."""

    id: str
    place: str
    name: str
    keys: str
    run: Callable[[], Awaitable[bool]]


def actions_of(screen: Screen[object]) -> list[Action]:
    """Every action of the app and of the regions: where the keys are first, the app last."""
    found: dict[str, Action] = {}
    near = [] if screen.focused is None else screen.focused.ancestors_with_self
    nodes: list[DOMNode] = [
        *(node for node in near if node not in {screen, screen.app}),
        *screen.walk_children(), screen, screen.app,
    ]
    for node in nodes:
        for action in _actions_at(node):
            found.setdefault(action.id, action)
    return list(found.values())


def key_of(node: DOMNode, id: str) -> str:
    """The first key of an action of this app or widget, as it is now, for the eye."""
    keys = [node.app.get_key_display(binding) for binding in _bound(node) if binding.id == id]
    return keys[0].title() if keys else ""


def clashes(screen: Screen[object], keys: Mapping[str, str]) -> list[str]:
    """Which of the other keys in `keys` (by id) cannot be reached somewhere on a screen, in words.

    Of two actions with one key, that of the nearer region has it.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    fields = screen.walk_children(Widget) if keys else []  # most people choose none
    for node in fields:
        if not node.can_focus:
            continue
        taken: dict[str, str] = {}
        chain = [binding for place in node.ancestors_with_self for binding in _bound(place)]
        for binding in sorted(chain, key=lambda binding: not binding.priority):
            id = binding.id or ""
            nearer = taken.setdefault(binding.key, id)
            if id != nearer and {id, nearer} & keys.keys() and not id.startswith("vim_"):
                places = found.setdefault((binding.key, nearer, id), [])
                place = f"the {_in_words(type(node).__name__).lower()}"
                places += [place] if place not in places else []
    return [
        f"[screens.keys] {key} in {', '.join(places)} is "
        f"{repr(nearer) if nearer else 'a key that is always there'}, not {id!r}"
        for (key, nearer, id), places in found.items()
    ]


def _bound(node: DOMNode) -> list[Binding]:
    bindings = node._bindings.copy()
    bindings.apply_keymap(node.app._keymap)
    return [binding for _, binding in bindings]


def _actions_at(node: DOMNode) -> list[Action]:
    app = node.app
    keys: dict[str, list[str]] = {}
    shown = {}
    for binding in _bound(node):
        if binding.id is None or not binding.description:
            continue
        if app._check_action_state(binding.action, node) is False:
            continue
        display = app.get_key_display(binding)
        if display not in keys.setdefault(binding.id, []):
            keys[binding.id].append(display)
        shown[binding.id] = binding
    return [
        Action(
            id=id,
            place=_place_of(node, id),
            name=binding.description,
            keys="  ".join(keys[id]),
            run=partial(app.run_action, binding.action, node),
        )
        for id, binding in shown.items()
    ]


def _place_of(node: DOMNode, id: str) -> str:
    """What the class is called in which the action is defined."""
    for kind in type(node).__mro__:
        for binding in bindings_in(kind):
            if binding.id == id and issubclass(kind, DOMNode):
                return kind.BINDING_GROUP_TITLE or _in_words(kind.__name__)
    raise ValueError(f"{id} is no action of {node}")


def _in_words(name: str) -> str:
    """`ChatList` as a person would write it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
