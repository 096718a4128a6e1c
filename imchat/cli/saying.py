"""How a command says something in which others' words may stand."""

import click


def say(text: str, *, err: bool = False) -> None:
    """A line, or some; whatever a terminal would obey in it is shown instead."""
    from imchat.client.text import clean

    click.echo(clean(text), err=err)
