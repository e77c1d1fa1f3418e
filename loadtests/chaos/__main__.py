"""`python -m headrace.loadtests.chaos --seed 1 --short`: breaks a platform and judges its books.

The last line on standard output is the result; exit code 1 when anything is wrong or the run did
not reach what it was to.
"""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from headrace.loadtests import signals
from headrace.loadtests.chaos import disk, plan
from headrace.loadtests.chaos.faults import FAULTS
from headrace.loadtests.chaos.run import Run


def main(
    seed: Annotated[int, typer.Option(help="Of the clients and the faults.")] = 1,
    folder: Annotated[Path, typer.Option(help="Made anew.")] = Path("/tmp/headrace-chaos"),
    port: Annotated[int, typer.Option(help="Of the API.")] = 8280,
    short: Annotated[bool, typer.Option("--short", help="Each fault once or twice.")] = False,
    faults: Annotated[str, typer.Option(help="Only these: actor,actor,pause")] = "",
    clients: Annotated[int, typer.Option(min=1)] = 8,
) -> None:
    chosen = plan.SHORT if short else plan.LONG
    if faults:
        names = faults.split(",")
        if unknown := set(names) - FAULTS.keys():
            raise typer.BadParameter(f"{sorted(unknown)}: there are {', '.join(FAULTS)}")
        chosen = plan.of_faults(names)
    disk.unmount(folder / "disk")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)  # PostgreSQL's user passes through
    run = Run(seed, folder, port, clients)
    result = signals.run(run.carry_out(chosen))
    print(msgspec.json.encode(result).decode())
    sys.exit(0 if run.passed else 1)


typer.run(main)
