"""See it all at work: a server, bots that really chat over the wire, and the dashboard."""

from imchat.demo.show import headless, with_dashboard
from imchat.demo.summary import Summary

__all__ = ["Summary", "headless", "with_dashboard"]
