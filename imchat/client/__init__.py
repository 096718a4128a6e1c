"""The asyncio client that imchat's own apps, bots and benchmarks use, and yours may."""

from imchat.client.client import Client
from imchat.client.conversation import Conversation, Line
from imchat.client.events import ClosedMeanwhile, Connected, Disconnected, Event, Missed
from imchat.client.text import clean

__all__ = [
    "Client", "ClosedMeanwhile", "Connected", "Conversation", "Disconnected", "Event", "Line",
    "Missed", "clean",
]
