"""The `headrace` command: every noun registered, nothing heavy imported."""

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from headrace import __version__
from headrace.cluster.cli import (
    account,
    events,
    key,
    leg,
    migrate,
    pay,
    payment,
    status,
    subject,
    tenant,
    up,
    verify,
)
from headrace.cluster.cli.failures import NotWritten, of_system
from headrace.cluster.cli.streams import give_up, say, write

app = typer.Typer(
    name="headrace",
    epilog="[bold]Start here[/bold]\n\nheadrace up --play 1000\n\n"
    "headrace pay payments.csv --open-missing 1000.00\n\nheadrace verify",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        write(f"headrace {__version__}\n")
        raise typer.Exit


@app.callback()
def headrace(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """A high-volume payment platform on Ray and PostgreSQL."""


for commands in (up, status, pay, verify, migrate):
    app.add_typer(commands.app)

for plugin in sorted(entry_points(group="headrace.commands"), key=lambda point: point.name):
    app.add_typer(plugin.load())  # what stands above the command line in the order of imports

for name, noun in (
    ("tenant", tenant),
    ("key", key),
    ("account", account),
    ("payment", payment),
    ("leg", leg),
    ("subject", subject),
    ("events", events),
):
    app.add_typer(noun.app, name=name)


def main() -> None:
    """The `headrace` program. What no command prints itself, such as help, may not be taken."""
    try:
        app()
    except NotWritten as failure:
        say(f"headrace: {failure}")
        sys.exit(failure.exit_code)
    except OSError as error:
        give_up(sys.stdout)
        say(f"headrace: {of_system(error)}")
        sys.exit(1)
