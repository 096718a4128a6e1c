"""A customer's chat as lines in and lines out: for pipes, screen readers and dumb terminals."""

from imchat.plain.lines import AtEnd, run

__all__ = ["AtEnd", "run"]
