"""`python -m headrace.loadtests.books --seeds "1 2 3"`: a client with its own books.

The last line on standard output is the result; exit code 1 when anything is wrong.
"""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from headrace.loadtests import signals
from headrace.loadtests.books import plan
from headrace.loadtests.books.report import result
from headrace.loadtests.books.run import Run
from headrace.loadtests.chaos import disk


def main(
    seeds: Annotated[str, typer.Option(help="Each is a run of its own.")] = "1 2 3",
    folder: Annotated[Path, typer.Option(help="Made anew.")] = Path("/tmp/headrace-books"),
    port: Annotated[int, typer.Option(help="Of the API.")] = 8290,
    short: Annotated[bool, typer.Option("--short", help="In some two minutes a seed.")] = False,
) -> None:
    chosen = plan.SHORT if short else plan.LONG
    runs = []
    for seed in map(int, seeds.split()):
        disk.unmount(folder / "disk")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o755)  # PostgreSQL's user passes through
        run = Run(seed, folder, port, chosen)
        signals.run(run.carry_out())
        runs.append(run)
    told = result(runs)
    print(msgspec.json.encode(told).decode())
    sys.exit(0 if told["passed"] else 1)


typer.run(main)
