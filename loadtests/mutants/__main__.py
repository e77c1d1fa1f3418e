"""`python -m headrace.loadtests.mutants --seed 1`: do the tests see what is wrong?

Survivors are printed as `survivors.toml` would list them. The last line on standard output is the
result; the exit code is 1 when too few were killed, when a survivor has no reason, or when a reason
is stale.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from headrace.cluster.local.errors import PlatformError
from headrace.loadtests import signals
from headrace.loadtests.mutants.explained import BadList
from headrace.loadtests.mutants.house import NoCheckout, ours
from headrace.loadtests.mutants.result import Result, told
from headrace.loadtests.mutants.run import Misused, Plan, RedOnRightCode, Run
from headrace.loadtests.mutants.targets import NoSuchModule
from headrace.loadtests.mutants.tree import ServerGone

LOGGED_EVERY = 25
"""Mutants, where standard error is no terminal."""
BROKE_OFF = (BadList, Misused, NoCheckout, NoSuchModule, PlatformError, RedOnRightCode, ServerGone)


def main(
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 1,
    mutants: Annotated[int, typer.Option("--mutants", "--limit", min=1, help="Drawn.")] = 300,
    only: Annotated[str, typer.Option(help="Modules whose name begins so.")] = "",
    unit_only: Annotated[bool, typer.Option("--unit", help="No integration tests.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="At the same time.")] = 2,
    fates: Annotated[bool, typer.Option(help="Print what killed the others, too.")] = False,
) -> None:
    plan = Plan(seed, mutants, only, unit_only, workers)
    folder = Path(tempfile.mkdtemp(prefix="headrace-mutants-", dir="/tmp"))
    folder.chmod(0o711)  # PostgreSQL's user passes through
    console = Console(stderr=True, highlight=False)
    broke_off: list[str] = []
    try:
        with _progress(console) as progress:
            task = progress.add_task("copying", total=None)

            def tell(what: str, done: int, of: int) -> None:
                progress.update(task, description=what, completed=done, total=of)
                if not console.is_terminal and done % LOGGED_EVERY == 0:
                    console.print(f"{what}: {done} of {of}")

            result = signals.run(Run(ours(), folder, plan, tell).carry_out())
    except* BROKE_OFF as errors:
        broke_off = _leaves(errors)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if broke_off:
        sys.exit("\n".join(broke_off))
    _print(result, fates)
    sys.exit(1 if result.wrongs else 0)


def _leaves(errors: BaseExceptionGroup[BaseException]) -> list[str]:
    found = []
    for error in errors.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return found


def _print(result: Result, all_fates: bool) -> None:
    for fate in result.survivors:
        print(told(fate, result.reasons.get(fate.mutant.key)))
    if all_fates:
        for fate in result.fates:
            if fate.stage:
                print(f"{fate.mutant.path}:{fate.mutant.line} {fate.mutant.key.after}: {fate.by}")
    for wrong in result.wrongs:
        print(f"wrong: {wrong}")
    print(msgspec.json.encode(result.json).decode())


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip


typer.run(main)
