"""The `headrace` command: every noun registered, nothing heavy imported."""

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
        print(f"headrace {__version__}")
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
