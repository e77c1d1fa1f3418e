"""`headrace verify`: whether a ledger keeps what must always hold."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from headrace.cluster.cli.command import Outcome, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import Unreachable

if TYPE_CHECKING:
    from headrace.runtime.ledger.verify import Check

app = typer.Typer()


@plain_command(
    app,
    "verify",
    "headrace verify",
    "headrace verify --json | jq '.checks[] | select(.result != \"pass\")'",
    "HEADRACE_DATABASE_URL=postgresql://headrace@db/headrace headrace verify",
)
def verify_command(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """Check the books; exit code 1 when they are wrong.

    Money is conserved, each balance follows from the one before, keys are used once, nobody
    overspends, what is in transit is accounted for: each check is printed with its figure. All
    look at one snapshot of the database (HEADRACE_DATABASE_URL, else that of the data directory,
    running or not), so payments may go on meanwhile.
    """
    run(lambda: check_ledger(data_dir, as_json), as_json)


async def check_ledger(data_dir: Path, as_json: bool) -> Outcome:
    """Every check with its figure, said as it ends."""
    from asyncpg import PostgresError
    from msgspec import to_builtins
    from rich.console import Console

    from headrace.cluster.cli.database import ledger_settings
    from headrace.runtime.ledger.verify import verify

    console = Console(stderr=as_json, highlight=False)

    def checked(check: "Check") -> None:
        passed, words = check.result == "pass", check.name.replace("_", " ")
        mark = "[green]pass[/green]" if passed else "[red bold]FAIL[/red bold]"
        console.print(f"{mark}  {words:<32}", end="")
        console.print(check.figure if passed else f"{check.figure}; {check.detail}", markup=False)

    async with ledger_settings(data_dir) as settings:
        try:
            verdict = await verify(settings, checked)
        except (OSError, PostgresError) as error:
            raise Unreachable(f"the ledger's database: {error}") from error
    passed = verdict.result == "pass"
    words = (
        "[green]the books are right[/green]"
        if passed
        else "[red bold]the books are wrong[/red bold]"
    )
    return Outcome(to_builtins(verdict), lambda: words, 0 if passed else 1)
