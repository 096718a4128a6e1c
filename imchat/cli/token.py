"""`imchat token`."""

from pathlib import Path

import click

from imchat.cli.options import (
    Duration,
    capacity_option,
    data_dir_option,
    desks_option,
    examples,
    name_option,
)


@click.command(
    epilog=examples(
        "imchat token --role customer --uid bob --name 'Bob B.'",
        "imchat token --role agent --uid alice --desk sales --capacity 5 --ttl 12h",
        "IMCHAT_TOKEN=$(imchat token --role supervisor --uid sue) imchat dashboard",
    )
)
@click.option("--role", type=click.Choice(["customer", "agent", "supervisor"]), required=True)
@click.option("--uid", required=True, help="Whom it names: letters, digits and . _ @ + -")
@name_option
@click.option("--ttl", type=Duration(), default="8h", show_default=True, help="How long it lives.")
@capacity_option
@desks_option
@data_dir_option
def token(
    role: str,
    uid: str,
    name: str | None,
    ttl: float,
    capacity: int | None,
    desk: tuple[str, ...],
    data_dir: Path,
) -> None:
    """Print a token for a client, alone on the last line."""
    from imchat import tokens

    if role != "agent" and (desk or capacity):
        raise click.UsageError(f"--desk and --capacity are an agent's, not a {role}'s.")
    identity = tokens.identity(uid, role, name=name, desks=list(desk), capacity=capacity)
    click.echo(tokens.mint(tokens.read_secret(data_dir), identity, ttl_s=ttl))
