"""The baseline's tables in a PostgreSQL schema of their own, and connections that look there."""

from importlib.resources import files

import asyncpg

from headrace.loadtests.baseline.accounts import SQL
from headrace.runtime.database.connect import Connection
from headrace.runtime.identity.keys import digest

CONNECT_TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_S = 60.0
_SETTINGS = {
    "application_name": "headrace baseline",
    "search_path": "baseline",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": f"{STATEMENT_TIMEOUT_S:.0f}s",
    "idle_in_transaction_session_timeout": f"{STATEMENT_TIMEOUT_S:.0f}s",
}
_LOCK = 0x6261_7365
"""Held while the schema is made."""


async def connect(database_url: str) -> asyncpg.Connection:
    """One connection."""
    return await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S, server_settings=_SETTINGS)


def connect_pool(database_url: str, size: int) -> asyncpg.Pool:
    """Connections that stay open. Nothing here leaves a session's state behind, so that none has to
    be reset when it is given back: a round trip less a payment."""
    return asyncpg.create_pool(
        database_url, min_size=size, max_size=size, timeout=CONNECT_TIMEOUT_S,
        max_inactive_connection_lifetime=0, max_queries=2**62, reset=_nothing_to_reset,
        server_settings=_SETTINGS,
    )  # fmt: skip


async def _nothing_to_reset(connection: Connection) -> None:
    pass


async def prepare(database_url: str, api_key: str) -> None:
    """Makes what isn't there: the tables, a tenant and its key."""
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if not await connection.fetchval("SELECT to_regclass('baseline.outbox') IS NOT NULL"):
                await connection.execute(
                    (files("headrace.loadtests.baseline") / "schema.sql").read_text("utf-8")
                )
            tenant = await connection.fetchval(SQL["tenant"], "baseline")
            await connection.execute(SQL["admit"], digest(api_key), tenant)
    finally:
        await connection.close()
