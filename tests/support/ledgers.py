"""Fresh ledgers on the session's PostgreSQL."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from headrace.cluster.local.postgres import DATABASE
from headrace.runtime.settings import Settings

SHARED_SERVER = "TESTS_POSTGRES_URL"
"""Names a server that runs already, for sessions that follow each other fast."""


def database_url(url: str, name: str) -> str:
    """A server's url, of another database."""
    return url.replace(f"/{DATABASE}?", f"/{name}?")


async def execute(url: str, command: str) -> None:
    """One command on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(command)
    finally:
        await connection.close()


@asynccontextmanager
async def fresh_ledger(
    postgres_url: str, template: str, master_key_file: Path
) -> AsyncIterator[Settings]:
    """Settings with a ledger of their own, made from a migrated template."""
    name = f"test_{uuid.uuid4().hex}"
    create = f"CREATE DATABASE {name} TEMPLATE {template}"
    if SHARED_SERVER in os.environ:
        create += " STRATEGY file_copy"  # without fsync, as there, a tenth of the time
    await execute(postgres_url, create)
    try:
        yield Settings(
            database_url=database_url(postgres_url, name), master_key_file=str(master_key_file)
        )
    finally:
        await execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
