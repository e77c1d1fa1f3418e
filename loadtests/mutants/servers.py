"""A PostgreSQL for each tree, shared by all its tests, which make databases of their own in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from headrace.cluster.local.postgres import DATABASE, Postgres
from headrace.loadtests.signals import to_its_end

URL = "TESTS_POSTGRES_URL"
"""The variable by which `tests/conftest.py` is told."""
THROWN_AWAY = {
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
"""Nobody wants its data back after a crash."""


@asynccontextmanager
async def running(folder: Path, count: int) -> AsyncIterator[list[str]]:
    """URLs. Each server's data is in a folder of its own."""
    servers = [Postgres(folder / f"postgres-{number}", THROWN_AWAY) for number in range(count)]
    try:
        for server in servers:
            await server.start()
        yield [server.url for server in servers]
    finally:
        await to_its_end(_stop(servers))


async def _stop(servers: list[Postgres]) -> None:
    await asyncio.gather(*(server.stop() for server in servers), return_exceptions=True)


async def clean(url: str) -> None:
    """Drops what tests left that were killed."""
    connection = await asyncpg.connect(url)
    try:
        left = await connection.fetch(
            "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> ALL($1)",
            [DATABASE, "postgres"],
        )
        for (name,) in left:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()
