"""`imchat demo`."""

import sys

import click

from imchat.cli.options import examples, need_terminal


@click.command(
    epilog=examples("imchat demo", "imchat demo --agents 20 --rate 4", "imchat demo --headless 20")
)
@click.option(
    "--agents", type=click.IntRange(1, 500), default=5, show_default=True, help="Bot agents."
)
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Bot customers that come, a second.",
)
@click.option(
    "--headless",
    type=click.FloatRange(1),
    metavar="SECONDS",
    help="No screen: run so long, print a summary, exit 1 if anything was lost or wrong.",
)
def demo(agents: int, rate: float, headless: float | None) -> None:
    """See it all at work: a server, bots, the dashboard."""
    if headless is None:
        need_terminal()
    from imchat import demo as show
    from imchat.processes import run

    if headless is None:
        click.echo("Starting a server, its agents and their customers...")
        summary = run(show.with_dashboard(agents=agents, rate=rate))
    else:
        summary = run(show.headless(agents=agents, rate=rate, seconds=headless))
    click.echo(summary.text())
    if summary.faults:
        sys.exit(1)
