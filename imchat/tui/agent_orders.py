"""In which ways a table of agents is sorted, and to which of them it may be narrowed. Pure."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from imchat.tui.desk_view import Agent

STATES = {"online": "● online", "away": "○ away", "grace": "◌ grace"}


def is_named(agent: Agent, text: str) -> bool:
    """Whether a text is a part of the agent's name, uid or state, of a desk or a customer of it."""
    words = (agent.name, agent.uid, agent.state, *agent.desks, *agent.customers)
    return any(text.casefold() in word.casefold() for word in words)


def natural(text: str) -> list[tuple[int, str]]:
    """A key by which Ann 2 stands before Ann 10."""
    parts = re.split(r"([0-9]+)", text.casefold())
    # Every second part is a number. Of two without zeros in front the longer one is greater.
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return [(len(part), part) if n % 2 else (-1, part) for n, part in enumerate(parts)]


class Order(NamedTuple):
    """A way to sort: its name, the column it stands for, and by what of an agent."""

    name: str
    column: str
    rank: Callable[[Agent], Any]


ORDERS = [
    Order("name", "agent", lambda agent: natural(agent.name or agent.uid)),
    Order("state", "state", lambda agent: list(STATES)[::-1].index(agent.state)),
    Order("load", "load", lambda agent: -agent.load),
    Order("free slots", "load", lambda agent: agent.load - agent.capacity),
]
