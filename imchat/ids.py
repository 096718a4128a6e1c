"""The names that stand on the wire and in keys, and what they may be made of."""

from typing import NewType

Uid = NewType("Uid", str)
"""Who: a customer, an agent or a supervisor. Matches `UID_PATTERN`."""

ChatId = NewType("ChatId", str)
"""One chat of one customer, from the request to the close. Also its ticket in the queue."""

Desk = NewType("Desk", str)
"""A group of agents with a queue of its own. Matches `UID_PATTERN`."""

UID_PATTERN = r"\A[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}\Z"
UID_IN_WORDS = "letters A to Z, digits and . _ @ + -, at most 64, the first a letter or digit"
DEFAULT_DESK = Desk("default")
