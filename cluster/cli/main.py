"""The `headrace` command: every noun registered, nothing heavy imported."""

import typer

from headrace.cluster.cli import account, events, key, migrate, pay, payment, platform, tenant

app = typer.Typer(
    name="headrace",
    help="A high-volume payment platform on Ray and PostgreSQL.",
    epilog="[bold]Start here[/bold]\n\nheadrace up --play 1000\n\n"
    "headrace pay payments.csv --open-missing 1000.00\n\nheadrace verify",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)

for commands in (platform, pay, migrate):
    app.add_typer(commands.app)

for name, noun in (
    ("tenant", tenant),
    ("key", key),
    ("account", account),
    ("payment", payment),
    ("events", events),
):
    app.add_typer(noun.app, name=name)
