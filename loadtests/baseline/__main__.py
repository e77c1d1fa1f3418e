"""The conventional service: `python -m headrace.loadtests.baseline serve|verify|measure`."""

import asyncio
import sys
from typing import Annotated

import msgspec
import typer

from headrace.loadtests.baseline import measure, schema, verify, workers

WORKERS, POOL = 1, 4
"""Chosen by measurement (README.md)."""

app = typer.Typer(add_completion=False)
DatabaseUrl = Annotated[str, typer.Option(help="Of PostgreSQL; the tables are made when absent.")]


@app.command()
def serve(
    database_url: DatabaseUrl,
    api_key: Annotated[str, typer.Option(help="Of its tenant.")],
    port: Annotated[int, typer.Option(help="Of 127.0.0.1.")] = 8300,
    workers_: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = WORKERS,
    pool: Annotated[int, typer.Option(min=1, help="Connections of each process.")] = POOL,
) -> None:
    """Prints `ready` once it answers; SIGTERM ends it."""
    asyncio.run(schema.prepare(database_url, api_key))
    sys.exit(workers.serve(database_url, port, workers_, pool))


@app.command("verify")
def verify_books(database_url: DatabaseUrl) -> None:
    """Checks the books; the exit code is 1 when anything is wrong."""
    verdict = asyncio.run(verify.verify(database_url))
    print(msgspec.json.encode(verdict).decode())
    sys.exit(0 if verdict["result"] == "pass" else 1)


@app.command("measure")
def measure_service(
    database_url: DatabaseUrl,
    scenarios: Annotated[list[str], typer.Argument(help="Like single:64, loop:4, bulk_hot:4.")],
    port: Annotated[int, typer.Option(help="Of 127.0.0.1.")] = 8300,
    workers_: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = WORKERS,
    pool: Annotated[int, typer.Option(min=1, help="Connections of each process.")] = POOL,
    seconds: Annotated[float, typer.Option(help="Of each scenario.")] = 5,
) -> None:
    """Starts a service and tells payments/s, latency and CPU of each scenario."""
    asyncio.run(measure.measure(database_url, port, workers_, pool, seconds, scenarios))


if __name__ == "__main__":
    app()
