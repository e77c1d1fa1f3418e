"""`python -m headrace.loadtests.chaos --seed 1 --short`: breaks a platform and judges its books.

The last line on standard output is the result; exit code 1 when anything is wrong.
"""

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from headrace.loadtests.chaos.run import Run

SHORT_FAULTS = ("actor", "gateway", "risk", "haproxy", "postgres", "connection", "slow", "pause")
LONG_S, SHORT_S = 900.0, 60.0


def main(
    seed: Annotated[int, typer.Option(help="Of the clients and the faults.")] = 1,
    folder: Annotated[Path, typer.Option(help="Made anew.")] = Path("/tmp/headrace-chaos"),
    port: Annotated[int, typer.Option(help="Of the API.")] = 8280,
    short: Annotated[
        bool, typer.Option("--short", help="Each fault once but the platform's.")
    ] = False,
    clients: Annotated[int, typer.Option(min=1)] = 8,
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)  # PostgreSQL's user passes through
    run = Run(seed, folder, port, clients)
    duration_s, plan = (SHORT_S, SHORT_FAULTS) if short else (LONG_S, None)
    result = asyncio.run(run.carry_out(duration_s, plan))
    print(msgspec.json.encode(result).decode())
    sys.exit(0 if run.passed else 1)


typer.run(main)
