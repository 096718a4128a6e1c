"""An agent's load in a few characters: ●●○, and ■■■ when it is full."""

from imchat.protocol import AgentSnapshot, Colleague

MOST_SIGNS = 5
"""A larger capacity is written in figures."""


def is_full(agent: Colleague) -> bool:
    """Whether the agent can take no chat more."""
    return agent.load >= agent.capacity


def load_bar(agent: Colleague) -> str:
    """A sign for each slot, or `7/20`."""
    if max(agent.capacity, agent.load) > MOST_SIGNS:
        return f"{agent.load}/{agent.capacity}"
    if is_full(agent):
        return "■" * agent.load
    return "●" * agent.load + "○" * (agent.capacity - agent.load)


def bar_width(agents: list[AgentSnapshot]) -> int:
    """The cells that the longest bar of these may come to need."""
    return max((_width(max(agent.capacity, agent.load)) for agent in agents), default=0)


def _width(slots: int) -> int:
    return slots if slots <= MOST_SIGNS else 2 * len(str(slots)) + 1
