"""The command that holds all others, and how everything ends."""

import sys
from typing import Any, NoReturn

import click

from imchat import __version__, settings
from imchat.cli.apps import agent, customer, dashboard
from imchat.cli.demo import demo
from imchat.cli.doctor import doctor
from imchat.cli.erase import erase
from imchat.cli.export import export
from imchat.cli.insight import insight
from imchat.cli.options import examples
from imchat.cli.report import report
from imchat.cli.saying import say
from imchat.cli.serve import serve
from imchat.cli.token import token
from imchat.errors import ImchatError, SetupError, first_cause

INTERRUPTED = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "imchat demo                    see it all at work",
        "imchat serve                   start a server",
        "imchat agent --uid alice       answer customers",
        "imchat customer --uid bob      ask for help",
        "imchat dashboard               watch the site",
        "imchat doctor                  check the site",
        "imchat report                  what was waited for, and what the agents did",
        "imchat export                  what was said, as a file",
        "imchat insight                 what customers ask about, and how they feel",
    ),
)
@click.version_option(__version__, prog_name="imchat")
@click.pass_context
def cli(context: click.Context) -> None:
    """Live customer-service chat for the terminal."""
    context.default_map = _defaults()


for command in (
    demo, serve, agent, customer, dashboard, token, doctor, report, export, insight, erase,
):  # fmt: skip
    cli.add_command(command)


def _defaults() -> dict[str, Any]:
    """The settings file: a table a command, a key an option. Raises SetupError."""
    path = settings.config_file()
    config = settings.read_config(path)
    config.pop(settings.SCREENS, None)  # the screens read it when one is drawn
    for name, values in config.items():
        command = cli.commands.get(name)
        if command is None or not isinstance(values, dict):
            raise SetupError(f"{path}: [{name}] is no command; see `imchat --help`")
        unknown = values.keys() - {option.name for option in command.params}
        if unknown:
            raise SetupError(f"{path}: [{name}] has no option {min(unknown)!r}")
    return config


def _leave(said: str, status: int) -> NoReturn:
    say(" ".join(said.split()), err=True)
    sys.exit(status)


def main() -> None:
    """Run the command line: 0 is success, 1 a failure in one line, 2 a wrong usage."""
    try:
        sys.exit(cli.main(prog_name="imchat", standalone_mode=False) or 0)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "imchat"
        _leave(f"{command}: {error.format_message()} See '{command} --help'.", 2)
    except click.ClickException as error:
        _leave(f"imchat: {error.format_message()}", 1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has seen enough
        sys.exit(1)
    except (ImchatError, ExceptionGroup) as error:
        cause = first_cause(error)
        if not isinstance(cause, ImchatError):
            raise
        _leave(f"imchat: {cause}", 1)
