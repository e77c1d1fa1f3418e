"""Connections to the ledger's database, all set up alike: UTC, no JIT, every wait bounded."""

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from headrace.runtime.settings.ledger import LedgerSettings

Connection = asyncpg.Connection | PoolConnectionProxy
"""What a query runs on: a connection of its own, or one lent by a pool."""

Database = asyncpg.Pool | Connection
"""What can run one statement by itself."""


def _server_settings(application: str, limits_s: dict[str, float]) -> dict[str, str]:
    return {
        "application_name": application[:63],
        "timezone": "UTC",
        "jit": "off",  # compiling a statement costs more than our short ones do
        **{name: f"{int(seconds * 1000)}ms" for name, seconds in limits_s.items()},
    }


KEEP_ALIVE = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
"""PostgreSQL ends a connection whose client's machine has gone within 5 s (s, s, probes, ms)."""


async def connect(
    settings: LedgerSettings, application: str = "headrace", *,
    transaction_timeout_s: float = 0, keep_alive: bool = False,
) -> asyncpg.Connection:  # fmt: skip
    """One connection. PostgreSQL ends a transaction that lasts longer than the time-out; 0: never.
    With `keep_alive` it asks a silent client's machine every few seconds whether it is there.

    Raises what asyncpg and the operating system raise: OSError, TimeoutError, PostgresError.
    """
    return await asyncpg.connect(
        settings.database_url,
        timeout=settings.connect_timeout_s,
        server_settings=_server_settings(
            application, {"transaction_timeout": transaction_timeout_s}
        )
        | (KEEP_ALIVE if keep_alive else {}),
    )


async def pool(
    settings: LedgerSettings, size: int | None = None, application: str = "headrace reader"
) -> asyncpg.Pool:
    """At most `size` connections for short reads and small writes, opened when needed.

    PostgreSQL ends each statement after `read_timeout_s` (asyncpg.QueryCanceledError).
    """
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=size or settings.reader_connections_max,
        timeout=settings.connect_timeout_s,
        server_settings=_server_settings(
            application,
            {
                "statement_timeout": settings.read_timeout_s,
                "idle_in_transaction_session_timeout": settings.read_timeout_s,
            },
        ),
    )
