"""The conventional service: `python -m headrace.loadtests.baseline serve|verify`."""

import asyncio
import sys
from typing import Annotated

import msgspec
import typer

from headrace.loadtests.baseline import schema, verify, workers

app = typer.Typer(add_completion=False)
DatabaseUrl = Annotated[str, typer.Option(help="Of PostgreSQL; the tables are made when absent.")]


@app.command()
def serve(
    database_url: DatabaseUrl,
    api_key: Annotated[str, typer.Option(help="Of its tenant.")],
    port: Annotated[int, typer.Option(help="Of 127.0.0.1.")] = 8300,
    workers_: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    pool: Annotated[int, typer.Option(min=1, help="Connections of each process.")] = 8,
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


if __name__ == "__main__":
    app()
